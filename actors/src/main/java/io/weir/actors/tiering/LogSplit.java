package io.weir.actors.tiering;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.codec.schema.Column;
import io.weir.lake.LakeRound;
import java.util.List;

/** Rows of a log table's bucket, appended as they are. Stops anywhere between two pieces. */
final class LogSplit implements Split {
    private final SplitSource source;
    private final BucketId bucket;
    private final List<Column> columns;
    private final long start;
    private final long stop;
    private long next;
    private boolean early;

    LogSplit(SplitSource source, BucketId bucket, long start, long stop) {
        this.source = source;
        this.bucket = bucket;
        this.columns = source.table().schema().columns();
        this.start = start;
        this.stop = stop;
        this.next = start;
    }

    @Override
    public BucketId bucket() {
        return bucket;
    }

    @Override
    public void step(LakeRound round) {
        Bucket.Fetched fetched = source.fetch(source.piece(bucket, next, stop, columns), columns);
        if (fetched.nextOffset() < stop && !early) {
            source.ports().fetchAhead(source.piece(bucket, fetched.nextOffset(), stop, columns));
        }
        for (Bucket.FetchedRows batch : fetched.batches()) {
            round.append(SplitSource.rows(batch, bucket, columns, null));
        }
        next = fetched.nextOffset();
    }

    @Override
    public void finishEarly() {
        early = true;
    }

    @Override
    public boolean endWhereItIs() {
        early = true;
        return true;
    }

    @Override
    public boolean isDone() {
        return next >= stop || early;
    }

    @Override
    public long start() {
        return start;
    }

    @Override
    public long planned() {
        return stop - start;
    }

    @Override
    public long reached() {
        return next;
    }

    @Override
    public boolean isComplete() {
        return next >= stop;
    }

    @Override
    public void close() {}
}
