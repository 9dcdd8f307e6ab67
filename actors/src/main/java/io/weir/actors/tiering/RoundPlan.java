package io.weir.actors.tiering;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTableSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which offsets a round moves: from what the lake says to what the buckets say, asked one after the other. Used by one thread at a time. */
final class RoundPlan {
    private static final Logger LOG = LoggerFactory.getLogger(RoundPlan.class);

    private final RoundPorts ports;
    private final Attempt attempt;
    private final TableInfo table;
    private final RoundLimits limits;
    private final SplitSource source;
    private final List<BucketId> buckets = new ArrayList<>();
    private final long plannedMs;
    private final List<Split> splits = new ArrayList<>();
    private final Set<Split> begun = new HashSet<>();
    private LakeState base = LakeState.EMPTY;
    private boolean formerPartitions;
    private int next;

    private RoundPlan(RoundPorts ports, Attempt attempt, RoundLimits limits) {
        this.ports = ports;
        this.attempt = attempt;
        this.limits = limits;
        this.table = ports.table(attempt.tableId());
        this.source = new SplitSource(ports, table, limits.pieceBytes());
        if (table.isPartitioned()) {
            for (PartitionInfo partition : ports.partitions(table)) {
                addBuckets(partition.partitionId());
            }
        } else {
            addBuckets(0);
        }
        this.plannedMs = ports.nowMs();
    }

    private void addBuckets(long partitionId) {
        for (int bucket = 0; bucket < table.buckets(); bucket++) {
            buckets.add(new BucketId(table.tableId(), partitionId, bucket));
        }
    }

    /** @throws WeirException TABLE_NOT_FOUND */
    static RoundPlan of(RoundPorts ports, Attempt attempt, RoundLimits limits) {
        return new RoundPlan(ports, attempt, limits);
    }

    LakeTableSpec spec() {
        return LakeTables.spec(table);
    }

    /** What the lake has. Tells the buckets of it: who committed that perhaps did not get so far. */
    void base(LakeState state) {
        base = state;
        Set<String> there = new HashSet<>();
        for (BucketId bucket : buckets) {
            there.add(bucket.entityId());
            Long offset = state.offsets().get(bucket.entityId());
            if (offset != null) {
                ports.lakeAdvanced(bucket, offset);
            }
        }
        formerPartitions =
                table.isPartitioned() && !there.containsAll(state.offsets().keySet());
    }

    LakeState base() {
        return base;
    }

    boolean isDone() {
        return next == buckets.size();
    }

    /** Asks one bucket. */
    void step() {
        BucketId bucket = buckets.get(next);
        try {
            plan(bucket, ports.describe(bucket));
        } catch (WeirException e) {
            if (bucket.partitionId() == 0 || e.code() != ErrorCode.PARTITION_NOT_FOUND) {
                throw e;
            }
            LOG.info("partition was dropped while a round was planned bucket={}", bucket.entityId());
        }
        next++;
    }

    private void plan(BucketId bucket, Bucket.Description now) {
        long stop = now.highWatermark();
        Long inLake = base.offsets().get(bucket.entityId());
        if (inLake != null && stop < inLake) {
            throw new RoundEndedException(
                    ("the lake has bucket %s up to offset %d, and the bucket itself ends at %d: rows were lost with a disk. "
                                    + "Create the table anew under another name and copy the rows from the lake")
                            .formatted(bucket.entityId(), inLake, stop),
                    false);
        }
        if (stop == (inLake == null ? now.logStartOffset() : inLake) && !startsFromSnapshot(inLake, now)) {
            return;
        }
        splits.add(table.hasPrimaryKey() ? keyed(bucket, now, inLake) : log(bucket, now, inLake));
    }

    private Split log(BucketId bucket, Bucket.Description now, @Nullable Long inLake) {
        long from = inLake == null ? now.logStartOffset() : inLake;
        if (from < now.logStartOffset()) {
            LOG.warn(
                    "retention took rows that the lake does not have bucket={} from={} to={}",
                    bucket.entityId(),
                    from,
                    now.logStartOffset());
            from = now.logStartOffset();
        }
        return new LogSplit(source, bucket, from, now.highWatermark());
    }

    private boolean startsFromSnapshot(@Nullable Long inLake, Bucket.Description now) {
        return table.hasPrimaryKey()
                && inLake == null
                && now.remote() != null
                && now.remote().snapshotOffset() > 0;
    }

    private Split keyed(BucketId bucket, Bucket.Description now, @Nullable Long inLake) {
        if (startsFromSnapshot(inLake, now)) {
            return new SnapshotSplit(source, bucket, holder(bucket), now.highWatermark(), formerPartitions);
        }
        long from = inLake == null ? 0 : inLake;
        if (from < now.logStartOffset()) {
            throw new RoundEndedException(
                    ("the changelog of bucket %s begins at offset %d, and the lake has it up to %d: what is between is gone. %s")
                            .formatted(
                                    bucket.entityId(),
                                    now.logStartOffset(),
                                    from,
                                    inLake == null
                                            ? "Rows go to the lake once the bucket has a KV snapshot on the object store "
                                                    + "(kv.snapshot-interval)"
                                            : "Create the table anew under another name and write its rows again"),
                    inLake == null);
        }
        return new ChangelogSplit(source, bucket, from, now.highWatermark(), formerPartitions, limits.keyBytes());
    }

    private String holder(BucketId bucket) {
        return "tiering-%s-%d-%d".formatted(bucket.entityId(), attempt.epoch(), plannedMs);
    }

    void shuffle(RandomGenerator random) {
        for (int i = splits.size() - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            Split moved = splits.get(i);
            splits.set(i, splits.get(other));
            splits.set(other, moved);
        }
    }

    List<Split> splits() {
        return splits;
    }

    void begun(Split split) {
        begun.add(split);
    }

    boolean isBegun(Split split) {
        return begun.contains(split);
    }

    /** Whether the lake's offset of a bucket changes with a split that is done. */
    boolean moves(Split split) {
        Long before = base.offsets().get(split.bucket().entityId());
        return before == null ? split.reached() > split.start() : split.reached() > before;
    }

    /**
     * Buckets of dropped partitions, whose offsets would otherwise be carried from commit to commit for ever. One stays: it tells that a
     * partition may be a former one's successor. Ids only grow, so one above all that the catalog named is not gone, but newer than its answer.
     */
    List<String> gone() {
        long newest = buckets.stream().mapToLong(BucketId::partitionId).max().orElse(0);
        Set<BucketId> there = Set.copyOf(buckets);
        return base.offsets().keySet().stream()
                .map(BucketId::parse)
                .filter(bucket -> bucket.partitionId() < newest && !there.contains(bucket))
                .sorted()
                .skip(1)
                .map(BucketId::entityId)
                .toList();
    }

    /** By the clock of this node, before the first bucket was asked. */
    long plannedMs() {
        return plannedMs;
    }

    /** Of the buckets that exist, as the lake has them. */
    Map<String, Long> offsets(LakeState state) {
        Map<String, Long> offsets = new HashMap<>();
        for (BucketId bucket : buckets) {
            Long offset = state.offsets().get(bucket.entityId());
            if (offset != null) {
                offsets.put(bucket.entityId(), offset);
            }
        }
        return offsets;
    }
}
