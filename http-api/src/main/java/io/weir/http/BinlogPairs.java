package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * Joins {@code -U} and {@code +U} to one row, whichever slices and batches they lie in. A {@code -U} at the end of a slice is kept
 * until its {@code +U} comes, and the slice says that it ends before it; so no cursor stands between the two. Where a read begins at a
 * {@code +U}, the row before it is read too (see {@link Span#lookingBack}), and rows before the wanted offset come out only as the
 * {@code before} of one that is wanted. An update without its {@code -U} (the changelog holds after images, or the log was cut there)
 * has no {@code before}.
 *
 * <p>A predicate passes a row where it passes the one before or the one after. Confined to one answer's stream.
 */
final class BinlogPairs {
    private final List<Column> columns;
    private final List<Column> read;
    private final @Nullable Predicate where;
    private final BufferAllocator allocator;
    private final Map<BucketId, Long> from;
    private final Map<BucketId, Bucket.FetchedRows> open = new HashMap<>();

    /** @param from first wanted offsets; of buckets that are not in it, all are wanted */
    BinlogPairs(List<Column> columns, @Nullable Predicate where, Map<BucketId, Long> from, BufferAllocator allocator) {
        this.columns = columns;
        this.read = read(columns, where);
        this.where = where;
        this.from = from;
        this.allocator = allocator;
    }

    /** The columns that the slices must hold: those wanted, then those that only the predicate needs. */
    static List<Column> read(List<Column> columns, @Nullable Predicate where) {
        List<Column> read = new ArrayList<>(columns);
        if (where != null) {
            where.columns().stream().filter(c -> !read.contains(c)).forEach(read::add);
        }
        return read;
    }

    Slice join(Slice slice) {
        if (slice.failure() != null) {
            return slice;
        }
        long first = from.getOrDefault(slice.bucket(), 0L);
        List<Bucket.FetchedRows> joined = new ArrayList<>();
        for (Bucket.FetchedRows batch : slice.batches()) {
            Bucket.FetchedRows former = open.remove(slice.bucket());
            Bucket.FetchedRows rows = join(slice.bucket(), former, batch, first);
            if (rows != null) {
                joined.add(rows);
            }
        }
        Bucket.FetchedRows waiting = open.get(slice.bucket());
        long next = waiting == null ? slice.nextOffset() : Slice.offset(waiting, 0);
        return slice.with(joined, Math.max(first, next));
    }

    /** Null where nothing comes out. The {@code -U} that ends the batch, if one does, is {@link #open} afterwards. */
    private Bucket.@Nullable FetchedRows join(
            BucketId bucket, Bucket.@Nullable FetchedRows former, Bucket.FetchedRows batch, long first) {
        int count = batch.rows().rowCount();
        if (type(batch, count - 1) == ChangeType.UPDATE_BEFORE) {
            open.put(bucket, only(batch, count - 1));
        }
        BinlogRows rows = new BinlogRows(read, columns, allocator);
        BitSet passing = passing(batch);
        boolean formerPasses = former != null && passing(former).get(0);
        boolean[] pairedFormer = {false};
        for (int row = 0; row < count; row++) {
            ChangeType type = type(batch, row);
            if (type == ChangeType.UPDATE_BEFORE || Slice.offset(batch, row) < first) {
                continue;
            }
            boolean after = type == ChangeType.UPDATE_AFTER;
            boolean beforeHere = after && row > 0 && type(batch, row - 1) == ChangeType.UPDATE_BEFORE;
            boolean beforeThere = after && row == 0 && former != null;
            boolean passes = passing.get(row) || (beforeHere && passing.get(row - 1)) || (beforeThere && formerPasses);
            if (passes) {
                pairedFormer[0] |= beforeThere;
                rows.add(row, type, beforeHere ? row - 1 : beforeThere ? BinlogRows.FORMER : BinlogRows.NONE);
            }
        }
        return rows.isEmpty() ? null : rows.build(batch, pairedFormer[0] ? former : null);
    }

    private BitSet passing(Bucket.FetchedRows batch) {
        BitSet[] passing = {new BitSet()};
        if (where == null) {
            passing[0].set(0, batch.rows().rowCount());
        } else {
            Predicate predicate = where;
            RecordBatches.load(
                    read,
                    batch.rows(),
                    allocator,
                    (VectorSchemaRoot root) -> passing[0] = predicate.matches(read, root));
        }
        return passing[0];
    }

    static ChangeType type(Bucket.FetchedRows batch, int row) {
        ByteBuffer types = batch.changeTypes();
        return types == null ? ChangeType.INSERT : ChangeType.of(types.get(types.position() + row));
    }

    private Bucket.FetchedRows only(Bucket.FetchedRows batch, int row) {
        return new Bucket.FetchedRows(
                RecordBatches.slice(read, batch.rows(), row, row + 1),
                Slice.offset(batch, row),
                null,
                batch.commitTimestampMs(),
                ByteBuffer.wrap(new byte[] {ChangeType.UPDATE_BEFORE.code()}));
    }
}
