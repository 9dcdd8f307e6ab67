package io.weir.codec;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Random schemas over all types and random rows for them, nulls and awkward values included. The same seed gives the same.
 *
 * <p>A row is a list of column values: null, Boolean, Long (integers, DATE in days, TIME and TIMESTAMPs in the unit of the Arrow
 * type), Float, Double, BigDecimal, String, ByteBuffer, List (ARRAY, ARRAY&lt;FLOAT&gt;(n)), LinkedHashMap (MAP), Object[] as List (ROW).
 */
public final class RandomRows {
    private static final String[] STRINGS = {
        "",
        "a",
        "NaN",
        "true",
        "null",
        "12",
        "\"quoted\\ \n\t\u0001",
        "žluťoučký kůň",
        "日本語",
        "\uD83D\uDE80 rocket",
        "\u0000",
        "<&>'%_"
    };
    private static final int[] DIGITS = {0, 3, 3, 3, 6, 6, 6, 9, 9, 9};

    private final RandomGenerator random;

    private RandomRows(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /**
     * @param depth how deep columns may nest, from 0 (no nested types) to 4
     * @return 1 to 8 columns with ids from 1, schema id 1
     */
    public static TableSchema schema(long seed, int depth) {
        RandomRows rows = new RandomRows(seed);
        List<Column> columns = new ArrayList<>();
        int count = 1 + rows.random.nextInt(8);
        for (int i = 0; i < count; i++) {
            columns.add(new Column(i + 1, "c" + i, rows.type(depth), rows.random.nextInt(3) > 0));
        }
        return new TableSchema(1, columns);
    }

    /** One column, {@code c0} ..., of every type that is not nested. */
    public static TableSchema everyLeaf() {
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < 17; i++) {
            columns.add(new Column(i + 1, "c" + i, new RandomRows(i).leaf(i), true));
        }
        return new TableSchema(1, columns);
    }

