package io.weir.lake.iceberg;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.lake.LakeTableSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Schema;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/**
 * Carries the table's schema over to the lake: columns added, renamed, widened, made nullable, dropped, in one commit together with the
 * ids. The property {@code weir.schema-id} says which version the lake has, so that a worker that knows an older one changes nothing back.
 */
final class TableEvolution {
    static final String SCHEMA_ID = "weir.schema-id";

    private final BaseTable table;
    private final LakeTableSpec spec;

    TableEvolution(BaseTable table, LakeTableSpec spec) {
        this.table = table;
        this.spec = spec;
    }

    /** @throws WeirException LAKE_CONFLICT where another engine changed the schema so that a column is not to be found */
    void apply() {
        TableMetadata metadata = table.operations().current();
        if (metadata.propertyAsInt(SCHEMA_ID, 0) >= spec.schema().schemaId()) {
            return;
        }
        ColumnMapping mapping = ColumnMapping.of(metadata);
        Transaction transaction = table.newTransaction();
        changeKnown(transaction, mapping, metadata.schema());
        addMissing(transaction, mapping);
        Schema changed = transaction.table().schema();
        reorder(transaction, changed);
        transaction
                .updateProperties()
                .set(ColumnMapping.PROPERTY, mapped(mapping, changed).toJson())
                .set(SCHEMA_ID, Integer.toString(spec.schema().schemaId()))
                .commit();
        transaction.commitTransaction();
    }

    /** Before anything is added, since a name may have become free only now. */
    private void changeKnown(Transaction transaction, ColumnMapping mapping, Schema schema) {
        UpdateSchema update = transaction.updateSchema();
        for (Integer columnId : mapping.fieldIds().keySet()) {
            Types.NestedField field = mapping.field(columnId, schema);
            Column column = spec.schema().columnById(columnId).orElse(null);
            if (field == null && column != null) {
                throw new WeirException(
                        ErrorCode.LAKE_CONFLICT,
                        "column '%s' is gone from the lake's table %s: another engine dropped it; drop the table in the lake so that it is made anew"
                                .formatted(column.name(), table.name()));
            }
            if (field == null) {
                continue;
            }
            if (column == null) {
                update.deleteColumn(field.name());
            } else {
                change(update, field, column);
            }
        }
        update.commit(); // changed or not: a transaction takes no other update before
    }

    private void change(UpdateSchema update, Types.NestedField field, Column column) {
        Type type = IcebergTypes.type(column.name(), column.type(), () -> 0);
        if (!type.isPrimitiveType()) {
            checkNested(field, type);
        } else if (!type.equals(field.type())) {
            update.updateColumn(field.name(), type.asPrimitiveType());
        }
        if (field.isRequired() && column.nullable() && !spec.primaryKey().contains(column.name())) {
            update.makeColumnOptional(field.name());
        }
        if (!field.name().equals(column.name())) {
            update.renameColumn(field.name(), column.name());
        }
    }

    /** Nested types do not change in this store, so a difference is another engine's doing. */
    private void checkNested(Types.NestedField field, Type type) {
        int[] wanted = {0};
        int[] found = {0};
        Type fresh = TypeUtil.assignFreshIds(type, () -> ++wanted[0]);
        if (!fresh.equals(TypeUtil.assignFreshIds(field.type(), () -> ++found[0]))) {
            throw new WeirException(
                    ErrorCode.LAKE_CONFLICT,
                    "column '%s' of the lake's table %s is %s instead of %s: another engine changed it"
                            .formatted(field.name(), table.name(), field.type(), type));
        }
    }

    /** Rows that are in the lake have nothing there, so a new column is never required in it. */
    private void addMissing(Transaction transaction, ColumnMapping mapping) {
        UpdateSchema update = transaction.updateSchema();
        for (Column column : spec.schema().columns()) {
            if (!mapping.fieldIds().containsKey(column.id())) {
                int[] id = {0};
                update.addColumn(column.name(), IcebergTypes.type(column.name(), column.type(), () -> ++id[0]));
            }
        }
        update.commit();
    }

    /** The table's columns in their order, then those of the lake. */
    private void reorder(Transaction transaction, Schema schema) {
        List<String> wanted = new ArrayList<>();
        spec.schema().columns().forEach(c -> wanted.add(c.name()));
        wanted.addAll(IcebergTypes.METADATA_COLUMNS);
        List<String> found = new ArrayList<>();
        schema.columns().forEach(f -> found.add(f.name()));
        found.retainAll(wanted);
        if (found.equals(wanted)) {
            return;
        }
        UpdateSchema update = transaction.updateSchema().moveFirst(wanted.get(0));
        for (int i = 1; i < wanted.size(); i++) {
            update.moveAfter(wanted.get(i), wanted.get(i - 1));
        }
        update.commit();
    }

    private ColumnMapping mapped(ColumnMapping former, Schema schema) {
        Map<Integer, Integer> ids = new LinkedHashMap<>();
        for (Column column : spec.schema().columns()) {
            Integer known = former.fieldIds().get(column.id());
            ids.put(
                    column.id(),
                    known != null ? known : schema.findField(column.name()).fieldId());
        }
        return new ColumnMapping(ids);
    }
}
