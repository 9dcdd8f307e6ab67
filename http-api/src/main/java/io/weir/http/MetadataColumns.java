package io.weir.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.actors.bucket.Bucket;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampMilliTZVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** The columns that {@code metadata=true} adds after a row's own. */
final class MetadataColumns {
    private static final String BUCKET = "_bucket";
    private static final String OFFSET = "_offset";
    private static final String TIMESTAMP = "_timestamp";
    private static final String CHANGE_TYPE = "_change_type";

    static final List<Column> COLUMNS = List.of(
            new Column(-1, BUCKET, DataType.Simple.INT, false),
            new Column(-2, OFFSET, DataType.Simple.BIGINT, false),
            new Column(-3, TIMESTAMP, new DataType.TimestampLtz(3), false),
            new Column(-4, CHANGE_TYPE, DataType.Simple.STRING, false));

    /** By the byte of a stored change type. */
    private static final List<String> CHANGE_TYPES = List.of("insert", "update_before", "update_after", "delete");

    private MetadataColumns() {}

    static boolean isOne(String name) {
        return COLUMNS.stream().anyMatch(c -> c.name().equals(name));
    }

    static List<Column> after(List<Column> columns) {
        List<Column> all = new ArrayList<>(columns);
        all.addAll(COLUMNS);
        return all;
    }

    static void writeFields(JsonGenerator out, int bucket, Bucket.FetchedRows rows, int row) throws IOException {
        out.writeNumberField(BUCKET, bucket);
        out.writeNumberField(OFFSET, Slice.offset(rows, row));
        out.writeStringField(
                TIMESTAMP, Instant.ofEpochMilli(rows.commitTimestampMs()).toString());
        out.writeStringField(CHANGE_TYPE, changeType(rows, row));
    }

    private static String changeType(Bucket.FetchedRows rows, int row) {
        var types = rows.changeTypes();
        return CHANGE_TYPES.get(types == null ? 0 : types.get(types.position() + row));
    }

    /** The rows with the metadata columns behind the others. */
    static EncodedRows append(List<Column> columns, int bucket, Bucket.FetchedRows rows, BufferAllocator allocator) {
        EncodedRows[] result = new EncodedRows[1];
        RecordBatches.load(columns, rows.rows(), allocator, root -> {
            int count = rows.rows().rowCount();
            try (IntVector buckets = new IntVector(BUCKET, allocator);
                    BigIntVector offsets = new BigIntVector(OFFSET, allocator);
                    TimeStampMilliTZVector times = new TimeStampMilliTZVector(TIMESTAMP, allocator, "UTC");
                    VarCharVector types = new VarCharVector(CHANGE_TYPE, allocator)) {
                List<FieldVector> added = List.of(buckets, offsets, times, types);
                for (FieldVector vector : added) {
                    vector.setInitialCapacity(count);
                    vector.allocateNew();
                }
                for (int row = 0; row < count; row++) {
                    buckets.setSafe(row, bucket);
                    offsets.setSafe(row, Slice.offset(rows, row));
                    times.setSafe(row, rows.commitTimestampMs());
                    types.setSafe(row, changeType(rows, row).getBytes(StandardCharsets.UTF_8));
                }
                added.forEach(vector -> vector.setValueCount(count));
                List<FieldVector> all = new ArrayList<>(root.getFieldVectors());
                all.addAll(added);
                VectorSchemaRoot wider = new VectorSchemaRoot(all);
                wider.setRowCount(count);
                result[0] = RecordBatches.encode(0, wider);
            }
        });
        return result[0];
    }
}
