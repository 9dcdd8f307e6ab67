package io.weir.sharding;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.catalog.Catalog;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.objects.ObjectInfo;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectPage;
import io.weir.persistence.objects.RemoteNames;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One walk through the object store: lists it page by page, asks after each page what is live of the buckets on it, and deletes what is not
 * and is older than the grace time. Blocks. Holds one page, and one bucket's manifest, at a time.
 *
 * <p>Safe beside uploads, because an object that is old and not live never becomes live: an upload ends, or has failed, long before the
 * grace time is over, and a snapshot shares files only with snapshots that are live. So it does not matter what happens between the
 * question and the deletion, nor that a bucket's pages are judged one after the other.
 */
final class ReaperPass {
    /** What it asks and does; each call blocks, and throws where there is no answer. */
    interface Ports {
        ObjectPage list(String prefix, Optional<String> after) throws Exception;

        Catalog.TableIds tables() throws Exception;

        /** With version 0 where the journal knows nothing of the bucket. */
        Manifest manifest(BucketId bucket) throws Exception;

        /** The snapshot's descriptor and its files. */
        Set<ObjectName> objectsOf(KvSnapshot snapshot) throws Exception;

        void delete(List<ObjectName> names) throws Exception;
    }

    private final Ports ports;
    private final Clock clock;
    private final Duration grace;
    private final boolean dryRun;
    private final ReaperTally tally = new ReaperTally();

    /** Of the last page's last bucket, which may go on; null before the first. */
    private @Nullable BucketSweep sweep;

    ReaperPass(Ports ports, Clock clock, Duration grace, boolean dryRun) {
        this.ports = ports;
        this.clock = clock;
        this.grace = grace;
        this.dryRun = dryRun;
    }

    Reaper.Report run() {
        try {
            catalogCopies();
            buckets();
        } catch (Exception e) {
            tally.problem("the pass ended early: " + reason(e));
        }
        return tally.report(dryRun);
    }

    private void catalogCopies() throws Exception {
        NewestCopies copies = new NewestCopies();
        Optional<String> after = Optional.empty();
        do {
            ObjectPage page = ports.list(RemoteNames.CATALOG_PREFIX, after);
            List<ObjectInfo> old = new ArrayList<>();
            for (ObjectInfo object : page.objects()) {
                tally.scanned++;
                if (RemoteNames.version(object.name()).isEmpty()) {
                    tally.unknown(object);
                } else {
                    copies.add(object).ifPresent(old::add);
                }
            }
            delete("the catalog's copies", old);
            after = page.next();
        } while (after.isPresent());
        tally.live += copies.kept();
    }

    private void buckets() throws Exception {
        Optional<String> after = Optional.empty();
        do {
            long youngFromMs = clock.millis() - grace.toMillis();
            ObjectPage page = ports.list(RemoteNames.BUCKETS_PREFIX, after);
            judge(page.objects(), youngFromMs);
            after = page.next();
        } while (after.isPresent());
        if (sweep != null) {
            sweep.end();
        }
    }

    private void judge(List<ObjectInfo> objects, long youngFromMs) throws Exception {
        Map<BucketId, List<ObjectInfo>> byBucket = new LinkedHashMap<>();
        for (ObjectInfo object : objects) {
            tally.scanned++;
            Optional<BucketId> bucket = bucket(object.name());
            if (bucket.isPresent()) {
                byBucket.computeIfAbsent(bucket.get(), b -> new ArrayList<>()).add(object);
            } else {
                tally.unknown(object);
            }
        }
        if (byBucket.isEmpty()) {
            return;
        }
        Catalog.TableIds tables = ports.tables();
        byBucket.forEach((bucket, some) -> sweepOf(bucket).judge(some, tables, youngFromMs));
    }

    private BucketSweep sweepOf(BucketId bucket) {
        if (sweep == null || !sweep.bucket().equals(bucket)) {
            if (sweep != null) {
                sweep.end();
            }
            sweep = new BucketSweep(bucket, ports, tally, this::delete);
        }
        return sweep;
    }

    /** Empty where no bucket is called so. */
    static Optional<BucketId> bucket(ObjectName name) {
        return RemoteNames.bucket(name)
                .filter(text -> BucketId.parse(text).entityId().equals(text))
                .map(BucketId::parse);
    }

    /** At most a page of them. */
    private void delete(String what, List<ObjectInfo> orphans) {
        orphans.forEach(tally::orphan);
        if (dryRun || orphans.isEmpty()) {
            return;
        }
        try {
            ports.delete(orphans.stream().map(ObjectInfo::name).toList());
            tally.deleted += orphans.size();
        } catch (Exception e) {
            tally.problem("%s: not all of %d orphans could be deleted: %s".formatted(what, orphans.size(), reason(e)));
        }
    }

    static String reason(Exception failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }
}
