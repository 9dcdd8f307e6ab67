package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Lets so many rows or about so many bytes of merged slices pass and cuts the slice in which the rows end. Each answer has its own;
 * used by its stream alone.
 */
final class RowLimit {
    private final List<Column> columns;
    private final BufferAllocator allocator;
    private long rowsLeft;
    private long bytesLeft;

    /** @param columns what the batches hold */
    RowLimit(List<Column> columns, long rowsMax, long bytesMax, BufferAllocator allocator) {
        this.columns = columns;
        this.allocator = allocator;
        this.rowsLeft = rowsMax;
        this.bytesLeft = bytesMax;
    }

    /** @param last whether the limit is reached with this slice */
    record Passed(Slice slice, boolean last) {}

    Passed pass(Slice slice) {
        Slice passed = slice.rows() <= rowsLeft ? slice : cut(slice);
        rowsLeft -= passed.rows();
        bytesLeft -= passed.bytes();
        return new Passed(passed, rowsLeft <= 0 || bytesLeft <= 0);
    }

    private Slice cut(Slice slice) {
        List<Bucket.FetchedRows> kept = new ArrayList<>();
        long left = rowsLeft;
        long next = slice.nextOffset();
        for (Bucket.FetchedRows batch : slice.batches()) {
            if (left == 0) {
                break;
            }
            int count = (int) Math.min(left, batch.rows().rowCount());
            kept.add(count == batch.rows().rowCount() ? batch : first(batch, count));
            next = Slice.offset(batch, count - 1) + 1;
            left -= count;
        }
        return slice.with(kept, next);
    }

    private Bucket.FetchedRows first(Bucket.FetchedRows batch, int count) {
        ByteBuffer types = batch.changeTypes();
        return new Bucket.FetchedRows(
                RecordBatches.select(
                        columns, batch.rows(), IntStream.range(0, count).toArray(), allocator),
                batch.baseOffset(),
                batch.offsets() == null
                        ? null
                        : new Bucket.RowOffsets(IntStream.range(0, count)
                                .map(batch.offsets()::at)
                                .toArray()),
                batch.commitTimestampMs(),
                types == null ? null : types.slice(types.position(), count));
    }
}
