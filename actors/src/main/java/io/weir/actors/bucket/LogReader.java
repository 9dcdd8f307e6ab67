package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchHeader;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.Projection;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.LogBatch;
import io.weir.persistence.log.LogCursor;
import io.weir.persistence.objects.ObjectUnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * One fetch: walks the log's batches from an offset on, skips those that cannot match by their statistics, reads the wanted columns
 * of the others and keeps the matching rows. A batch wanted whole is never decoded. Blocks; used by one thread, once.
 */
final class LogReader {
    /** Most bytes of an answer, whatever is asked for; with one more batch it still fits a message between nodes. */
    static final int ANSWER_BYTES_MAX = 16 << 20;

    /** A fetch whose predicate matches little stops after so many bytes looked at, so that nobody waits for it for long. */
    static final long EXAMINED_BYTES_MAX = 128 << 20;

    private final TableInfo table;
    private final Bucket.Fetch fetch;
    private final BufferAllocator allocator;
    private final List<Column> wanted;
    private final @Nullable Predicate predicate;
    private final List<Bucket.FetchedRows> found = new ArrayList<>();
    private long nextOffset;
    private long bytes;
    private long examined;
    private int rowsLeft;

    private LogReader(TableInfo table, Bucket.Fetch fetch, BufferAllocator allocator) {
        this.table = table;
        this.fetch = fetch;
        this.allocator = allocator;
        this.wanted = wanted(table.schema(), fetch.columnIds());
        this.predicate = fetch.where() == null ? null : Predicate.parse(fetch.where(), table.schema());
        this.nextOffset = fetch.fromOffset();
        this.rowsLeft = fetch.rowsMax();
    }

