package io.weir.lake.iceberg;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntSupplier;
import org.apache.iceberg.Schema;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/**
 * Our types in Iceberg's, format version 2; every one or a refusal by name.
 *
 * <pre>
 * BOOLEAN              boolean           TIME(p)          time          p up to 6
 * TINYINT SMALLINT INT int               TIMESTAMP(p)     timestamp     p up to 6
 * BIGINT               long              TIMESTAMP_LTZ(p) timestamptz   p up to 6
 * FLOAT DOUBLE         float double      ARRAY            list
 * DECIMAL(p,s)         decimal(p,s)      ARRAY&lt;FLOAT&gt;(n)  list of required float
 * CHAR STRING          string            MAP              map
 * BINARY(n) BYTES      fixed[n] binary   ROW              struct
 * DATE                 date
 * </pre>
 */
public final class IcebergTypes {
    static final String BUCKET = "__bucket";
    static final String OFFSET = "__offset";
    static final String TIMESTAMP = "__timestamp";

    /** The columns that the lake has beside the table's own, in their order. */
    static final List<String> METADATA_COLUMNS = List.of(BUCKET, OFFSET, TIMESTAMP);

    /** Microseconds are the finest time of format version 2. */
    private static final int PRECISION_MAX = 6;

    private IcebergTypes() {}

    /** @throws WeirException NOT_SUPPORTED, as {@link io.weir.lake.Lake#check} */
    public static void check(TableSchema schema) {
        checkNames("", schema.columns().stream().map(Column::name).toList());
        int[] id = {0};
        List<Types.NestedField> fields = new ArrayList<>();
        for (Column column : schema.columns()) {
            checkTree(column.name(), column.type());
            fields.add(field(column, () -> ++id[0]));
        }
        try {
            // Iceberg indexes nested fields by their joined names when it is first asked for one.
            new Schema(fields).findField(BUCKET);
        } catch (ValidationException | IllegalArgumentException e) {
            throw refused("the lake cannot tell these columns' nested fields apart (%s); rename one"
                    .formatted(e.getMessage()));
        }
    }

    private static void checkTree(String path, DataType type) {
        if (type instanceof DataType.Row row) {
            checkNames(
                    path + ".",
                    row.fields().stream().map(DataType.Row.Field::name).toList());
            row.fields().forEach(f -> checkTree(path + "." + f.name(), f.type()));
        } else if (type instanceof DataType.Array array) {
            checkTree(path + ".element", array.element());
        } else if (type instanceof DataType.Map map) {
            checkTree(path + ".key", map.key());
            checkTree(path + ".value", map.value());
        }
    }

    private static void checkNames(String prefix, List<String> names) {
        Map<String, String> seen = new HashMap<>();
        for (String name : names) {
            String folded = name.toLowerCase(Locale.ROOT);
            if (prefix.isEmpty() && METADATA_COLUMNS.contains(folded)) {
                throw refused("column '%s' has a name that the lake adds itself; take another".formatted(name));
            }
            String former = seen.put(folded, name);
            if (former != null) {
                throw refused(
                        "columns '%s%s' and '%s%s' differ in case only, which engines that read the lake do not tell apart; rename one"
                                .formatted(prefix, former, prefix, name));
            }
        }
    }

    /**
     * The column as a field of a schema.
     *
     * @param ids gives out field ids: the column's own first, then those of what is in it
     */
    static Types.NestedField field(Column column, IntSupplier ids) {
        int id = ids.getAsInt();
        return field(id, column.name(), type(column.name(), column.type(), ids), column.nullable());
    }

    private static Types.NestedField field(int id, String name, Type type, boolean nullable) {
        return nullable ? Types.NestedField.optional(id, name, type) : Types.NestedField.required(id, name, type);
    }

    /** @param where the column, for the refusal */
    static Type type(String where, DataType type, IntSupplier ids) {
        if (type instanceof DataType.Simple simple) {
            return type(simple);
        }
        if (type instanceof DataType.Decimal decimal) {
            return Types.DecimalType.of(decimal.precision(), decimal.scale());
        }
        if (type instanceof DataType.Char) {
            return Types.StringType.get();
        }
        if (type instanceof DataType.Binary binary) {
            return Types.FixedType.ofLength(binary.length());
        }
        if (type instanceof DataType.Time time) {
            checkPrecision(where, type, time.precision());
            return Types.TimeType.get();
        }
        if (type instanceof DataType.Timestamp timestamp) {
            checkPrecision(where, type, timestamp.precision());
            return Types.TimestampType.withoutZone();
        }
        if (type instanceof DataType.TimestampLtz timestamp) {
            checkPrecision(where, type, timestamp.precision());
            return Types.TimestampType.withZone();
        }
        return nested(where, type, ids);
    }

    private static Type type(DataType.Simple type) {
        return switch (type) {
            case BOOLEAN -> Types.BooleanType.get();
            case TINYINT, SMALLINT, INT -> Types.IntegerType.get();
            case BIGINT -> Types.LongType.get();
            case FLOAT -> Types.FloatType.get();
            case DOUBLE -> Types.DoubleType.get();
            case STRING -> Types.StringType.get();
            case BYTES -> Types.BinaryType.get();
            case DATE -> Types.DateType.get();
        };
    }

    private static Type nested(String where, DataType type, IntSupplier ids) {
        if (type instanceof DataType.Vector) {
            return Types.ListType.ofRequired(ids.getAsInt(), Types.FloatType.get());
        }
        if (type instanceof DataType.Array array) {
            int id = ids.getAsInt();
            Type element = type(where, array.element(), ids);
            return array.elementNullable()
                    ? Types.ListType.ofOptional(id, element)
                    : Types.ListType.ofRequired(id, element);
        }
        if (type instanceof DataType.Map map) {
            int keyId = ids.getAsInt();
            int valueId = ids.getAsInt();
            Type key = type(where, map.key(), ids);
            Type value = type(where, map.value(), ids);
            return map.valueNullable()
                    ? Types.MapType.ofOptional(keyId, valueId, key, value)
                    : Types.MapType.ofRequired(keyId, valueId, key, value);
        }
        List<Types.NestedField> fields = new ArrayList<>();
        for (DataType.Row.Field field : ((DataType.Row) type).fields()) {
            int id = ids.getAsInt();
            fields.add(field(id, field.name(), type(where, field.type(), ids), field.nullable()));
        }
        return Types.StructType.of(fields);
    }

    private static void checkPrecision(String where, DataType type, int precision) {
        if (precision > PRECISION_MAX) {
            String finest = type.toString().replace("(" + precision + ")", "(" + PRECISION_MAX + ")");
            throw refused(
                    "column '%s' is %s, and the lake keeps times in microseconds: declare it %s, or leave 'datalake.enabled' unset"
                            .formatted(where, type, finest));
        }
    }

    private static WeirException refused(String detail) {
        return new WeirException(ErrorCode.NOT_SUPPORTED, detail);
    }
}
