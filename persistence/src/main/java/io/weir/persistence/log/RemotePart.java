package io.weir.persistence.log;

import java.util.ArrayList;
import java.util.List;

/**
 * What the manifest says is on the object store of a log, as the log's own segments, in order and without holes between them. Immutable;
 * a segment that stays in the manifest stays the same object, with the index that was read of it.
 */
final class RemotePart {
    /** Nobody has spoken of an object store yet. */
    static final RemotePart UNKNOWN = new RemotePart(List.of(), List.of());

    private final List<RemoteSegment> noted;
    private final List<Segment> segments;

    private RemotePart(List<RemoteSegment> noted, List<Segment> segments) {
        this.noted = noted;
        this.segments = segments;
    }

    RemotePart with(List<RemoteSegment> now, RemoteFiles files, int indexIntervalBytes) {
        int known = 0;
        List<Segment> next = new ArrayList<>(now.size());
        for (int i = 0; i < now.size(); i++) {
            RemoteSegment one = now.get(i);
            if (i > 0 && now.get(i - 1).endOffset() != one.baseOffset()) {
                throw new IllegalArgumentException(
                        "remote segments do not follow each other: endOffset=%d baseOffset=%d"
                                .formatted(now.get(i - 1).endOffset(), one.baseOffset()));
            }
            while (known < noted.size() && noted.get(known).baseOffset() < one.baseOffset()) {
                known++;
            }
            boolean same = known < noted.size() && noted.get(known).equals(one);
            next.add(same ? segments.get(known) : segment(one, files, indexIntervalBytes));
        }
        return new RemotePart(List.copyOf(now), List.copyOf(next));
    }

    private static Segment segment(RemoteSegment remote, RemoteFiles files, int indexIntervalBytes) {
        SegmentExtent extent = new SegmentExtent(
                remote.endOffset(),
                remote.logBytes(),
                remote.firstTimestampMs(),
                remote.lastTimestampMs(),
                remote.leaderEpoch());
        return new Segment(
                new SegmentSource.Remote(remote, files), remote.baseOffset(), indexIntervalBytes, extent, null);
    }

    List<Segment> segments() {
        return segments;
    }

    boolean isEmpty() {
        return noted.isEmpty();
    }

    /** Past the last row; 0 where there is none. */
    long endOffset() {
        return noted.isEmpty() ? 0 : noted.get(noted.size() - 1).endOffset();
    }

    long bytes() {
        return noted.stream().mapToLong(one -> one.object().size()).sum();
    }

    /** Whether all rows of the segment are there. */
    boolean holds(Segment segment) {
        return !noted.isEmpty()
                && noted.get(0).baseOffset() <= segment.baseOffset()
                && segment.extent().endOffset() <= endOffset();
    }

    /**
     * Base offset of the newest segment that comes with the writers' memory, or of the first one where none does. From there on, what is on
     * the object store tells a log on an empty disk which requests were applied, and at which offset to go on.
     */
    long neededFrom() {
        for (int i = noted.size() - 1; i >= 0; i--) {
            if (noted.get(i).writersBytes() > 0 || i == 0) {
                return noted.get(i).baseOffset();
            }
        }
        return 0;
    }

    /** Those that begin below the offset, the last of them ending there: rows that should be between are found to be lost. */
    List<Segment> below(long offset) {
        List<Segment> below = new ArrayList<>();
        for (int i = 0; i < segments.size() && segments.get(i).baseOffset() < offset; i++) {
            below.add(segments.get(i));
        }
        int last = below.size() - 1;
        if (last >= 0 && below.get(last).extent().endOffset() != offset) {
            below.set(last, below.get(last).endingAt(offset));
        }
        return below;
    }
}
