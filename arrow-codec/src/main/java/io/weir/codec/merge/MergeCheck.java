package io.weir.codec.merge;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.ColumnNames;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Whether merge rules fit a table's columns. */
final class MergeCheck {
    private static final int DELIMITER_BYTES_MAX = 64;

    private final TableSchema schema;
    private final List<String> key;
    private final MergeSpec spec;

    MergeCheck(TableSchema schema, List<String> key, MergeSpec spec) {
        this.schema = schema;
        this.key = key;
        this.spec = spec;
    }

    void check() {
        checkVersion();
        // In the order of names, so that of several mistakes always the same is told.
        new TreeMap<>(spec.aggregations()).forEach(this::checkAggregation);
        for (Map.Entry<String, String> delimiter : new TreeMap<>(spec.delimiters()).entrySet()) {
            checkDelimiter(delimiter.getKey(), delimiter.getValue());
        }
    }

    private void checkVersion() {
        String property = "merge-engine.version-column";
        boolean versioned = spec.engine() == MergeSpec.Engine.VERSIONED;
        if (spec.versionColumn() == null) {
            if (versioned) {
                throw refused(property, "is missing; merge-engine=versioned takes the column whose higher value wins");
            }
            return;
        }
        if (!versioned) {
            throw refused(property, "is taken where merge-engine=versioned; set that or leave this out");
        }
        Column column = column(property, spec.versionColumn());
        if (ValueOrder.of(column.type()).isEmpty()) {
            throw refused(
                    property,
                    "column " + column.name() + " is " + column.type() + ", which has no order; versions are "
                            + ValueOrder.TYPES);
        }
    }

    private void checkAggregation(String name, Aggregation aggregation) {
        String property = "fields." + name + ".agg";
        checkEngine(property);
        Column column = column(property, name);
        String takes = takes(column.type(), aggregation);
        if (!takes.isEmpty()) {
            throw refused(
                    property,
                    "column " + name + " is " + column.type() + ", and " + aggregation.text() + " takes " + takes
                            + "; for " + column.type() + " there are " + fitting(column.type()));
        }
    }

    private void checkDelimiter(String name, String delimiter) {
        String property = "fields." + name + ".delimiter";
        checkEngine(property);
        column(property, name);
        if (spec.aggregations().get(name) != Aggregation.LISTAGG) {
            throw refused(
                    property, "column " + name + " has no list; set fields." + name + ".agg=listagg or leave this out");
        }
        int length = delimiter.getBytes(StandardCharsets.UTF_8).length;
        if (length > DELIMITER_BYTES_MAX) {
            throw refused(property, "has " + length + " bytes; at most " + DELIMITER_BYTES_MAX + " are taken");
        }
    }

    private void checkEngine(String property) {
        if (spec.engine() != MergeSpec.Engine.AGGREGATION) {
            throw refused(property, "is taken where merge-engine=aggregation; set that or leave this out");
        }
    }

    private Column column(String property, String name) {
        Column column = schema.column(name).orElseThrow(() -> {
            List<String> names = schema.columns().stream().map(Column::name).toList();
            String near = ColumnNames.nearest(name, names)
                    .map(n -> "; did you mean " + n + "?")
                    .orElse("");
            return refused(property, "the table has no column " + name + near);
        });
        if (key.contains(name)) {
            throw refused(
                    property,
                    "column " + name + " is in the primary key, whose values never change; take another column");
        }
        return column;
    }

    /** The types that the aggregation takes, or nothing where this one is among them. */
    private static String takes(DataType type, Aggregation aggregation) {
        return switch (aggregation) {
            case SUM, PRODUCT -> isNumber(type) ? "" : "numbers alone";
            case MAX, MIN -> ValueOrder.of(type).isPresent() ? "" : ValueOrder.TYPES + " alone";
            case LISTAGG -> type == DataType.Simple.STRING ? "" : "STRING alone";
            case BOOL_AND, BOOL_OR -> type == DataType.Simple.BOOLEAN ? "" : "BOOLEAN alone";
            case RBM32, RBM64 -> type == DataType.Simple.BYTES ? "" : "BYTES alone, which hold the bitmap";
            case FIRST_VALUE, FIRST_VALUE_IGNORE_NULLS, LAST_VALUE, LAST_VALUE_IGNORE_NULLS -> "";
        };
    }

    private static boolean isNumber(DataType type) {
        if (type instanceof DataType.Simple simple) {
            return switch (simple) {
                case TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE -> true;
                case BOOLEAN, STRING, BYTES, DATE -> false;
            };
        }
        return type instanceof DataType.Decimal;
    }

    private static String fitting(DataType type) {
        StringBuilder names = new StringBuilder();
        for (Aggregation aggregation : Aggregation.values()) {
            if (takes(type, aggregation).isEmpty()) {
                names.append(names.length() == 0 ? "" : ", ").append(aggregation.text());
            }
        }
        return names.toString();
    }

    private static WeirException refused(String property, String what) {
        return new WeirException(ErrorCode.INVALID_PROPERTY, "property " + property + ": " + what);
    }
}
