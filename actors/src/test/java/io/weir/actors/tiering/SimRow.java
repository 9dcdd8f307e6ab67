package io.weir.actors.tiering;

import io.weir.codec.batch.ColumnView;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeRows;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A row of a simulated table, where it came from included.
 *
 * @param v another one in each row that was ever written
 * @param offset in its bucket's log
 */
record SimRow(long k, String p, long v, int bucket, long offset, long timestampMs) {
    static final int ID_K = 1;
    static final int ID_P = 2;
    static final int ID_V = 3;
    static final int ID_X = 4;

    /** A column is added, and another one widened. */
    static final List<TableSchema> SCHEMAS = List.of(
            new TableSchema(1, List.of(columnK(), columnP(), new Column(ID_V, "v", DataType.Simple.INT, false))),
            new TableSchema(
                    2,
                    List.of(
                            columnK(),
                            columnP(),
                            new Column(ID_V, "v", DataType.Simple.INT, false),
                            new Column(ID_X, "x", DataType.Simple.STRING, true))),
            new TableSchema(
                    3,
                    List.of(
                            columnK(),
                            columnP(),
                            new Column(ID_V, "v", DataType.Simple.BIGINT, false),
                            new Column(ID_X, "x", DataType.Simple.STRING, true))));

    private static Column columnK() {
        return new Column(ID_K, "k", DataType.Simple.BIGINT, false);
    }

    private static Column columnP() {
        return new Column(ID_P, "p", DataType.Simple.STRING, false);
    }

    record Key(String p, long k) {}

    Key key() {
        return new Key(p, k);
    }

    /** As a bucket gives them that knows a version. */
    static EncodedRows encode(List<SimRow> rows, TableSchema schema, List<Column> columns) {
        RowBatchBuilder batch = new RowBatchBuilder(schema, columns);
        RowWriter writer = new RowWriter(schema);
        for (SimRow row : rows) {
            byte[] text = row.p.getBytes(StandardCharsets.UTF_8);
            writer.begin().putLong(row.k).putBytes(text, 0, text.length).putLong(row.v);
            if (schema.columns().size() > 3) {
                writer.putNull();
            }
            batch.add(writer.end());
        }
        return batch.build(schema.schemaId());
    }

    /** As the lake gets them; columns that are not there are 0 or empty. */
    static List<SimRow> decode(LakeRows given) {
        List<SimRow> rows = new ArrayList<>();
        List<ColumnView> views = ColumnView.of(given.columns(), given.rows());
        for (int row = 0; row < given.rows().rowCount(); row++) {
            if (given.selected() != null && !given.selected().get(row)) {
                continue;
            }
            long k = 0;
            long v = 0;
            String p = "";
            for (int i = 0; i < views.size(); i++) {
                int id = given.columns().get(i).id();
                if (id == ID_K) {
                    k = views.get(i).longAt(row);
                } else if (id == ID_P) {
                    p = text(views.get(i), row);
                } else if (id == ID_V) {
                    v = number(views.get(i), row);
                }
            }
            rows.add(new SimRow(k, p, v, given.bucket(), given.offsets().at(row), given.timestampMs()));
        }
        return rows;
    }

    private static long number(ColumnView view, int row) {
        return view.type() == DataType.Simple.INT ? view.intAt(row) : view.longAt(row);
    }

    private static String text(ColumnView view, int row) {
        byte[] bytes = new byte[view.offset(row + 1) - view.offset(row)];
        view.copyBytes(view.offset(row), bytes.length, bytes, 0);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
