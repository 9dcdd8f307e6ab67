package io.weir.codec.ingest;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.Projection;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.json.JsonRows;
import io.weir.codec.json.PresenceBits;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.types.pojo.Field;

/** Rows of writes to primary-key tables: the decoders of whole rows, asked less or more of some columns. */
final class ChangeDecoder {
    private final ChangeKind kind;
    private final TableSchema schema;
    private final ChangeColumns columns;
    private final DecodeLimits limits;
    private final BufferAllocator allocator;

    ChangeDecoder(
            ChangeKind kind, TableSchema schema, ChangeRules rules, DecodeLimits limits, BufferAllocator allocator) {
        this.kind = kind;
        this.schema = schema;
        this.columns = new ChangeColumns(kind, schema, rules);
        this.limits = limits;
        this.allocator = allocator;
    }

    /** @throws io.weir.codec.WeirException as {@link RowDecoder#decodeChanges} */
    List<ChangedRows> decode(RowFormat format, ByteBuffer body) {
        if (columns.isPlain()) {
            return RowDecoder.decode(format, body, schema, limits, allocator).stream()
                    .map(rows -> new ChangedRows(kind, rows, null))
                    .toList();
        }
        return switch (format) {
            case JSON, NDJSON -> json(format == RowFormat.NDJSON, body);
            case ARROW_STREAM, ARROW_FILE -> arrow(format == RowFormat.ARROW_FILE, body);
        };
    }

    private List<ChangedRows> json(boolean ndjson, ByteBuffer body) {
        List<ChangedRows> changes = new ArrayList<>();
        PresenceBits presence =
                kind == ChangeKind.PATCH ? new PresenceBits(schema.columns().size(), columns.generated()) : null;
        JsonRows.read(
                ndjson,
                body,
                schema,
                columns.members(),
                presence,
                limits.decodedBytes(),
                limits.rows(),
                limits.batchBytes(),
                allocator,
                root -> changes.add(new ChangedRows(
                        kind,
                        RecordBatches.encode(schema.schemaId(), root),
                        presence == null ? null : presence.take())));
        return List.copyOf(changes);
    }

    private List<ChangedRows> arrow(boolean isFile, ByteBuffer body) {
        ArrowMessages messages = ArrowRowDecoder.messages(isFile, body);
        TableSchema asSent = columns.asSent(messages.fields());
        List<EncodedRows> decoded = ArrowRowDecoder.decode(messages, asSent, columns.ignored(), limits, allocator);
        List<EncodedRows> rows = kind == ChangeKind.DELETE ? keysAlone(decoded) : checked(asSent, messages, decoded);
        if (kind != ChangeKind.PATCH) {
            return rows.stream().map(r -> new ChangedRows(kind, r, null)).toList();
        }
        byte[] present = columns.present(messages.fields());
        CopyBudget budget = new CopyBudget(limits.decodedBytes());
        List<ChangedRows> changes = new ArrayList<>();
        for (EncodedRows r : rows) {
            budget.count((long) present.length * r.rowCount());
            changes.add(new ChangedRows(kind, r, repeated(present, r.rowCount())));
        }
        return List.copyOf(changes);
    }

    private static ByteBuffer repeated(byte[] bits, int rows) {
        byte[] all = new byte[Math.multiplyExact(bits.length, rows)];
        if (bits.length == 1) {
            Arrays.fill(all, bits[0]);
        } else {
            for (int row = 0; row < rows; row++) {
                System.arraycopy(bits, 0, all, row * bits.length, bits.length);
            }
        }
        return ByteBuffer.wrap(all);
    }

    /** What a delete holds besides its keys goes no further. */
    private List<EncodedRows> keysAlone(List<EncodedRows> rows) {
        if (schema.columns().stream().noneMatch(columns::isIgnored)) {
            return rows;
        }
        // A column with an id that nobody asks for is not found, and one that is not found is null.
        List<Column> known = withIgnored(-1);
        List<Column> wanted = withIgnored(1);
        TableSchema written = new TableSchema(schema.schemaId(), known);
        return rows.stream()
                .map(r -> {
                    EncodedRows plain = RecordBatches.decompress(known, r);
                    return Projection.plan(
                                    written,
                                    wanted,
                                    plain.metadata(),
                                    plain.body().remaining())
                            .apply(schema.schemaId(), plain.body());
                })
                .toList();
    }

    private List<Column> withIgnored(int sign) {
        return schema.columns().stream()
                .map(c -> columns.isIgnored(c) ? new Column(sign * c.id(), c.name(), c.type(), true) : c)
                .toList();
    }

    /** Holds the generated column against null, and makes the bitmaps. */
    private List<EncodedRows> checked(TableSchema asSent, ArrowMessages messages, List<EncodedRows> rows) {
        RowProblems problems = new RowProblems();
        int generated = sentGenerated(messages.fields());
        Map<Integer, BitmapKind> bitmaps = columns.bitmaps();
        BitmapColumns made =
                new BitmapColumns(schema, bitmaps, problems, new CopyBudget(limits.decodedBytes()), allocator);
        List<EncodedRows> checked = new ArrayList<>();
        int firstRow = 0;
        for (EncodedRows r : rows) {
            problems.startBatch(firstRow);
            if (generated >= 0) {
                checkAllNull(asSent, r, generated, problems);
            }
            checked.add(bitmaps.isEmpty() ? r : made.apply(asSent, r));
            firstRow += r.rowCount();
        }
        problems.throwIfAny();
        return checked;
    }

    private int sentGenerated(List<Field> fields) {
        int index = columns.generated();
        boolean sent = index >= 0
                && fields.stream().anyMatch(f -> f.getName()
                        .equals(schema.columns().get(index).name()));
        return sent ? index : -1;
    }

    private void checkAllNull(TableSchema asSent, EncodedRows rows, int column, RowProblems problems) {
        String pointer = BitmapColumns.pointer(asSent.columns().get(column).name());
        RecordBatches.load(asSent.columns(), rows, allocator, root -> {
            for (int row = 0; row < rows.rowCount() && !problems.isFull(); row++) {
                if (!root.getVector(column).isNull(row)) {
                    problems.add(row, pointer, "the store assigns this column; leave it out");
                }
            }
        });
    }
}
