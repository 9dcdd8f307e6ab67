package io.weir.persistence.log;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The segments that a log shows at one moment: those on the object store, then those on this disk. What is on both is read from the
 * disk. Where retention left a hole between the two, the remote ones are not shown. Immutable.
 */
final class Tiers {
    private final RemotePart remote;
    private final List<Segment> local;
    private final long localStart;
    private final @Nullable Gap lostAtStart;
    private final List<Segment> segments;
    private final int remoteShown;

    /**
     * @param localStart first offset that should be on this disk
     * @param lostAtStart rows from there on that are not, or null
     */
    Tiers(RemotePart remote, List<Segment> local, long localStart, @Nullable Gap lostAtStart) {
        this.remote = remote;
        this.local = List.copyOf(local);
        this.localStart = localStart;
        this.lostAtStart = lostAtStart;
        List<Segment> all = new ArrayList<>();
        if (!isCutOff()) {
            all.addAll(remote.below(localBase()));
        }
        this.remoteShown = all.size();
        all.addAll(local);
        this.segments = List.copyOf(all);
    }

    Tiers withRemote(RemotePart next) {
        return new Tiers(next, local, localStart, lostAtStart);
    }

    Tiers withLocal(List<Segment> next) {
        return new Tiers(remote, next, localStart, lostAtStart);
    }

    /** Without the first so many segments of this disk. */
    Tiers withoutLocal(int count) {
        return new Tiers(
                remote, local.subList(count, local.size()), local.get(count).baseOffset(), lostAtStart);
    }

    private long localBase() {
        return local.isEmpty() ? localStart : local.get(0).baseOffset();
    }

    /** A hole parts what is on the object store from this disk. */
    boolean isCutOff() {
        return !remote.isEmpty() && remote.endOffset() < localStart;
    }

    RemotePart remote() {
        return remote;
    }

    List<Segment> local() {
        return local;
    }

    /** In order; each ends where the next one begins. */
    List<Segment> segments() {
        return segments;
    }

    /** How many of {@link #segments} are on the object store. */
    int remoteShown() {
        return remoteShown;
    }

    long startOffset() {
        return remoteShown > 0 ? segments.get(0).baseOffset() : localStart;
    }

    long localStartOffset() {
        return remoteShown > 0 ? localBase() : localStart;
    }

    /** Rows between the tiers, or at the start of the disk where there is only that, which should be there and are not. */
    @Nullable
    Gap lost() {
        if (remoteShown == 0) {
            return lostAtStart != null && lostAtStart.toOffset() > localStart ? lostAtStart : null;
        }
        return remote.endOffset() < localBase() ? new Gap(0, 0, remote.endOffset(), localBase()) : null;
    }

    List<Corruption> corruptions() {
        List<Corruption> all = new ArrayList<>();
        Gap lost = lost();
        if (lost != null) {
            all.add(lost.in(lost.fromOffset()));
        }
        for (Segment segment : segments) {
            segment.gaps().forEach(gap -> all.add(gap.in(segment.baseOffset())));
        }
        return all;
    }

    /** Those of this disk that will not grow any more. */
    List<Segment> sealed() {
        return local.subList(0, Math.max(0, local.size() - 1));
    }

    /** As {@link BucketLog#toUpload}. */
    List<SealedSegment> toUpload() {
        List<SealedSegment> waiting = new ArrayList<>();
        for (Segment segment : sealed()) {
            if (remote.isEmpty() || segment.baseOffset() >= remote.endOffset()) {
                SegmentExtent extent = segment.extent();
                waiting.add(new SealedSegment(
                        segment.baseOffset(), extent.endOffset(), extent.endPosition(), extent.lastTimestampMs()));
            }
        }
        return waiting;
    }

    /** As {@link BucketLog#remoteExpiry}. */
    long remoteExpiry(Retention retention, long keepFrom) {
        if (isCutOff()) {
            // They are shown to nobody, and nothing can follow them.
            for (Segment segment : remote.segments()) {
                if (segment.extent().endOffset() > keepFrom) {
                    return segment.baseOffset();
                }
            }
            return localStartOffset();
        }
        int expired = retention.expired(segments, keepFrom);
        if (expired == 0 || remote.isEmpty()) {
            return startOffset();
        }
        return Math.min(segments.get(expired).baseOffset(), remote.neededFrom());
    }

    /** Index in {@link #segments} of the one that holds the offset. */
    static int indexOf(List<Segment> segments, long offset) {
        int low = 0;
        int high = segments.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (segments.get(middle).baseOffset() <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
