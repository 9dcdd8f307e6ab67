package io.weir.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.actors.bucket.Bucket;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TimeStampMilliTZVector;
import org.apache.arrow.vector.VarCharVector;

/** A column that a read adds to a row's own: {@code metadata=true} behind them, the changelog before them. */
@SuppressWarnings("ImmutableEnumChecker") // a Column is a record of immutable parts
enum MetadataColumn {
    BUCKET("_bucket", DataType.Simple.INT, false),
    OFFSET("_offset", DataType.Simple.BIGINT, false),
    TIMESTAMP("_timestamp", new DataType.TimestampLtz(3), false),
    CHANGE_TYPE("_change_type", DataType.Simple.STRING, false),
    PARTITION("_partition", DataType.Simple.STRING, true),
    LOG_OFFSET("_log_offset", DataType.Simple.BIGINT, false),
    COMMIT_TIMESTAMP("_commit_timestamp", new DataType.TimestampLtz(3), false),
    /** The change type where an update is one row. */
    CHANGE("_change_type", DataType.Simple.STRING, false);

    private final Column column;

    MetadataColumn(String name, DataType type, boolean nullable) {
        column = new Column(-1 - ordinal(), name, type, nullable);
    }

    Column column() {
        return column;
    }

    void writeField(JsonGenerator out, Slice slice, Bucket.FetchedRows rows, int row) throws IOException {
        out.writeFieldName(column.name());
        switch (this) {
            case BUCKET -> out.writeNumber(slice.bucket().bucket());
            case OFFSET, LOG_OFFSET -> out.writeNumber(Slice.offset(rows, row));
            case TIMESTAMP, COMMIT_TIMESTAMP ->
                out.writeString(Instant.ofEpochMilli(rows.commitTimestampMs()).toString());
            case CHANGE_TYPE, CHANGE -> out.writeString(changeType(rows, row));
            case PARTITION -> out.writeString(slice.partition());
        }
    }

    private String changeType(Bucket.FetchedRows rows, int row) {
        var types = rows.changeTypes();
        ChangeType type = types == null ? ChangeType.INSERT : ChangeType.of(types.get(types.position() + row));
        return this == CHANGE && type == ChangeType.UPDATE_AFTER ? "update" : type.text();
    }

    /** The column's values for all these rows; the vector is the caller's to close. */
    FieldVector vector(Slice slice, Bucket.FetchedRows rows, BufferAllocator allocator) {
        FieldVector vector = io.weir.codec.schema.ArrowSchemas.toField(column).createVector(allocator);
        try {
            int count = rows.rows().rowCount();
            vector.setInitialCapacity(count);
            vector.allocateNew();
            for (int row = 0; row < count; row++) {
                set(vector, slice, rows, row);
            }
            vector.setValueCount(count);
            return vector;
        } catch (RuntimeException e) {
            vector.close();
            throw e;
        }
    }

    private void set(FieldVector vector, Slice slice, Bucket.FetchedRows rows, int row) {
        switch (this) {
            case BUCKET -> ((IntVector) vector).setSafe(row, slice.bucket().bucket());
            case OFFSET, LOG_OFFSET -> ((BigIntVector) vector).setSafe(row, Slice.offset(rows, row));
            case TIMESTAMP, COMMIT_TIMESTAMP ->
                ((TimeStampMilliTZVector) vector).setSafe(row, rows.commitTimestampMs());
            case CHANGE_TYPE, CHANGE -> setText(vector, row, changeType(rows, row));
            case PARTITION -> {
                if (slice.partition() != null) {
                    setText(vector, row, slice.partition());
                }
            }
        }
    }

    private static void setText(FieldVector vector, int row, String text) {
        ((VarCharVector) vector).setSafe(row, text.getBytes(StandardCharsets.UTF_8));
    }
}