    public static List<List<Object>> values(TableSchema schema, long seed, int count) {
        RandomRows rows = new RandomRows(seed);
        List<List<Object>> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<Object> row = new ArrayList<>();
            for (Column column : schema.columns()) {
                row.add(rows.value(column.type(), column.nullable()));
            }
            values.add(row);
        }
        return values;
    }

    /** The rows of {@link #values} as vectors laid out by {@code ArrowSchemas.toArrow}; the caller closes the root. */
    public static VectorSchemaRoot root(TableSchema schema, long seed, int count, BufferAllocator allocator) {
        return RowVectors.fill(schema, values(schema, seed, count), allocator);
    }

    /** The rows of {@link #values} as an array of JSON objects. */
    public static String json(TableSchema schema, long seed, int count) {
        return RowJson.array(schema, values(schema, seed, count));
    }

    private DataType type(int depth) {
        if (depth == 0 || random.nextInt(5) < 2) {
            return leaf(random.nextInt(17));
        }
        return switch (random.nextInt(3)) {
            case 0 -> new DataType.Array(type(depth - 1), random.nextBoolean());
            case 1 ->
                new DataType.Map(
                        random.nextBoolean() ? DataType.Simple.STRING : type(depth - 1),
                        type(depth - 1),
                        random.nextBoolean());
            default -> row(depth);
        };
    }

    private DataType row(int depth) {
        List<DataType.Row.Field> fields = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            String name = random.nextInt(4) == 0 ? "odd `name` " + i : "f" + i;
            fields.add(new DataType.Row.Field(name, type(depth - 1), random.nextBoolean()));
        }
        return new DataType.Row(fields);
    }

    private DataType leaf(int choice) {
        DataType.Simple[] simple = DataType.Simple.values();
        if (choice < simple.length) {
            return simple[choice];
        }
        int precision = 1 + random.nextInt(38);
        return switch (choice - simple.length) {
            case 0 -> new DataType.Decimal(precision, random.nextInt(precision + 1));
            case 1 -> new DataType.Char(1 + random.nextInt(8));
            case 2 -> new DataType.Binary(1 + random.nextInt(20));
            case 3 -> new DataType.Time(random.nextInt(10));
            case 4 -> new DataType.Timestamp(random.nextInt(10));
            case 5 -> new DataType.TimestampLtz(random.nextInt(10));
            default -> new DataType.Vector(1 + random.nextInt(5));
        };
    }

    private Object value(DataType type, boolean nullable) {
        if (nullable && random.nextInt(4) == 0) {
            return null;
        }
        if (type instanceof DataType.Simple simple) {
            return simple(simple);
        }
        if (type instanceof DataType.Decimal decimal) {
            BigInteger unscaled =
                    new BigInteger(1, bytes(1 + random.nextInt(16)).array());
            unscaled = unscaled.mod(BigInteger.TEN.pow(decimal.precision()));
            return new BigDecimal(random.nextBoolean() ? unscaled : unscaled.negate(), decimal.scale());
        }
        if (type instanceof DataType.Char character) {
            String string = string();
            int codePoints = Math.min(character.length(), string.codePointCount(0, string.length()));
            return string.substring(0, string.offsetByCodePoints(0, codePoints));
        }
        if (type instanceof DataType.Binary binary) {
            return bytes(binary.length());
        }
        if (type instanceof DataType.Time time) {
            return random.nextLong(86400L * power(time.precision())) * rest(time.precision());
        }
        if (type instanceof DataType.Timestamp timestamp) {
            return timestamp(timestamp.precision());
        }
        if (type instanceof DataType.TimestampLtz timestamp) {
            return timestamp(timestamp.precision());
        }
        return nested(type);
    }

    private Object nested(DataType type) {
        List<Object> list = new ArrayList<>();
        if (type instanceof DataType.Vector vector) {
            for (int i = 0; i < vector.length(); i++) {
                list.add(simple(DataType.Simple.FLOAT));
            }
        } else if (type instanceof DataType.Array array) {
            for (int i = random.nextInt(4); i > 0; i--) {
                list.add(value(array.element(), array.elementNullable()));
            }
        } else if (type instanceof DataType.Map map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                entries.put(value(map.key(), false), value(map.value(), map.valueNullable()));
            }
            return entries;
        } else {
            for (DataType.Row.Field field : ((DataType.Row) type).fields()) {
                list.add(value(field.type(), field.nullable()));
            }
        }
        return list;
    }

    private Object simple(DataType.Simple type) {
        return switch (type) {
            case BOOLEAN -> random.nextBoolean();
            case TINYINT -> (long) (byte) integer();
            case SMALLINT -> (long) (short) integer();
            case INT -> (long) (int) integer();
            case BIGINT -> integer();
            case FLOAT -> floating();
            case DOUBLE -> doubling();
            case STRING -> string();
            case BYTES -> bytes(random.nextInt(40));
            case DATE -> random.nextLong(-719162, 2932896); // years 1 to 9999
        };
    }

    private long integer() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(-3, 4);
            case 1 -> Long.MIN_VALUE >> random.nextInt(64);
            case 2 -> Long.MAX_VALUE >> random.nextInt(64);
            default -> random.nextLong();
        };
    }

    private float floating() {
        float[] odd = {
            0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, Float.MAX_VALUE
        };
        int choice = random.nextInt(14);
        return choice < odd.length ? odd[choice] : (float) random.nextGaussian() * 1000;
    }

    private double doubling() {
        double[] odd = {0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MIN_VALUE, 1e300
        };
        int choice = random.nextInt(14);
        return choice < odd.length ? odd[choice] : random.nextGaussian() * 1e6;
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        for (int i = random.nextInt(4); i >= 0; i--) {
            string.append(STRINGS[random.nextInt(STRINGS.length)]);
        }
        return random.nextInt(20) == 0 ? string.toString().repeat(30) : string.toString();
    }

    private ByteBuffer bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private long timestamp(int precision) {
        // Nanoseconds in a long reach from 1677 to 2262; the other units here stay within years 1 to 9999.
        long seconds = DIGITS[precision] == 9
                ? random.nextLong(-9_200_000_000L, 9_200_000_000L)
                : random.nextLong(-62_135_596_800L, 253_402_300_800L);
        return (seconds * power(precision) + random.nextLong(power(precision))) * rest(precision);
    }

    private static long power(int digits) {
        return (long) Math.pow(10, digits);
    }

    /** What a value of this precision is multiplied by in its Arrow unit: TIME(4) counts microseconds in steps of 100. */
    private static long rest(int precision) {
        return power(DIGITS[precision] - precision);
    }
}
