package io.weir.codec.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Every engine, and every aggregation over every type it takes, against a fold over boxed values. */
final class MergePropertyTest {
    private static final List<DataType> TYPES = List.of(
            DataType.Simple.BOOLEAN,
            DataType.Simple.TINYINT,
            DataType.Simple.SMALLINT,
            DataType.Simple.INT,
            DataType.Simple.BIGINT,
            DataType.Simple.FLOAT,
            DataType.Simple.DOUBLE,
            DataType.Simple.STRING,
            DataType.Simple.BYTES,
            DataType.Simple.DATE,
            new DataType.Decimal(5, 2),
            new DataType.Decimal(18, 18),
            new DataType.Decimal(19, 3),
            new DataType.Decimal(38, 10),
            new DataType.Char(5),
            new DataType.Binary(3),
            new DataType.Time(3),
            new DataType.Timestamp(6),
            new DataType.TimestampLtz(9),
            new DataType.Vector(2),
            new DataType.Array(DataType.Simple.STRING, true),
            new DataType.Map(DataType.Simple.STRING, DataType.Simple.INT, true),
            new DataType.Row(List.of(new DataType.Row.Field("f", DataType.Simple.INT, true))));

    /** Where the model says that there is no result. */
    private static final class NoResult extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @Property(tries = 800)
    void anAggregatedColumnIsTheFoldOfItsWrites(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Aggregation aggregation = Aggregation.values()[random.nextInt(Aggregation.values().length)];
        TableSchema schema = fittingSchema(aggregation, random);
        MergeSpec spec = new MergeSpec(
                MergeSpec.Engine.AGGREGATION,
                null,
                Map.of("c", aggregation),
                aggregation == Aggregation.LISTAGG && random.nextBoolean() ? Map.of("c", "; ") : Map.of());
        List<List<Object>> writes = writes(schema, aggregation, random);
        String delimiter = spec.delimiters().getOrDefault("c", ",");
        run(schema, spec, writes, random, (old, row, present) -> {
            Object c = present.get(1)
                    ? fold(aggregation, schema.columns().get(1).type(), delimiter, old.get(1), row.get(1))
                    : old.get(1);
            Object other = present.get(2) && row.get(2) != null ? row.get(2) : old.get(2);
            return Arrays.asList(old.get(0), c, other);
        });
    }

    @Property(tries = 150)
    void aLastRowSetsWhatItHolds(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TableSchema schema = randomSchema(random);
        run(
                schema,
                MergeSpec.LAST_ROW,
                writes(schema, Aggregation.LAST_VALUE, random),
                random,
                MergePropertyTest::last);
    }

    @Property(tries = 100)
    void aFirstRowStays(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TableSchema schema = randomSchema(random);
        MergeSpec spec = new MergeSpec(MergeSpec.Engine.FIRST_ROW, null, Map.of(), Map.of());
        run(schema, spec, writes(schema, Aggregation.FIRST_VALUE, random), random, (old, row, present) -> old);
    }

    @Property(tries = 150)
    void aRowOfALowerVersionChangesNothing(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TableSchema schema = fittingSchema(Aggregation.MAX, random);
        MergeSpec spec = new MergeSpec(MergeSpec.Engine.VERSIONED, "c", Map.of(), Map.of());
        run(schema, spec, writes(schema, Aggregation.MAX, random), random, (old, row, present) -> {
            boolean older =
                    present.get(1) && old.get(1) != null && (row.get(1) == null || compare(row.get(1), old.get(1)) < 0);
            return older ? old : last(old, row, present);
        });
    }

    private interface Model {
        List<Object> merge(List<Object> old, List<Object> row, BitSet present);
    }

    private static List<Object> last(List<Object> old, List<Object> row, BitSet present) {
        List<Object> merged = new ArrayList<>(old);
        for (int i = 1; i < row.size(); i++) {
            if (present.get(i)) {
                merged.set(i, row.get(i));
            }
        }
        return merged;
    }

