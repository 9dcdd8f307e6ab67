package io.weir.actors.tiering;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** Ports whose buckets answer only when a gate is open. */
final class GatedPorts implements RoundPorts {
    private final RoundPorts ports;
    private final CountDownLatch gate;

    GatedPorts(RoundPorts ports, CountDownLatch gate) {
        this.ports = ports;
        this.gate = gate;
    }

    @Override
    public TableInfo table(long tableId) {
        return ports.table(tableId);
    }

    @Override
    public List<PartitionInfo> partitions(TableInfo table) {
        return ports.partitions(table);
    }

    @Override
    public Bucket.Description describe(BucketId bucket) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return ports.describe(bucket);
    }

    @Override
    public Bucket.Fetched fetch(Piece piece) {
        return ports.fetch(piece);
    }

    @Override
    public Optional<SnapshotRows> snapshot(BucketId bucket, TableInfo table, String holder) {
        return ports.snapshot(bucket, table, holder);
    }

    @Override
    public void lakeAdvanced(BucketId bucket, long offset) {
        ports.lakeAdvanced(bucket, offset);
    }

    @Override
    public long nowMs() {
        return ports.nowMs();
    }
}
