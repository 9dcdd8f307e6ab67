package io.weir.actors.tiering;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Tables, partitions and buckets in memory, which people write to and change; and the ports that rounds see of them. */
final class SimTables {
    private static final int KEYS = 12;
    private static final List<String> PARTITIONS = List.of("a", "b", "c");

    private final RandomGenerator random;
    private final LongSupplier nowMs;
    final Map<Long, TableInfo> tables = new TreeMap<>();
    final Map<Long, List<PartitionInfo>> partitions = new HashMap<>();
    final Map<BucketId, SimBucket> buckets = new TreeMap<>();
    private final Map<Long, Boolean> fullImage = new HashMap<>();
    private @Nullable CatalogState catalog;
    private long version;
    private long lastPartition;
    private long unique;

    /** 0 to 1: how often a question is refused. */
    double faults;

    int snapshotsRead;
    int partitionsDropped;
    int schemaChanges;
    int refusals;
    int trims;

    SimTables(RandomGenerator random, LongSupplier nowMs) {
        this.random = random;
        this.nowMs = nowMs;
    }

    void create(long tableId, boolean keyed, boolean partitioned, int bucketCount, int freshnessSeconds) {
        Map<String, String> properties = Map.of(
                "datalake.enabled",
                "true",
                "datalake.freshness",
                freshnessSeconds + "s",
                "datalake.maintenance",
                random.nextBoolean() ? "20s" : "0");
        List<String> key = !keyed ? List.of() : partitioned ? List.of("p", "k") : List.of("k");
        tables.put(
                tableId,
                new TableInfo(
                        tableId,
                        "db",
                        "t" + tableId,
                        List.of(SimRow.SCHEMAS.get(0)),
                        key,
                        keyed ? List.of("k") : List.of(),
                        partitioned ? List.of("p") : List.of(),
                        bucketCount,
                        properties,
                        Instant.ofEpochMilli(1)));
        fullImage.put(tableId, random.nextBoolean());
        partitions.put(tableId, List.of());
        if (partitioned) {
            addPartition(tables.get(tableId), "a");
        } else {
            addBuckets(tables.get(tableId), 0, "");
        }
        version++;
    }

    private void addPartition(TableInfo table, String name) {
        List<PartitionInfo> now = new ArrayList<>(partitions.get(table.tableId()));
        now.add(new PartitionInfo(++lastPartition, name, List.of(name), Instant.ofEpochMilli(1)));
        partitions.put(table.tableId(), List.copyOf(now));
        addBuckets(table, lastPartition, name);
        version++;
    }

    private void addBuckets(TableInfo table, long partitionId, String name) {
        for (int i = 0; i < table.buckets(); i++) {
            BucketId id = new BucketId(table.tableId(), partitionId, i);
            SimBucket bucket = new SimBucket(id, name, table.hasPrimaryKey(), fullImage.get(table.tableId()));
            bucket.schema = table.schema();
            buckets.put(id, bucket);
        }
    }

    CatalogState catalog() {
        CatalogState known = catalog;
        if (known == null || known.version() != version) {
            known = snapshot();
            catalog = known;
        }
        return known;
    }

    private CatalogState snapshot() {
        return CatalogState.of(new CatalogState.Snapshot(
                tables.size(),
                List.of("db"),
                List.copyOf(tables.values()),
                lastPartition,
                partitions.entrySet().stream()
                        .filter(entry -> !entry.getValue().isEmpty())
                        .map(entry -> new CatalogState.PartitionsOfTable(entry.getKey(), entry.getValue()))
                        .toList(),
                "sim",
                version));
    }

    List<SimBucket> living() {
        return buckets.values().stream().filter(bucket -> !bucket.dropped).toList();
    }

    void write() {
        List<SimBucket> living = living();
        if (living.isEmpty()) {
            return;
        }
        SimBucket bucket = living.get(random.nextInt(living.size()));
        int count = 1 + random.nextInt(6);
        for (int i = 0; i < count; i++) {
            // A key always goes to the same bucket.
            long k = (long) random.nextInt(KEYS) * 4 + bucket.id.bucket();
            if (!bucket.keyed) {
                bucket.append(++unique, nowMs.getAsLong());
            } else if (random.nextInt(4) == 0) {
                bucket.delete(k, nowMs.getAsLong());
            } else {
                bucket.upsert(k, ++unique, nowMs.getAsLong());
            }
        }
        bucket.commit();
    }

