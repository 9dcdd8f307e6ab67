package io.weir.sharding;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.catalog.Catalog;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.objects.ObjectInfo;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectPage;
import io.weir.persistence.objects.RemoteNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/**
 * What of one bucket's objects is live, young or an orphan. Where anything of the bucket cannot be read, none of its objects is
 * deleted from then on.
 */
final class BucketSweep {
    private static final String ATTEMPT = "\\d{13}-[0-9a-f]{16}";
    private static final Pattern DATA =
            Pattern.compile("buckets/[\\d-]+/(?:log/\\d{20}-\\d{10}-%s\\.segment|kv/%s(?:\\.snapshot|-[^/]+))"
                    .formatted(ATTEMPT, ATTEMPT));
    private static final Pattern COPY = Pattern.compile("buckets/[\\d-]+/manifest/00\\d{18}\\.json");

    private final BucketId bucket;
    private final ReaperPass.Ports ports;
    private final ReaperTally tally;
    private final BiConsumer<String, List<ObjectInfo>> delete;
    private final NewestCopies copies = new NewestCopies();

    /** By descriptor; what was read for the bucket's earlier pages. */
    private Map<ObjectName, Set<ObjectName>> snapshots = new HashMap<>();

    /** Of the manifest's version, which grows with each change. */
    private Set<ObjectName> liveNames = Set.of();

    private long liveVersion;

    private boolean leftAlone;

    /** Whether the journal was seen to be as new as the store. */
    private boolean journalIsNew;

    /** @param delete takes what they are of, and orphans, at most a page */
    BucketSweep(
            BucketId bucket, ReaperPass.Ports ports, ReaperTally tally, BiConsumer<String, List<ObjectInfo>> delete) {
        this.bucket = bucket;
        this.ports = ports;
        this.tally = tally;
        this.delete = delete;
    }

    BucketId bucket() {
        return bucket;
    }

    /**
     * Judges a page.
     *
     * @param objects listed before the tables were asked for
     * @param youngFromMs what was begun at or after this is young
     */
    void judge(List<ObjectInfo> objects, Catalog.TableIds tables, long youngFromMs) {
        if (leftAlone) {
            return;
        }
        boolean dropped = DroppedTables.isDropped(bucket, tables);
        try {
            Set<ObjectName> live = dropped ? Set.of() : live();
            List<ObjectInfo> orphans = new ArrayList<>();
            for (ObjectInfo object : objects) {
                if (live.contains(object.name())) {
                    tally.live++;
                } else {
                    orphan(object, dropped, youngFromMs).ifPresent(orphans::add);
                }
            }
            if (!dropped && !orphans.isEmpty()) {
                checkJournalIsNew();
            }
            delete.accept("bucket " + bucket.entityId(), orphans);
        } catch (Exception e) {
            leftAlone = true;
            tally.problem("bucket %s is left alone: %s".formatted(bucket.entityId(), ReaperPass.reason(e)));
        }
    }

    /** @return an orphan, of this object or one that was held back */
    private Optional<ObjectInfo> orphan(ObjectInfo object, boolean dropped, long youngFromMs) {
        String name = object.name().value();
        boolean copy = COPY.matcher(name).matches();
        if (!copy && !DATA.matcher(name).matches()) {
            tally.unknown(object);
            return Optional.empty();
        }
        if (dropped) {
            return Optional.of(object);
        }
        if (copy) {
            return copies.add(object);
        }
        if (RemoteNames.startedMs(object.name()).orElseThrow() >= youngFromMs) {
            tally.young++;
            return Optional.empty();
        }
        return Optional.of(object);
    }

    /** After the bucket's last page. */
    void end() {
        tally.live += copies.kept();
    }

    /** A snapshot may go between the manifest's answer and the read of its descriptor; the second answer does not name it any more. */
    private Set<ObjectName> live() throws Exception {
        Manifest first = manifest();
        try {
            return live(first);
        } catch (Exception e) {
            Manifest second = manifest();
            if (second.equals(first)) {
                throw e;
            }
            return live(second);
        }
    }

    /**
     * A journal that came from a backup knows less than the store, and what it does not know of is no orphan. The copies tell: each is of
     * a version that the manifest had before, and they are listed before the manifest is asked.
     */
    private void checkJournalIsNew() throws Exception {
        if (journalIsNew) {
            return;
        }
        long newest = 0;
        Optional<String> after = Optional.empty();
        do {
            ObjectPage page = ports.list(RemoteNames.manifestPrefix(bucket.entityId()), after);
            for (ObjectInfo copy : page.objects()) {
                newest = Math.max(newest, RemoteNames.version(copy.name()).orElse(0L));
            }
            after = page.next();
        } while (after.isPresent());
        long version = manifest().version();
        if (newest > version) {
            throw new IllegalStateException(
                    "the store has a copy of its manifest at version %d, and the journal is at version %d; was the journal brought back from a backup?"
                            .formatted(newest, version));
        }
        journalIsNew = true;
    }

    private Manifest manifest() throws Exception {
        Manifest manifest = ports.manifest(bucket);
        if (manifest.version() == 0) {
            throw new IllegalStateException(
                    "the journal knows of no rows of this bucket, yet the store has some; has the journal been lost?");
        }
        return manifest;
    }

    private Set<ObjectName> live(Manifest manifest) throws Exception {
        if (manifest.version() == liveVersion) {
            return liveNames;
        }
        Set<ObjectName> live = new HashSet<>();
        manifest.segments().forEach(segment -> live.add(segment.object().name()));
        Map<ObjectName, Set<ObjectName>> read = new HashMap<>();
        for (KvSnapshot snapshot : manifest.snapshots()) {
            ObjectName descriptor = snapshot.descriptor().name();
            Set<ObjectName> known = snapshots.get(descriptor);
            Set<ObjectName> objects = known == null ? ports.objectsOf(snapshot) : known;
            read.put(descriptor, objects);
            live.add(descriptor);
            live.addAll(objects);
        }
        snapshots = read;
        liveNames = live;
        liveVersion = manifest.version();
        return live;
    }
}
