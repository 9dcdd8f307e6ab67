package io.weir.codec.batch;

import io.weir.codec.schema.DataType;
import java.util.List;

/** How a {@link DataType} lies in a record batch: field nodes and buffers of the type and its children, flattened depth first. */
public final class TypeShape {
    private TypeShape() {}

    /** A type within another one. */
    public record Child(DataType type, boolean nullable) {}

    static int nodes(DataType type) {
        int nodes = 1;
        for (Child child : children(type)) {
            nodes += nodes(child.type());
        }
        return nodes;
    }

    static int buffers(DataType type) {
        int buffers = ownBuffers(type);
        for (Child child : children(type)) {
            buffers += buffers(child.type());
        }
        return buffers;
    }

    /** Validity, then offsets, then values, as far as the type has them. */
    private static int ownBuffers(DataType type) {
        if (type instanceof DataType.Row || type instanceof DataType.Vector) {
            return 1;
        }
        return isVariable(type) ? 3 : 2;
    }

    public static List<Child> children(DataType type) {
        if (type instanceof DataType.Array array) {
            return List.of(new Child(array.element(), array.elementNullable()));
        }
        if (type instanceof DataType.Vector) {
            return List.of(new Child(DataType.Simple.FLOAT, false));
        }
        if (type instanceof DataType.Map map) {
            return List.of(new Child(
                    new DataType.Row(List.of(
                            new DataType.Row.Field("key", map.key(), false),
                            new DataType.Row.Field("value", map.value(), map.valueNullable()))),
                    false));
        }
        if (type instanceof DataType.Row row) {
            return row.fields().stream()
                    .map(field -> new Child(field.type(), field.nullable()))
                    .toList();
        }
        return List.of();
    }

    /** Offsets and bytes: strings, and bytes of any length. */
    public static boolean isVariable(DataType type) {
        return type == DataType.Simple.STRING || type == DataType.Simple.BYTES || type instanceof DataType.Char;
    }

    /** Offsets into one child. */
    public static boolean isList(DataType type) {
        return type instanceof DataType.Array || type instanceof DataType.Map;
    }

    /** Bits of a value, or 0 where the type has no buffer of values of one width. */
    public static int bits(DataType type) {
        if (type instanceof DataType.Simple simple) {
            return switch (simple) {
                case BOOLEAN -> 1;
                case TINYINT -> 8;
                case SMALLINT -> 16;
                case INT, FLOAT, DATE -> 32;
                case BIGINT, DOUBLE -> 64;
                case STRING, BYTES -> 0;
            };
        }
        if (type instanceof DataType.Decimal) {
            return 128;
        }
        if (type instanceof DataType.Binary binary) {
            return 8 * binary.length();
        }
        if (type instanceof DataType.Time time) {
            return time.precision() <= 3 ? 32 : 64;
        }
        return type instanceof DataType.Timestamp || type instanceof DataType.TimestampLtz ? 64 : 0;
    }
}
