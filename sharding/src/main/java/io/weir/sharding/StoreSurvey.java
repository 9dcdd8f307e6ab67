package io.weir.sharding;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.bucket.ManifestCopy;
import io.weir.actors.catalog.CatalogCopy;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.objects.ObjectInfo;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectStoreException;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.StoredObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds on an object store what a lost journal held: the newest copy of the catalog that can be read, then, bucket by bucket in the order
 * of the listing, the newest copy of its manifest, fitted to the objects that are there. Blocks. Holds the names of one bucket's objects
 * at a time.
 */
final class StoreSurvey {
    /** Copies that are tried before a bucket or the catalog counts as lost; the store keeps two. */
    private static final int COPIES_MAX = 8;

    private static final Pattern SEGMENT = Pattern.compile("buckets/[\\d-]+/log/(\\d{20})-(\\d{10})-[^/]*");

    /** Takes what is found. */
    interface Visitor {
        void bucket(BucketId bucket, Manifest manifest) throws Exception;
    }

    private final RecoveryPorts ports;
    private final RecoveryTally tally;

    StoreSurvey(RecoveryPorts ports, RecoveryTally tally) {
        this.ports = ports;
        this.tally = tally;
    }

    /** @throws IllegalStateException where there is none of the cluster that the store belongs to */
    CatalogState.Snapshot catalog() throws Exception {
        Optional<String> owner = owner();
        ArrayDeque<ObjectName> copies = new ArrayDeque<>();
        ports.list(RemoteNames.CATALOG_PREFIX, object -> newest(copies, object));
        if (!copies.isEmpty()) {
            tally.newestCatalog = RemoteNames.version(copies.peekFirst()).orElseThrow();
        }
        for (ObjectName copy : copies) {
            Optional<CatalogState.Snapshot> found =
                    read(copy, CatalogCopy.BYTES_MAX, CatalogCopy::decode, "the catalog's copy");
            if (found.isPresent()
                    && owner.orElse(found.get().clusterId()).equals(found.get().clusterId())) {
                return found.get();
            }
            found.ifPresent(other ->
                    tally.note("the catalog's copy %s is of another cluster, %s".formatted(copy, other.clusterId())));
        }
        throw new IllegalStateException(
                copies.isEmpty()
                        ? "the object store has no copy of a catalog: it was never used, or is not a store of Weir"
                        : "no copy of the catalog on the object store can be used: " + tally.sentences());
    }

    /** @throws WeirException CORRUPT_DATA where the store does not say whose it is */
    private Optional<String> owner() throws Exception {
        if (ports.head(RemoteNames.IDENTITY).isEmpty()) {
            tally.note("the object store has no weir.json; the newest copy of a catalog is taken for its owner's");
            return Optional.empty();
        }
        return Optional.of(StoreIdentity.decode(ports.read(RemoteNames.IDENTITY, StoreIdentity.BYTES_MAX)));
    }

    private static void newest(ArrayDeque<ObjectName> copies, ObjectInfo object) {
        if (RemoteNames.version(object.name()).isPresent()) {
            copies.addFirst(object.name());
            if (copies.size() > COPIES_MAX) {
                copies.removeLast();
            }
        }
    }

    private interface Decoder<T> {
        T decode(byte[] json);
    }

    /** Empty, and noted, where the copy is damaged or gone; a store that does not answer fails. */
    private <T> Optional<T> read(ObjectName copy, int bytesMax, Decoder<T> decoder, String what) throws Exception {
        String why;
        try {
            return Optional.of(decoder.decode(ports.read(copy, bytesMax)));
        } catch (WeirException e) {
            if (e.code() != ErrorCode.CORRUPT_DATA) {
                throw e;
            }
            why = e.detail();
        } catch (ObjectStoreException.Damaged | ObjectStoreException.NotFound | IllegalArgumentException e) {
            why = String.valueOf(e.getMessage());
        }
        tally.note("%s %s cannot be used: %s".formatted(what, copy, why));
        return Optional.empty();
    }

    /** What the listing has of one bucket. */
    private static final class Listed {
        final BucketId bucket;
        final Map<ObjectName, Long> sizes = new HashMap<>();
        final ArrayDeque<ObjectName> copies = new ArrayDeque<>();
        long bytes;

        /** Highest of those in the names of segments; -1 for none. */
        long lastBase = -1;

        int lastEpoch;

        Listed(BucketId bucket) {
            this.bucket = bucket;
        }

        void add(ObjectInfo object) {
            newest(copies, object);
            sizes.put(object.name(), object.size());
            bytes += object.size();
            Matcher segment = SEGMENT.matcher(object.name().value());
            if (segment.matches()) {
                lastBase = Math.max(lastBase, number(segment.group(1)));
                lastEpoch = (int) Math.max(lastEpoch, Math.min(number(segment.group(2)), Integer.MAX_VALUE / 2));
            }
        }

        private static long number(String digits) {
            return digits.length() <= 18 || digits.startsWith("00") ? Long.parseLong(digits) : Long.MAX_VALUE;
        }
    }

    /** Visits the buckets of tables and partitions that exist. */
    void buckets(CatalogState catalog, Visitor visitor) throws Exception {
        Walk walk = new Walk(catalog, visitor);
        ports.list(RemoteNames.BUCKETS_PREFIX, walk::add);
        walk.end();
    }

    private final class Walk {
        private final CatalogState catalog;
        private final Visitor visitor;
        private @Nullable Listed listed;

        Walk(CatalogState catalog, Visitor visitor) {
            this.catalog = catalog;
            this.visitor = visitor;
        }

