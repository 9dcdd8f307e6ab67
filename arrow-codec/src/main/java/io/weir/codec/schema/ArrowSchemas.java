package io.weir.codec.schema;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Our types in Arrow's terms, both ways; the mapping is the table in {@link DataType}. Children are named as the Arrow
 * specification suggests: {@code item} of a list; {@code entries}, {@code key} and {@code value} of a map.
 */
public final class ArrowSchemas {
    private ArrowSchemas() {}

    /** The schema message's content for these columns, in their order. */
    public static Schema toArrow(List<Column> columns) {
        return new Schema(columns.stream().map(ArrowSchemas::toField).toList());
    }

    public static Field toField(Column column) {
        return toField(column.name(), column.type(), column.nullable());
    }

    static Field toField(String name, DataType type, boolean nullable) {
        return new Field(name, new FieldType(nullable, toArrowType(type), null), children(type));
    }

    private static List<Field> children(DataType type) {
        if (type instanceof DataType.Array array) {
            return List.of(toField("item", array.element(), array.elementNullable()));
        }
        if (type instanceof DataType.Vector) {
            return List.of(toField("item", DataType.Simple.FLOAT, false));
        }
        if (type instanceof DataType.Map map) {
            List<Field> entry =
                    List.of(toField("key", map.key(), false), toField("value", map.value(), map.valueNullable()));
            return List.of(new Field("entries", FieldType.notNullable(ArrowType.Struct.INSTANCE), entry));
        }
        if (type instanceof DataType.Row row) {
            return row.fields().stream()
                    .map(f -> toField(f.name(), f.type(), f.nullable()))
                    .toList();
        }
        return List.of();
    }

    private static ArrowType toArrowType(DataType type) {
        if (type instanceof DataType.Simple simple) {
            return toArrowType(simple);
        }
        if (type instanceof DataType.Decimal decimal) {
            return new ArrowType.Decimal(decimal.precision(), decimal.scale(), 128);
        }
        if (type instanceof DataType.Char) {
            return ArrowType.Utf8.INSTANCE;
        }
        if (type instanceof DataType.Binary binary) {
            return new ArrowType.FixedSizeBinary(binary.length());
        }
        if (type instanceof DataType.Time time) {
            return new ArrowType.Time(unitOf(time.precision()), time.precision() <= 3 ? 32 : 64);
        }
        if (type instanceof DataType.Timestamp timestamp) {
            return new ArrowType.Timestamp(unitOf(timestamp.precision()), null);
        }
        if (type instanceof DataType.TimestampLtz timestamp) {
            return new ArrowType.Timestamp(unitOf(timestamp.precision()), "UTC");
        }
        if (type instanceof DataType.Vector vector) {
            return new ArrowType.FixedSizeList(vector.length());
        }
        if (type instanceof DataType.Map) {
            return new ArrowType.Map(false);
        }
        return type instanceof DataType.Array ? ArrowType.List.INSTANCE : ArrowType.Struct.INSTANCE;
    }

    private static ArrowType toArrowType(DataType.Simple type) {
        return switch (type) {
            case BOOLEAN -> ArrowType.Bool.INSTANCE;
            case TINYINT -> new ArrowType.Int(8, true);
            case SMALLINT -> new ArrowType.Int(16, true);
            case INT -> new ArrowType.Int(32, true);
            case BIGINT -> new ArrowType.Int(64, true);
            case FLOAT -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
            case DOUBLE -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
            case STRING -> ArrowType.Utf8.INSTANCE;
            case BYTES -> ArrowType.Binary.INSTANCE;
            case DATE -> new ArrowType.Date(DateUnit.DAY);
        };
    }

    /** The coarsest unit that holds times with this many fractional digits of a second. */
    public static TimeUnit unitOf(int precision) {
        if (precision == 0) {
            return TimeUnit.SECOND;
        }
        return precision <= 3 ? TimeUnit.MILLISECOND : precision <= 6 ? TimeUnit.MICROSECOND : TimeUnit.NANOSECOND;
    }

    /**
     * Our type for an Arrow field as other writers make it: large and view forms of string, binary and list, dictionary-encoded
     * fields (their value type, which is what a field of a schema message names), run-end-encoded fields (their values' type),
     * unsigned integers (the next wider signed one; uint64 becomes DECIMAL(20,0)), date64, half floats, every time unit and zone.
     * Lists of fixed size become vectors where they hold floats, arrays otherwise; columns of type null become STRING.
     *
     * @throws io.weir.codec.WeirException INVALID_SCHEMA naming the field, where there is no type that loses nothing
     */
    public static DataType fromField(Field field) {
        return new Reading().type(field, 1);
    }

    /** Reads one field's tree; counts what it meets, since a hostile schema may be of any size. */
    private static final class Reading {
        private int types;

