package io.weir.actors.bucket;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.merge.Bitmaps;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.row.RowView;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.roaringbitmap.RoaringBitmap;

/** The table of the simulation in three schema versions, and its rows as maps from column id to Long, String or a set of numbers. */
final class ModelRows {
    static final int KEY = 1;
    static final int SMALL = 2;
    static final int NUMBER = 3;
    static final int TEXT = 4;
    static final int BITMAP = 5;
    static final int GENERATED = 6;
    static final int LATER = 7;

    private static final Column K = new Column(KEY, "k", DataType.Simple.INT, false);
    private static final Column C = new Column(SMALL, "c", DataType.Simple.TINYINT, false);
    private static final Column B = new Column(BITMAP, "b", DataType.Simple.BYTES, true);
    private static final Column UID = new Column(GENERATED, "uid", DataType.Simple.BIGINT, true);

    /** The second adds a column and widens one; the third drops the one, renames another and moves the key's name. */
    static final List<TableSchema> SCHEMAS = List.of(
            new TableSchema(
                    1,
                    List.of(
                            K,
                            C,
                            new Column(NUMBER, "n", DataType.Simple.INT, true),
                            new Column(TEXT, "s", DataType.Simple.STRING, true),
                            B,
                            UID)),
            new TableSchema(
                    2,
                    List.of(
                            K,
                            C,
                            new Column(NUMBER, "n", DataType.Simple.BIGINT, true),
                            new Column(TEXT, "s", DataType.Simple.STRING, true),
                            B,
                            UID,
                            new Column(LATER, "x", DataType.Simple.INT, true))),
            new TableSchema(
                    3,
                    List.of(
                            UID,
                            new Column(KEY, "key", DataType.Simple.INT, false),
                            C,
                            new Column(NUMBER, "n", DataType.Simple.BIGINT, true),
                            new Column(TEXT, "t", DataType.Simple.STRING, true),
                            B)));

    private ModelRows() {}

    static ChangedRows changes(
            ChangeKind kind, TableSchema schema, List<Map<Integer, Object>> rows, List<TreeSet<Integer>> present) {
        ByteBuffer bits = null;
        if (kind == ChangeKind.PATCH) {
            int bytesEach = (schema.columns().size() + 7) / 8;
            bits = ByteBuffer.allocate(bytesEach * rows.size());
            for (int row = 0; row < rows.size(); row++) {
                for (int i = 0; i < schema.columns().size(); i++) {
                    if (present.get(row).contains(schema.columns().get(i).id())) {
                        int at = row * bytesEach + i / 8;
                        bits.put(at, (byte) (bits.get(at) | 1 << (i % 8)));
                    }
                }
            }
        }
        return new ChangedRows(kind, batch(schema, rows), bits);
    }

    static EncodedRows batch(TableSchema schema, List<Map<Integer, Object>> rows) {
        RowBatchBuilder builder = new RowBatchBuilder(schema, schema.columns());
        rows.forEach(row -> builder.add(encode(schema, row)));
        return builder.build(schema.schemaId());
    }

    private static byte[] encode(TableSchema schema, Map<Integer, Object> row) {
        RowWriter out = new RowWriter(schema).begin();
        for (Column column : schema.columns()) {
            Object value = row.get(column.id());
            if (value == null) {
                out.putNull();
            } else if (value instanceof Long number) {
                out.putLong(number);
            } else {
                byte[] bytes = value instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : bitmap(value);
                out.putBytes(bytes, 0, bytes.length);
            }
        }
        return out.end();
    }

    private static byte[] bitmap(Object members) {
        RoaringBitmap bitmap = new RoaringBitmap();
        ((TreeSet<?>) members).forEach(member -> bitmap.add(((Long) member).intValue()));
        ByteBuffer bytes = ByteBuffer.allocate(bitmap.serializedSizeInBytes());
        bitmap.serialize(bytes);
        return Bitmaps.canonical(BitmapKind.RBM32, bytes.flip());
    }

    static Map<Integer, Object> decode(TableSchema schema, byte[] row) {
        RowView view = new RowView(schema).on(row);
        Map<Integer, Object> values = new TreeMap<>();
        for (int i = 0; i < schema.columns().size(); i++) {
            int id = schema.columns().get(i).id();
            if (view.isNull(i)) {
                continue;
            }
            ByteBuffer bytes =
                    ByteBuffer.wrap(view.bytes(), view.start(i), view.length(i)).slice();
            values.put(
                    id,
                    switch (id) {
                        case TEXT -> StandardCharsets.UTF_8.decode(bytes).toString();
                        case BITMAP -> members(bytes);
                        default -> view.getLong(i);
                    });
        }
        return values;
    }

    private static TreeSet<Long> members(ByteBuffer bytes) {
        RoaringBitmap bitmap = new RoaringBitmap();
        try {
            bitmap.deserialize(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        TreeSet<Long> members = new TreeSet<>();
        bitmap.forEach((int member) -> members.add((long) member));
        return members;
    }
}
