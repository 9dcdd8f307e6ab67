package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.merge.MergeEngine;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.row.RowEncoder;
import io.weir.codec.row.RowVersions;
import io.weir.codec.row.RowView;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of a primary-key table are keyed, brought to the current schema version and merged, as one version of the table says.
 * Not thread-safe; {@link #upgrade} is.
 */
final class RowRules {
    private final TableInfo table;
    private final TableProperties properties;
    private final RowVersions versions;
    private final MergeEngine engine;
    private final Map<Integer, KeyEncoder> keys = new HashMap<>();
    private final int generated;
    private final RowView view;
    private final RowWriter writer;

    RowRules(TableInfo table, TableProperties properties) {
        this.table = table;
        this.properties = properties;
        this.versions = new RowVersions(table.schemas());
        this.engine = MergeEngine.of(table.schema(), table.primaryKey(), properties.merge());
        this.generated = properties
                .autoIncrement()
                .map(auto -> indexOf(table.schema(), auto.column()))
                .orElse(-1);
        this.view = new RowView(table.schema());
        this.writer = new RowWriter(table.schema());
    }

    private static int indexOf(TableSchema schema, String name) {
        for (int i = 0; i < schema.columns().size(); i++) {
            if (schema.columns().get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }

    @SuppressWarnings("ReferenceEquality") // comparing all columns would cost more than making rules anew
    boolean isOf(TableInfo other) {
        return table == other;
    }

    TableProperties properties() {
        return properties;
    }

    TableSchema current() {
        return table.schema();
    }

    /** One key a row. */
    List<Key> keys(EncodedRows rows) {
        TableSchema written = schema(rows.schemaId());
        return keys.computeIfAbsent(written.schemaId(), id -> encoder(table, written))
                .encode(RecordBatches.decompress(written.columns(), rows));
    }

    /** As {@link #keys(EncodedRows)}, on any thread. */
    static List<Key> keys(TableInfo table, EncodedRows rows) {
        TableSchema written = schema(table, rows.schemaId());
        return encoder(table, written).encode(RecordBatches.decompress(written.columns(), rows));
    }

    /** The key's columns by their ids: they may have been renamed since. */
    private static KeyEncoder encoder(TableInfo table, TableSchema written) {
        TableSchema current = table.schema();
        List<String> names = new ArrayList<>();
        for (String name : table.keyOrder()) {
            Column column = current.columns().get(indexOf(current, name));
            names.add(written.columnById(column.id())
                    .map(Column::name)
                    .orElseThrow(() -> new WeirException(
                            ErrorCode.INTERNAL,
                            "schema version %d lacks the key column '%s'".formatted(written.schemaId(), name))));
        }
        return KeyEncoder.of(written.columns(), names);
    }

    /** The rows as bytes of the schema version that they are laid out by. */
    byte[][] encode(EncodedRows rows) {
        return RowEncoder.encode(schema(rows.schemaId()), rows);
    }

    /** Thread-safe. */
    byte[] upgrade(byte[] row) {
        return versions.upgrade(row);
    }

    private TableSchema schema(int schemaId) {
        return schema(table, schemaId);
    }

    private static TableSchema schema(TableInfo table, int schemaId) {
        return table.schema(schemaId)
                .orElseThrow(() -> new WeirException(
                        ErrorCode.INTERNAL, "table '%s' has no schema version %d".formatted(table.name(), schemaId)));
    }

    /** The columns that a row sets, by their index in the current version; null: all of them. */
    @Nullable
    BitSet present(ChangedRows changes, int row) {
        BitSet written = changes.present(row);
        if (written == null || changes.rows().schemaId() == current().schemaId()) {
            return written;
        }
        List<Column> from = schema(changes.rows().schemaId()).columns();
        BitSet present = new BitSet();
        for (int i = 0; i < current().columns().size(); i++) {
            int id = current().columns().get(i).id();
            for (int j = 0; j < from.size(); j++) {
                if (from.get(j).id() == id) {
                    present.set(i, written.get(j));
                }
            }
        }
        return present;
    }

    /**
     * The row from now on; numbers are taken for a new row alone.
     *
     * @param old the current row in the current version, or null
     * @param row in the current version
     */
    byte[] merge(byte @Nullable [] old, byte[] row, @Nullable BitSet present, Numbers numbers) {
        if (generated < 0) {
            return engine.merge(old, row, present);
        }
        if (old == null) {
            BitSet sets = present == null ? null : (BitSet) present.clone();
            if (sets != null) {
                sets.set(generated);
            }
            return engine.merge(null, numbered(row, numbers.next()), sets);
        }
        BitSet sets = present == null ? new BitSet() : (BitSet) present.clone();
        if (present == null) {
            sets.set(0, current().columns().size());
        }
        sets.clear(generated);
        return engine.merge(old, row, sets);
    }

    /**
     * A new row of which perhaps only the key was said.
     *
     * @throws WeirException INVALID_ROWS where it has nulls in columns that are NOT NULL
     */
    byte[] insert(byte[] row, Numbers numbers) {
        view.on(row);
        for (int i = 0; i < current().columns().size(); i++) {
            Column column = current().columns().get(i);
            if (!column.nullable() && i != generated && view.isNull(i)) {
                throw new WeirException(
                        ErrorCode.INVALID_ROWS,
                        "column %s is NOT NULL, and a row that is inserted because it is missing has no value for it"
                                .formatted(column.name()));
            }
        }
        return merge(null, row, null, numbers);
    }

    private byte[] numbered(byte[] row, long number) {
        view.on(row);
        writer.begin();
        for (int column = 0; column < current().columns().size(); column++) {
            if (column == generated) {
                writer.putLong(number);
            } else {
                writer.copy(view);
            }
        }
        return writer.end();
    }
}