    /**
     * @param highWatermark first offset that is not shown
     * @throws WeirException INVALID_REQUEST, COLUMN_NOT_FOUND, INVALID_PREDICATE, OFFSET_OUT_OF_RANGE, CORRUPT_DATA
     */
    static Bucket.Fetched fetch(
            BucketLog log, long highWatermark, TableInfo table, Bucket.Fetch fetch, BufferAllocator allocator)
            throws IOException {
        if (fetch.fromOffset() < 0 || fetch.bytesMax() < 1 || fetch.rowsMax() < 1) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "fetch from=%d bytesMax=%d rowsMax=%d: offsets are not negative and bounds at least 1"
                            .formatted(fetch.fromOffset(), fetch.bytesMax(), fetch.rowsMax()));
        }
        LogReader reader = new LogReader(table, fetch, allocator);
        try (LogCursor cursor = log.read(fetch.fromOffset())) {
            reader.read(cursor, Math.min(highWatermark, fetch.toOffset()));
        }
        return new Bucket.Fetched(reader.found, reader.nextOffset, highWatermark);
    }

    static List<Column> wanted(TableSchema schema, List<Integer> columnIds) {
        if (columnIds.isEmpty()) {
            return schema.columns();
        }
        return columnIds.stream()
                .map(id -> schema.columnById(id)
                        .orElseThrow(() ->
                                new WeirException(ErrorCode.COLUMN_NOT_FOUND, "the table has no column with id " + id)))
                .toList();
    }

    private void read(LogCursor cursor, long endOffset) throws IOException {
        while (nextOffset < endOffset && hasRoom()) {
            LogBatch batch;
            try {
                batch = cursor.next();
                if (batch == null || batch.header().baseOffset() >= endOffset) {
                    return;
                }
                read(batch, endOffset);
            } catch (WeirException e) {
                // What is good before the damage is served; the next fetch meets the damage first and says so.
                if (e.code() == ErrorCode.CORRUPT_DATA && !found.isEmpty()) {
                    return;
                }
                throw e;
            } catch (ObjectUnavailableException e) {
                if (!found.isEmpty()) {
                    return;
                }
                throw e;
            }
        }
    }

    private boolean hasRoom() {
        int bytesMax = Math.min(fetch.bytesMax(), ANSWER_BYTES_MAX);
        return rowsLeft > 0
                && (found.isEmpty()
                        ? examined < EXAMINED_BYTES_MAX
                        : bytes < bytesMax && examined < EXAMINED_BYTES_MAX);
    }

    private void read(LogBatch batch, long endOffset) throws IOException {
        BatchHeader header = batch.header();
        if (header.rowCount() == 0) {
            return;
        }
        TableSchema written = table.schema(header.schemaId())
                .orElseThrow(() -> new WeirException(
                        ErrorCode.INTERNAL,
                        "batch at " + header.baseOffset() + " has unknown schema " + header.schemaId()));
        int from = Math.toIntExact(Math.max(0, nextOffset - header.baseOffset()));
        int to = Math.toIntExact(Math.min(header.rowCount(), endOffset - header.baseOffset()));
        if (predicate != null && !predicate.mayMatch(written, batch.statistics(), header.rowCount())) {
            examined += header.bodyStart();
            nextOffset = header.baseOffset() + to;
            return;
        }
        examined += header.totalBytes();
        if (predicate != null) {
            int[] matching = matching(predicate, batch, written, from, to);
            int end = matching.length < rowsLeft ? to : matching[rowsLeft - 1] + 1;
            take(batch, written, matching.length <= rowsLeft ? matching : java.util.Arrays.copyOf(matching, rowsLeft));
            nextOffset = header.baseOffset() + end;
        } else {
            int end = Math.min(to, from + Math.min(rowsLeft, to - from));
            take(batch, written, IntStream.range(from, end).toArray());
            // Only now: a batch that turns out to be damaged must be met again by the next fetch, not passed over.
            nextOffset = header.baseOffset() + end;
        }
    }

    private int[] matching(Predicate where, LogBatch batch, TableSchema written, int from, int to) throws IOException {
        EncodedRows probed = project(batch, written, where.columns());
        BitSet[] result = new BitSet[1];
        RecordBatches.load(
                where.columns(), probed, allocator, root -> result[0] = where.matches(where.columns(), root));
        return result[0].stream().filter(row -> row >= from && row < to).toArray();
    }

    private void take(LogBatch batch, TableSchema written, int[] rows) throws IOException {
        if (rows.length == 0) {
            return;
        }
        BatchHeader header = batch.header();
        EncodedRows all = wanted.equals(written.columns()) ? batch.readAll().rows() : project(batch, written, wanted);
        EncodedRows kept = rows.length == header.rowCount() ? all : RecordBatches.select(wanted, all, rows, allocator);
        boolean dense = rows[rows.length - 1] - rows[0] == rows.length - 1;
        found.add(new Bucket.FetchedRows(
                asProjection(kept),
                header.baseOffset() + (dense ? rows[0] : 0),
                dense ? null : new Bucket.RowOffsets(rows),
                header.commitTimestampMs(),
                changeTypes(batch, rows)));
        bytes += kept.sizeInBytes();
        rowsLeft -= rows.length;
    }

    /** The columns as the reader knows them: renamed by id, widened, nulls for those that are younger than the batch. */
    private EncodedRows project(LogBatch batch, TableSchema written, List<Column> columns) throws IOException {
        Projection projection = Projection.plan(
                written, columns, batch.metadata(), batch.header().bodyBytes());
        EncodedRows rows = batch.read(written, projection);
        return sameTypes(projection.columns(), columns)
                ? rows
                : RecordBatches.widen(projection.columns(), columns, rows, allocator);
    }

    private static boolean sameTypes(List<Column> stored, List<Column> columns) {
        return IntStream.range(0, columns.size())
                .allMatch(i -> stored.get(i).type().equals(columns.get(i).type()));
    }

    /** Names the version whose types the columns have, which the asker perhaps does not know yet, or does not know any more. */
    private EncodedRows asProjection(EncodedRows rows) {
        return new EncodedRows(table.schema().schemaId(), rows.rowCount(), rows.metadata(), rows.body());
    }

    private static @Nullable ByteBuffer changeTypes(LogBatch batch, int[] rows) throws IOException {
        ByteBuffer all = batch.changeTypes();
        if (all == null || rows.length == batch.header().rowCount()) {
            return all;
        }
        ByteBuffer kept = ByteBuffer.allocate(rows.length);
        for (int row : rows) {
            kept.put(all.get(all.position() + row));
        }
        return kept.flip();
    }
}