        void add(ObjectInfo object) {
            BucketId bucket = ReaperPass.bucket(object.name()).orElse(null);
            if (bucket == null) {
                tally.note("%s is a name that Weir does not give".formatted(object.name()));
                return;
            }
            if (listed == null || !listed.bucket.equals(bucket)) {
                end();
                listed = new Listed(bucket);
            }
            listed.add(object);
        }

        void end() {
            if (listed == null) {
                return;
            }
            Listed one = listed;
            listed = null;
            try {
                found(catalog, one, visitor);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException("bucket %s: %s".formatted(one.bucket.entityId(), e.getMessage()), e);
            }
        }
    }

    private void found(CatalogState catalog, Listed listed, Visitor visitor) throws Exception {
        BucketId bucket = listed.bucket;
        tally.idsUsed(bucket);
        Optional<TableInfo> table = catalog.table(bucket.tableId());
        if (table.isEmpty() || !isThere(catalog, bucket)) {
            boolean dropped = bucket.tableId() <= catalog.lastTableId()
                    && (table.isEmpty() || bucket.partitionId() <= catalog.lastPartitionId());
            if (!dropped) {
                tally.loss(
                        "bucket %s, %,d bytes, is of a table or partition that was created after the catalog's copy was made"
                                .formatted(bucket.entityId(), listed.bytes));
            }
            return;
        }
        Manifest manifest = manifest(listed, table.get().hasPrimaryKey());
        tally.bucket(manifest);
        visitor.bucket(bucket, manifest);
    }

    /** True where the bucket's table, and its partition, if it is of one, exist. */
    static boolean isThere(CatalogState catalog, BucketId bucket) {
        return catalog.table(bucket.tableId()).isPresent()
                && (bucket.partitionId() == 0
                        || catalog.partition(bucket.tableId(), bucket.partitionId())
                                .isPresent());
    }

    private Manifest manifest(Listed listed, boolean hasPrimaryKey) throws Exception {
        String name = "bucket " + listed.bucket.entityId();
        long version = listed.copies.isEmpty()
                ? 1
                : RemoteNames.version(listed.copies.peekFirst()).orElseThrow();
        for (ObjectName copy : listed.copies) {
            Optional<Manifest> read = read(
                    copy,
                    ManifestCopy.BYTES_MAX,
                    json -> ManifestCopy.decode(listed.bucket, json),
                    "the manifest's copy");
            if (read.isPresent()) {
                boolean newest = copy.equals(listed.copies.peekFirst());
                return fitted(
                        name,
                        listed,
                        read.get(),
                        hasPrimaryKey,
                        newest,
                        Math.max(version, read.get().version()));
            }
        }
        if (!listed.copies.isEmpty()) {
            tally.loss("%s: none of its manifest's %d copies can be read; it starts empty, and %,d bytes of it are lost"
                    .formatted(name, listed.copies.size(), listed.bytes));
        } else if (listed.lastBase >= 0) {
            tally.note(name
                    + " has objects, but no copy of a manifest: nothing of it was uploaded whole; it starts empty");
        }
        // Above all epochs and versions that were.
        return new Manifest(
                listed.lastEpoch + 1, new BucketManifest.Node("", ""), version, List.of(), List.of(), List.of(), 0);
    }

    private Manifest fitted(
            String name, Listed listed, Manifest copy, boolean hasPrimaryKey, boolean newest, long version)
            throws Exception {
        List<KvSnapshot> whole = new ArrayList<>();
        for (KvSnapshot snapshot : copy.snapshots()) {
            if (isWhole(listed, snapshot)) {
                whole.add(snapshot);
            }
        }
        Map<ObjectName, Boolean> segments = new HashMap<>();
        for (var segment : copy.segments()) {
            segments.put(segment.object().name(), isThere(listed, segment.object()));
        }
        ManifestRepair.Repaired repaired = new ManifestRepair(
                        copy, hasPrimaryKey, object -> segments.getOrDefault(object.name(), false))
                .repair(whole, version);
        repaired.losses().forEach(loss -> tally.loss(name + ": " + loss));
        repaired.notes().forEach(note -> tally.note(name + ": " + note));
        if (listed.lastBase >= copy.remoteEnd()) {
            String sentence =
                    "%s: rows from offset %d on may have been uploaded after the copy of its manifest was made"
                            .formatted(name, copy.remoteEnd());
            if (newest) {
                tally.note(sentence);
            } else {
                tally.loss(sentence + ", and the newer copy cannot be read");
            }
        }
        return repaired.manifest();
    }

    private boolean isWhole(Listed listed, KvSnapshot snapshot) throws Exception {
        if (!isThere(listed, snapshot.descriptor())) {
            return false;
        }
        List<StoredObject> files;
        try {
            files = ports.objectsOf(snapshot);
        } catch (WeirException
                | ObjectStoreException.Damaged
                | ObjectStoreException.NotFound
                | IllegalArgumentException e) {
            tally.note("the KV snapshot %s cannot be read: %s"
                    .formatted(snapshot.descriptor().name(), e.getMessage()));
            return false;
        }
        for (StoredObject file : files) {
            if (!isThere(listed, file)) {
                return false;
            }
        }
        return true;
    }

    /** What a listing does not have is asked for once more, before rows are given up. */
    private boolean isThere(Listed listed, StoredObject object) throws Exception {
        Long size = listed.sizes.get(object.name());
        if (size == null) {
            size = ports.head(object.name()).map(ObjectInfo::size).orElse(-1L);
        }
        return size == object.size();
    }
}
