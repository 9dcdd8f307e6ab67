package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The texts that partition values may have: one text for one value, and nothing that a path could be made of. */
final class PartitionValues {
    private static final int LENGTH_MAX = 128;
    private static final Pattern TEXT = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]*");

    private static final Map<DataType, Long> INTEGER_MAX = Map.of(
            DataType.Simple.TINYINT, (long) Byte.MAX_VALUE,
            DataType.Simple.SMALLINT, (long) Short.MAX_VALUE,
            DataType.Simple.INT, (long) Integer.MAX_VALUE,
            DataType.Simple.BIGINT, Long.MAX_VALUE);

    private PartitionValues() {}

    /**
     * @param values one a partition column, in the table's order
     * @throws WeirException INVALID_REQUEST naming the value, its column and what it may be
     */
    static void check(TableInfo table, List<String> values) {
        if (!table.isPartitioned()) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "table '%s' is not partitioned; only one created with partition_by is".formatted(table.name()));
        }
        if (values.size() != table.partitionBy().size()) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "a partition of table '%s' has one value for each of %s, but %d are given"
                            .formatted(table.name(), table.partitionBy(), values.size()));
        }
        for (int i = 0; i < values.size(); i++) {
            Column column = table.schema().column(table.partitionBy().get(i)).orElseThrow();
            check(column, values.get(i));
        }
    }

    private static void check(Column column, String value) {
        if (value.length() > LENGTH_MAX || !TEXT.matcher(value).matches()) {
            throw invalid(
                    column,
                    value,
                    "1 to %d letters, digits, '_', '-' and '.', not starting with '.'".formatted(LENGTH_MAX));
        }
        DataType type = column.type();
        Long max = INTEGER_MAX.get(type);
        if (max != null) {
            require(isInteger(value, max), column, value, "a number in digits that fits the type");
        } else if (type == DataType.Simple.BOOLEAN) {
            require(value.equals("true") || value.equals("false"), column, value, "true or false");
        } else if (type == DataType.Simple.DATE) {
            require(isDate(value), column, value, "a date such as 2026-11-23");
        } else if (type instanceof DataType.Char text) {
            require(value.length() <= text.length(), column, value, "no longer than the type");
        }
    }

    /** In the form that Java prints: no plus, no zeros in front. */
    private static boolean isInteger(String value, long max) {
        try {
            long number = Long.parseLong(value);
            return number <= max && number >= -max - 1 && Long.toString(number).equals(value);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static boolean isDate(String value) {
        try {
            return LocalDate.parse(value).toString().equals(value);
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static void require(boolean fits, Column column, String value, String wanted) {
        if (!fits) {
            throw invalid(column, value, wanted);
        }
    }

    private static WeirException invalid(Column column, String value, String wanted) {
        return new WeirException(
                ErrorCode.INVALID_REQUEST,
                "partition value '%s' of column '%s' (%s) is not valid; it has to be %s"
                        .formatted(
                                value.length() <= LENGTH_MAX ? value : value.substring(0, LENGTH_MAX) + "...",
                                column.name(),
                                column.type(),
                                wanted));
    }
}