    /** Writes one key's rows, some of them only in part, to the engine and the model. */
    private static void run(
            TableSchema schema, MergeSpec spec, List<List<Object>> writes, SplittableRandom random, Model model) {
        MergeEngine engine = MergeEngine.of(schema, List.of("id"), spec);
        List<Object> expected = null;
        byte[] actual = null;
        for (List<Object> write : writes) {
            BitSet present = new BitSet();
            present.set(0, schema.columns().size());
            boolean partial = random.nextInt(3) == 0;
            List<Object> row = new ArrayList<>(write);
            for (int i = 1; partial && i < row.size(); i++) {
                if (random.nextBoolean()) {
                    present.clear(i);
                    row.set(i, null);
                }
            }
            byte[] written = MergeRows.encode(schema, row.toArray());
            byte[] before = actual == null ? null : actual.clone();
            try {
                expected = expected == null ? row : model.merge(expected, row, present);
            } catch (NoResult e) {
                byte[] old = actual;
                try {
                    engine.merge(old, written, partial ? present : null);
                    fail("no result expected of " + expected + " and " + row);
                } catch (WeirException refused) {
                    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ROWS);
                    assertThat(refused.detail()).startsWith("column c: ");
                }
                assertThat(actual).isEqualTo(before);
                continue;
            }
            actual = engine.merge(actual, written, partial ? present : null);
            assertThat(MergeRows.decode(schema, actual)).isEqualTo(expected);
            assertThat(actual).isEqualTo(MergeRows.encode(schema, expected.toArray()));
        }
    }

    private static TableSchema fittingSchema(Aggregation aggregation, SplittableRandom random) {
        MergeSpec spec = new MergeSpec(MergeSpec.Engine.AGGREGATION, null, Map.of("c", aggregation), Map.of());
        while (true) {
            TableSchema schema = randomSchema(random);
            try {
                MergeEngine.check(schema, List.of("id"), spec);
                return schema;
            } catch (WeirException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.INVALID_PROPERTY);
            }
        }
    }

    private static TableSchema randomSchema(SplittableRandom random) {
        DataType type = TYPES.get(random.nextInt(TYPES.size()));
        DataType other = TYPES.get(random.nextInt(TYPES.size()));
        return MergeRows.schema(new Column(2, "c", type, true), new Column(3, "other", other, true));
    }

    private static List<List<Object>> writes(TableSchema schema, Aggregation aggregation, SplittableRandom random) {
        List<List<Object>> writes = RandomRows.values(schema, random.nextLong(), 2 + random.nextInt(8));
        for (List<Object> row : writes) {
            row.set(0, 7L);
            Object value = row.get(1);
            if (value != null && (aggregation == Aggregation.RBM32 || aggregation == Aggregation.RBM64)) {
                BitmapKind kind = aggregation == Aggregation.RBM32 ? BitmapKind.RBM32 : BitmapKind.RBM64;
                long start = random.nextInt(4) * 65530L;
                row.set(1, bitmap(kind, start, random.nextInt(50), 1 + random.nextInt(2)));
            } else if (value instanceof Long number && random.nextBoolean()) {
                row.set(1, number % 10); // so that sums and products go on for a while
            }
        }
        return writes;
    }

    private static ByteBuffer bitmap(BitmapKind kind, long start, int count, int step) {
        BitmapSet set = new BitmapSet(kind);
        for (int i = 0; i < count; i++) {
            set.add(start + (long) i * step);
        }
        return ByteBuffer.wrap(set.toBytes());
    }

    private static Object fold(Aggregation aggregation, DataType type, String delimiter, Object old, Object written) {
        switch (aggregation) {
            case FIRST_VALUE:
                return old;
            case LAST_VALUE:
                return written;
            default:
                if (old == null || written == null) {
                    return old == null ? written : old;
                }
        }
        return switch (aggregation) {
            case SUM, PRODUCT -> number(aggregation == Aggregation.SUM, type, old, written);
            case MAX -> compare(old, written) >= 0 ? old : written;
            case MIN -> compare(old, written) <= 0 ? old : written;
            case FIRST_VALUE_IGNORE_NULLS -> old;
            case LAST_VALUE_IGNORE_NULLS -> written;
            case LISTAGG -> old + delimiter + written;
            case BOOL_AND -> (Boolean) old && (Boolean) written;
            case BOOL_OR -> (Boolean) old || (Boolean) written;
            case RBM32 -> union(BitmapKind.RBM32, old, written);
            case RBM64 -> union(BitmapKind.RBM64, old, written);
            default -> throw new IllegalStateException();
        };
    }

    private static Object number(boolean sum, DataType type, Object old, Object written) {
        if (old instanceof Float a) {
            double b = (Float) written;
            return (float) (sum ? a + b : a * b);
        }
        if (old instanceof Double a) {
            return sum ? a + (Double) written : a * (Double) written;
        }
        BigDecimal a = new BigDecimal(old.toString());
        BigDecimal b = new BigDecimal(written.toString());
        BigDecimal result = sum ? a.add(b) : a.multiply(b);
        if (type instanceof DataType.Decimal decimal) {
            BigDecimal rounded = result.setScale(decimal.scale(), RoundingMode.HALF_UP);
            if (rounded.abs().compareTo(BigDecimal.TEN.pow(decimal.precision() - decimal.scale())) >= 0) {
                throw new NoResult();
            }
            return rounded;
        }
        int bits = List.of(
                        DataType.Simple.TINYINT, DataType.Simple.SMALLINT, DataType.Simple.INT, DataType.Simple.BIGINT)
                .indexOf(type);
        BigInteger whole = result.toBigIntegerExact();
        if (whole.bitLength() > (8 << bits) - 1) {
            throw new NoResult();
        }
        return whole.longValueExact();
    }

    private static int compare(Object a, Object b) {
        if (a instanceof String text) {
            return Arrays.compareUnsigned(
                    text.getBytes(StandardCharsets.UTF_8), ((String) b).getBytes(StandardCharsets.UTF_8));
        }
        if (a instanceof Long whole) {
            return whole.compareTo((Long) b);
        }
        if (a instanceof Float number) {
            return number.compareTo((Float) b);
        }
        return a instanceof Double number ? number.compareTo((Double) b) : ((BigDecimal) a).compareTo((BigDecimal) b);
    }

    private static ByteBuffer union(BitmapKind kind, Object a, Object b) {
        TreeSet<Long> members = new TreeSet<>();
        for (Object bytes : List.of(a, b)) {
            org.roaringbitmap.longlong.Roaring64NavigableMap map =
                    new org.roaringbitmap.longlong.Roaring64NavigableMap();
            try {
                byte[] array = ((ByteBuffer) bytes).array();
                if (kind == BitmapKind.RBM32) {
                    org.roaringbitmap.RoaringBitmap bitmap = new org.roaringbitmap.RoaringBitmap();
                    bitmap.deserialize(ByteBuffer.wrap(array));
                    bitmap.forEach((int i) -> members.add(Integer.toUnsignedLong(i)));
                } else {
                    map.deserializePortable(new java.io.DataInputStream(new java.io.ByteArrayInputStream(array)));
                    map.forEach(members::add);
                }
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
        BitmapSet set = new BitmapSet(kind);
        members.forEach(set::add);
        return ByteBuffer.wrap(set.toBytes());
    }
}