    /** What happens to buckets by themselves. */
    void age() {
        for (SimBucket bucket : living()) {
            int what = random.nextInt(12);
            if (what == 0 && bucket.keyed && !isCreatedAnew(bucket)) {
                bucket.takeSnapshot(nowMs.getAsLong());
            } else if (what < 4) {
                long before = bucket.logStart;
                bucket.retain();
                trims += bucket.logStart > before ? 1 : 0;
            } else if (what == 4) {
                bucket.schema = tables.get(bucket.id.tableId()).schema();
            }
        }
    }

    /** Rows of the former partition that the snapshot says nothing of would stay in the lake, which the check does not know. */
    private boolean isCreatedAnew(SimBucket bucket) {
        return buckets.values().stream()
                .anyMatch(other -> other.dropped
                        && other.id.tableId() == bucket.id.tableId()
                        && other.partition.equals(bucket.partition));
    }

    /** What people do to tables. */
    void change() {
        TableInfo table = tables.get(1L + random.nextInt(tables.size()));
        if (!table.isPartitioned() || random.nextInt(4) == 0) {
            alter(table);
            return;
        }
        List<PartitionInfo> now = partitions.get(table.tableId());
        String name = PARTITIONS.get(random.nextInt(PARTITIONS.size()));
        Optional<PartitionInfo> there =
                now.stream().filter(one -> one.name().equals(name)).findFirst();
        if (there.isEmpty()) {
            addPartition(table, name);
        } else if (random.nextInt(3) == 0) {
            drop(table, there.get());
        }
    }

    void add(long tableId, String partition) {
        addPartition(tables.get(tableId), partition);
    }

    void drop(long tableId, String partition) {
        drop(
                tables.get(tableId),
                partitions.get(tableId).stream()
                        .filter(one -> one.name().equals(partition))
                        .findFirst()
                        .orElseThrow());
    }

    private void drop(TableInfo table, PartitionInfo partition) {
        partitions.put(
                table.tableId(),
                partitions.get(table.tableId()).stream()
                        .filter(one -> one.partitionId() != partition.partitionId())
                        .toList());
        buckets.values().stream()
                .filter(bucket ->
                        bucket.id.tableId() == table.tableId() && bucket.id.partitionId() == partition.partitionId())
                .forEach(bucket -> bucket.dropped = true);
        partitionsDropped++;
        version++;
    }

    private void alter(TableInfo table) {
        int versions = table.schemas().size();
        if (versions == SimRow.SCHEMAS.size()) {
            return;
        }
        tables.put(
                table.tableId(),
                new TableInfo(
                        table.tableId(),
                        table.database(),
                        table.name(),
                        SimRow.SCHEMAS.subList(0, versions + 1),
                        table.primaryKey(),
                        table.bucketKey(),
                        table.partitionBy(),
                        table.buckets(),
                        table.properties(),
                        table.createdAt()));
        // Some buckets hear of it at once, some later.
        living().stream()
                .filter(bucket -> bucket.id.tableId() == table.tableId() && random.nextBoolean())
                .forEach(bucket -> bucket.schema = tables.get(table.tableId()).schema());
        schemaChanges++;
        version++;
    }

    RoundPorts ports() {
        return new Ports();
    }

    private final class Ports implements RoundPorts {
        private void mayRefuse(String what) {
            if (random.nextDouble() < faults * 0.03) {
                refusals++;
                throw new WeirException(ErrorCode.BUCKET_UNAVAILABLE, "simulated: " + what);
            }
        }

        @Override
        public TableInfo table(long tableId) {
            mayRefuse("catalog");
            return tables.get(tableId);
        }

        @Override
        public List<PartitionInfo> partitions(TableInfo table) {
            return partitions.get(table.tableId());
        }

        @Override
        public Bucket.Description describe(BucketId bucket) {
            mayRefuse("describe");
            return buckets.get(bucket).describe();
        }

        @Override
        public Bucket.Fetched fetch(Piece piece) {
            mayRefuse("fetch");
            return buckets.get(piece.bucket())
                    .fetch(piece, tables.get(piece.bucket().tableId()).schema());
        }

        @Override
        public Optional<SnapshotRows> snapshot(BucketId bucket, TableInfo table, String holder) {
            mayRefuse("snapshot");
            @Nullable SnapshotRows rows = buckets.get(bucket).openSnapshot(table.schema(), 1 + random.nextInt(5));
            snapshotsRead += rows == null ? 0 : 1;
            return Optional.ofNullable(rows);
        }

        @Override
        public void lakeAdvanced(BucketId bucket, long offset) {
            SimBucket there = buckets.get(bucket);
            if (random.nextDouble() >= faults) {
                there.lakeOffset = Math.max(there.lakeOffset, offset);
            }
        }

        @Override
        public long nowMs() {
            return nowMs.getAsLong();
        }
    }
}
