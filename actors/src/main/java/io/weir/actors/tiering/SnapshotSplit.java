package io.weir.actors.tiering;

import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeRows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a primary-key table's bucket that the lake has nothing of yet, from its newest KV snapshot; the changelog from there on is for
 * the next round. Once begun it is read to its end.
 */
final class SnapshotSplit implements Split {
    private final SplitSource source;
    private final BucketId bucket;
    private final List<Column> columns;
    private final String holder;
    private final boolean mayBeThere;
    private final long stop;
    private RoundPorts.@Nullable SnapshotRows snapshot;
    private long offset = -1;
    private boolean done;

    /**
     * @param holder of the lease on the snapshot
     * @param stop the high watermark
     * @param mayBeThere whether the lake may have rows of its keys, from a former partition of the same name
     */
    SnapshotSplit(SplitSource source, BucketId bucket, String holder, long stop, boolean mayBeThere) {
        this.source = source;
        this.bucket = bucket;
        this.columns = source.table().schema().columns();
        this.holder = holder;
        this.stop = stop;
        this.mayBeThere = mayBeThere;
    }

    @Override
    public BucketId bucket() {
        return bucket;
    }

    @Override
    public void step(LakeRound round) {
        RoundPorts.SnapshotRows open = snapshot;
        if (open == null) {
            open();
            return;
        }
        EncodedRows rows = open.next();
        if (rows == null) {
            done = true;
            close();
        } else if (rows.rowCount() > 0) {
            long last = open.offset() - 1;
            LakeRows lakeRows = new LakeRows(bucket.bucket(), columns, rows, null, row -> last, open.takenMs());
            if (mayBeThere) {
                round.delete(lakeRows);
            }
            round.append(lakeRows);
        }
    }

    private void open() {
        RoundPorts.SnapshotRows found = source.ports()
                .snapshot(bucket, source.table(), holder)
                .orElseThrow(() -> new WeirException(
                        ErrorCode.BUCKET_UNAVAILABLE,
                        "bucket %s had a KV snapshot when the round was planned, and has none now"
                                .formatted(bucket.entityId())));
        snapshot = found;
        offset = found.offset();
    }

    /** A snapshot that is begun is the shortest way there. */
    @Override
    public void finishEarly() {}

    @Override
    public boolean endWhereItIs() {
        return false;
    }

    @Override
    public boolean isDone() {
        return done;
    }

    @Override
    public long start() {
        return 0;
    }

    @Override
    public long planned() {
        return 0;
    }

    @Override
    public long reached() {
        return offset;
    }

    /** A snapshot may be newer than the plan. */
    @Override
    public boolean isComplete() {
        return offset >= stop;
    }

    @Override
    public void close() {
        RoundPorts.SnapshotRows open = snapshot;
        snapshot = null;
        if (open != null) {
            open.close();
        }
    }
}
