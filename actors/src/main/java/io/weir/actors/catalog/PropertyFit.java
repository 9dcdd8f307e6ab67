package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.merge.Aggregation;
import io.weir.codec.merge.MergeEngine;
import io.weir.codec.merge.MergeSpec;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.lake.iceberg.IcebergTypes;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Whether the properties of a table fit its columns, and fit those that it had before. */
final class PropertyFit {
    private final TableInfo table;
    private final TableProperties properties;

    private PropertyFit(TableInfo table) {
        this.table = table;
        this.properties = TableProperties.from(table.properties());
    }

    /** @throws WeirException INVALID_PROPERTY or NOT_SUPPORTED, naming the property, or the column that the lake cannot have */
    static void check(TableInfo table) {
        PropertyFit fit = new PropertyFit(table);
        for (String name : new TreeSet<>(table.properties().keySet())) {
            fit.checkKind(name);
        }
        MergeEngine.check(table.schema(), table.primaryKey(), fit.properties.merge());
        fit.properties.autoIncrement().ifPresent(fit::checkAutoIncrement);
        fit.properties.autoPartition().ifPresent(fit::checkAutoPartition);
        if (fit.properties.lake().enabled()) {
            IcebergTypes.check(table.schema());
        }
    }

    private void checkKind(String name) {
        if (!table.hasPrimaryKey() && PropertyRules.OF_PRIMARY_KEYS.stream().anyMatch(name::startsWith)) {
            throw invalid("property '%s' is for tables with a primary key, which this one has not; leave it out"
                    .formatted(name));
        }
        if (!table.isPartitioned() && name.startsWith(PropertyRules.OF_PARTITIONS)) {
            throw invalid(
                    "property '%s' is for partitioned tables, which this one is not; leave it out".formatted(name));
        }
    }

    private void checkAutoIncrement(TableProperties.AutoIncrement rule) {
        Column column = requireColumn(PropertyRules.AUTO_INCREMENT_COLUMN, rule.column());
        if (column.type() != DataType.Simple.INT && column.type() != DataType.Simple.BIGINT) {
            throw invalid("property 'auto-increment.column' names '%s', which is %s; it has to be INT or BIGINT"
                    .formatted(column.name(), column.type()));
        }
        String other = table.primaryKey().contains(column.name())
                ? "is in the primary key"
                : properties.merge().aggregations().containsKey(column.name())
                        ? "is aggregated by '" + MergeProperties.aggregation(column.name()) + "'"
                        : column.name().equals(properties.merge().versionColumn()) ? "is the version column" : "";
        if (!other.isEmpty()) {
            throw invalid("property 'auto-increment.column' names '%s', which %s; take a column of its own"
                    .formatted(column.name(), other));
        }
    }

    private void checkAutoPartition(AutoPartition rule) {
        if (table.partitionBy().size() != 1) {
            throw invalid("property 'partition.auto.enabled' needs exactly one partition column, not %d"
                    .formatted(table.partitionBy().size()));
        }
        Column column =
                requireColumn(PropertyRules.AUTO_PARTITION, table.partitionBy().get(0));
        boolean date = column.type() == DataType.Simple.DATE && rule.unit() == AutoPartition.Unit.DAY;
        boolean text = column.type() == DataType.Simple.STRING || column.type() instanceof DataType.Char;
        if (!date && !text) {
            throw invalid(
                    "property 'partition.auto.enabled' needs the partition column '%s' to be STRING or CHAR, or DATE with unit day; it is %s, and the unit %s"
                            .formatted(column.name(), column.type(), PropertyRules.text(rule.unit())));
        }
        if (column.type() instanceof DataType.Char narrow
                && narrow.length() < rule.unit().textLength()) {
            throw invalid(
                    "property 'partition.auto.unit' gives values of %d characters, but the partition column '%s' is %s"
                            .formatted(rule.unit().textLength(), column.name(), column.type()));
        }
    }

    private Column requireColumn(String property, String column) {
        return table.schema()
                .column(column)
                .orElseThrow(() -> invalid(
                        "property '%s' names column '%s', which the table does not have".formatted(property, column)));
    }

    /**
     * What rows were merged and partitions were made by stays as it is.
     *
     * @param before properties as they were, with the names that columns have now
     * @param added columns that came with this change, and so have no values yet
     */
    static void checkChange(Map<String, String> before, TableInfo after, Set<String> added) {
        TableProperties old = TableProperties.from(before);
        TableProperties now = TableProperties.from(after.properties());
        MergeSpec was = old.merge();
        MergeSpec is = now.merge();
        requireSame(PropertyRules.MERGE_ENGINE, was.engine(), is.engine());
        requireSame(PropertyRules.VERSION_COLUMN, was.versionColumn(), is.versionColumn());
        Set<String> aggregated = new TreeSet<>(was.aggregations().keySet());
        aggregated.addAll(is.aggregations().keySet());
        aggregated.removeAll(added);
        for (String column : aggregated) {
            requireSame(
                    MergeProperties.aggregation(column),
                    was.aggregations().getOrDefault(column, MergeSpec.DEFAULT),
                    is.aggregations().getOrDefault(column, MergeSpec.DEFAULT));
            requireSame(MergeProperties.delimiter(column), delimiter(was, column), delimiter(is, column));
        }
        requireSame(
                PropertyRules.AUTO_INCREMENT_COLUMN,
                old.autoIncrement().map(TableProperties.AutoIncrement::column),
                now.autoIncrement().map(TableProperties.AutoIncrement::column));
        if (old.autoPartition().isPresent() || before.containsKey(PropertyRules.AUTO_PARTITION_UNIT)) {
            requireSame(PropertyRules.AUTO_PARTITION_UNIT, unit(before), unit(after.properties()));
        }
    }

    private static String delimiter(MergeSpec spec, String column) {
        return spec.aggregations().get(column) == Aggregation.LISTAGG
                ? spec.delimiters().getOrDefault(column, MergeSpec.DEFAULT_DELIMITER)
                : "";
    }

    private static String unit(Map<String, String> properties) {
        return properties.getOrDefault(PropertyRules.AUTO_PARTITION_UNIT, "day");
    }

    private static void requireSame(String property, @Nullable Object was, @Nullable Object is) {
        if (!Objects.equals(was, is)) {
            throw invalid(
                    "property '%s' cannot change: the rows that are there were stored by it; create another table for another one"
                            .formatted(property));
        }
    }

    private static WeirException invalid(String detail) {
        return new WeirException(ErrorCode.INVALID_PROPERTY, detail);
    }
}