        private DataType type(Field field, int depth) {
            if (depth > DataType.DEPTH_MAX) {
                throw refused(field, "it is nested more than " + DataType.DEPTH_MAX + " deep");
            }
            if (++types > DataType.TYPES_MAX) {
                throw refused(field, "its column is made of more than " + DataType.TYPES_MAX + " types");
            }
            ArrowType type = field.getType();
            if (type instanceof ArrowType.ExtensionType extension) {
                type = extension.storageType();
            }
            return switch (type.getTypeID()) {
                case Bool -> DataType.Simple.BOOLEAN;
                case Int -> integer(field, (ArrowType.Int) type);
                case FloatingPoint ->
                    ((ArrowType.FloatingPoint) type).getPrecision() == FloatingPointPrecision.DOUBLE
                            ? DataType.Simple.DOUBLE
                            : DataType.Simple.FLOAT;
                case Decimal -> decimal(field, (ArrowType.Decimal) type);
                case Utf8, LargeUtf8, Utf8View, Null -> DataType.Simple.STRING;
                case Binary, LargeBinary, BinaryView -> DataType.Simple.BYTES;
                case FixedSizeBinary -> binary(field, (ArrowType.FixedSizeBinary) type);
                case Date -> DataType.Simple.DATE;
                case Time -> new DataType.Time(precisionOf(((ArrowType.Time) type).getUnit()));
                case Timestamp -> timestamp((ArrowType.Timestamp) type);
                case List, LargeList, ListView, LargeListView -> array(field, depth);
                case FixedSizeList -> fixedSizeList(field, (ArrowType.FixedSizeList) type, depth);
                case Map -> map(field, depth);
                case Struct -> row(field, depth);
                case RunEndEncoded -> type(child(field, 1, 2), depth + 1);
                default -> throw refused(field, "Arrow type " + type + " has no type here that loses nothing");
            };
        }

        private DataType array(Field field, int depth) {
            Field item = child(field, 0, 1);
            return new DataType.Array(type(item, depth + 1), item.isNullable());
        }

        private DataType fixedSizeList(Field field, ArrowType.FixedSizeList list, int depth) {
            DataType array = array(field, depth);
            int length = list.getListSize();
            boolean floats = ((DataType.Array) array).element() == DataType.Simple.FLOAT;
            return floats && length >= 1 && length <= DataType.LENGTH_MAX ? new DataType.Vector(length) : array;
        }

        private DataType map(Field field, int depth) {
            Field entries = child(field, 0, 1);
            Field value = child(entries, 1, 2);
            return new DataType.Map(type(child(entries, 0, 2), depth + 1), type(value, depth + 1), value.isNullable());
        }

        private DataType row(Field field, int depth) {
            if (field.getChildren().isEmpty()) {
                throw refused(field, "a struct needs a field");
            }
            List<DataType.Row.Field> fields = new ArrayList<>();
            Set<String> names = new HashSet<>();
            for (Field child : field.getChildren()) {
                if (!names.add(child.getName())) {
                    throw refused(field, "it has two fields named '" + child.getName() + "'");
                }
                fields.add(new DataType.Row.Field(child.getName(), type(child, depth + 1), child.isNullable()));
            }
            return new DataType.Row(fields);
        }
    }

    private static Field child(Field field, int index, int count) {
        if (field.getChildren().size() != count) {
            throw refused(field, field.getChildren().size() + " children instead of " + count);
        }
        return field.getChildren().get(index);
    }

    private static DataType integer(Field field, ArrowType.Int type) {
        return switch (type.getBitWidth() * (type.getIsSigned() ? 1 : -1)) {
            case 8 -> DataType.Simple.TINYINT;
            case -8, 16 -> DataType.Simple.SMALLINT;
            case -16, 32 -> DataType.Simple.INT;
            case -32, 64 -> DataType.Simple.BIGINT;
            case -64 -> new DataType.Decimal(20, 0);
            default -> throw refused(field, "an integer of " + type.getBitWidth() + " bits");
        };
    }

    private static DataType decimal(Field field, ArrowType.Decimal type) {
        int scale = Math.max(type.getScale(), 0);
        long precision = Math.max(type.getPrecision() - (long) Math.min(type.getScale(), 0), scale);
        if (precision < 1 || precision > 38) {
            throw refused(field, type + " needs more than 38 digits");
        }
        return new DataType.Decimal((int) precision, scale);
    }

    private static DataType binary(Field field, ArrowType.FixedSizeBinary type) {
        int length = type.getByteWidth();
        if (length < 1 || length > DataType.LENGTH_MAX) {
            throw refused(field, "fixed-size binary of " + length + " bytes; from 1 to " + DataType.LENGTH_MAX);
        }
        return new DataType.Binary(length);
    }

    private static DataType timestamp(ArrowType.Timestamp type) {
        int precision = precisionOf(type.getUnit());
        boolean zoned = type.getTimezone() != null && !type.getTimezone().isEmpty();
        return zoned ? new DataType.TimestampLtz(precision) : new DataType.Timestamp(precision);
    }

    private static int precisionOf(TimeUnit unit) {
        return switch (unit) {
            case SECOND -> 0;
            case MILLISECOND -> 3;
            case MICROSECOND -> 6;
            case NANOSECOND -> 9;
        };
    }

    private static WeirException refused(Field field, String why) {
        return new WeirException(
                ErrorCode.INVALID_SCHEMA, "Arrow field '%s' cannot be a column: %s".formatted(field.getName(), why));
    }
}
