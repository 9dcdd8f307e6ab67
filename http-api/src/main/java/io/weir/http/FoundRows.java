package io.weir.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.json.JsonRowWriter;
import io.weir.codec.json.RowJson;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.schema.Column;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** Writes encoded rows that were looked up, null where there is none, as JSON or Arrow. Takes CPU. */
final class FoundRows {
    /** Most bytes of rows in one answer; it is built in memory. */
    private static final long BYTES_MAX = 32 << 20;

    private static final byte[] BEGIN = "{\"rows\":[".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

    private final KeyedTable table;
    private final List<Column> columns;
    private final BufferAllocator allocator;

    /** @param columns those wanted, in the wanted order */
    FoundRows(KeyedTable table, List<Column> columns, BufferAllocator allocator) {
        this.table = table;
        this.columns = columns;
        this.allocator = allocator;
    }

    /** One object. */
    ByteString object(byte[] row) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(row.length + 256);
        objects(out, List.of(row));
        return ByteString.fromArrayUnsafe(out.toByteArray());
    }

    /** @param next where there is more, or null; needs no escaping */
    ByteString json(List<byte @Nullable []> rows, @Nullable String next) {
        long bytes = checkSize(rows);
        ByteArrayOutputStream out = new ByteArrayOutputStream((int) Math.min(1 << 20, 256 + 2 * bytes));
        out.writeBytes(BEGIN);
        objects(out, rows);
        String end = next == null ? "]}" : "],\"next\":\"" + next + "\"}";
        out.writeBytes(end.getBytes(StandardCharsets.US_ASCII));
        return ByteString.fromArrayUnsafe(out.toByteArray());
    }

    private void objects(ByteArrayOutputStream out, List<byte @Nullable []> rows) {
        try (JsonGenerator json = Json.generator(out)) {
            json.setRootValueSeparator(null);
            if (RowJson.canWrite(columns)) {
                fromBytes(json, rows);
            } else {
                fromVectors(json, rows);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void fromBytes(JsonGenerator json, List<byte @Nullable []> rows) throws IOException {
        boolean whole = columns == table.info().schema().columns();
        RowJson writer = whole ? table.rowJson() : new RowJson(table.info().schema(), columns);
        boolean first = true;
        for (byte[] row : rows) {
            if (!first) {
                json.writeRaw(',');
            }
            first = false;
            if (row == null) {
                json.writeNull();
            } else {
                writer.write(json, table.versions().upgrade(row));
            }
        }
        if (whole) {
            table.giveBack(writer);
        }
    }

    private void fromVectors(JsonGenerator json, List<byte @Nullable []> rows) {
        RecordBatches.load(nullable(), batch(rows), allocator, root -> {
            try {
                for (int i = 0; i < rows.size(); i++) {
                    if (i > 0) {
                        json.writeRaw(',');
                    }
                    if (rows.get(i) == null) {
                        json.writeNull();
                    } else {
                        JsonRowWriter.write(json, columns, root, i);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** A stream of one batch; a row of nulls where there is none. */
    ByteString arrow(List<byte @Nullable []> rows) {
        checkSize(rows);
        return Answers.arrow(nullable(), batch(rows));
    }

    private EncodedRows batch(List<byte @Nullable []> rows) {
        RowBatchBuilder batch = new RowBatchBuilder(table.info().schema(), columns);
        for (byte[] row : rows) {
            if (row == null) {
                batch.addNulls();
            } else {
                batch.add(table.versions().upgrade(row));
            }
        }
        return batch.build(0);
    }

    private List<Column> nullable() {
        return columns.stream()
                .map(c -> new Column(c.id(), c.name(), c.type(), true))
                .toList();
    }

    private static long checkSize(List<byte @Nullable []> rows) {
        long bytes = 0;
        for (byte[] row : rows) {
            bytes += row == null ? NULL.length : row.length;
        }
        if (bytes > BYTES_MAX) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE,
                    "The rows found take " + bytes + " bytes, more than " + BYTES_MAX
                            + " in one answer; ask for fewer keys at a time");
        }
        return bytes;
    }
}
