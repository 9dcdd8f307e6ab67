package io.weir.lake.iceberg;

import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * What a scan reads of each row.
 *
 * @param columns the wanted ones in their order, then those that only predicates look at
 * @param sources per column, its position in {@code schema}; -1 where the lake does not have it
 * @param schema the fields to read
 */
record ScanProjection(List<Column> columns, List<Integer> sources, Schema schema) {
    /** @param stored schema of the snapshot */
    static ScanProjection of(List<Column> wanted, List<Predicate> predicates, ColumnMapping mapping, Schema stored) {
        List<Column> columns = new ArrayList<>(wanted);
        for (Predicate predicate : predicates) {
            for (Column column : predicate.columns()) {
                if (columns.stream().noneMatch(c -> c.id() == column.id())) {
                    columns.add(column);
                }
            }
        }
        Map<Integer, Integer> positions = new LinkedHashMap<>();
        List<Types.NestedField> fields = new ArrayList<>();
        List<Integer> sources = new ArrayList<>();
        for (Column column : columns) {
            Types.@Nullable NestedField field = mapping.field(column.id(), stored);
            if (field == null) {
                sources.add(-1);
                continue;
            }
            if (positions.putIfAbsent(field.fieldId(), fields.size()) == null) {
                fields.add(field);
            }
            sources.add(positions.get(field.fieldId()));
        }
        return new ScanProjection(List.copyOf(columns), List.copyOf(sources), new Schema(fields));
    }
}
