package io.weir.codec.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.RandomRows;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.merge.BitmapSet;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Queries of one to five aggregates over every type, against loops over boxed rows. */
final class AggregatePropertyTest {
    private static final Map<String, BitmapKind> BITMAPS = Map.of("uv", BitmapKind.RBM32, "wide", BitmapKind.RBM64);

    /** Leaves c0 to c16, then k INT of few values, positive, uv and wide. */
    private static TableSchema schema() {
        List<Column> columns = new ArrayList<>(RandomRows.everyLeaf().columns());
        columns.add(new Column(50, "k", DataType.Simple.INT, true));
        columns.add(new Column(51, "positive", DataType.Simple.BIGINT, true));
        columns.add(new Column(52, "uv", DataType.Simple.BYTES, true));
        columns.add(new Column(53, "wide", DataType.Simple.BYTES, true));
        return new TableSchema(1, columns);
    }

    private static final TableSchema SCHEMA = schema();

    /** What a column's bytes hold, by the bytes. */
    private final Map<ByteBuffer, TreeSet<Long>> members = new java.util.HashMap<>();

    private List<List<Object>> rows(SplittableRandom random) {
        List<List<Object>> rows = RandomRows.values(SCHEMA, random.nextLong(), random.nextInt(40));
        for (int i = 0; i < rows.size(); i++) {
            List<Object> row = rows.get(i);
            int size = row.size();
            row.set(size - 4, random.nextInt(6) == 0 ? null : (Object) (long) random.nextInt(3));
            row.set(size - 3, random.nextInt(6) == 0 ? null : (Object) (random.nextLong() >>> 1 + random.nextInt(60)));
            row.set(size - 2, bitmap(BitmapKind.RBM32, random));
            row.set(size - 1, bitmap(BitmapKind.RBM64, random));
            for (int c = 0; i > 0 && c < size; c++) {
                if (random.nextInt(3) > 0) { // so that groups have several rows
                    row.set(c, rows.get(random.nextInt(i)).get(c));
                }
            }
        }
        return rows;
    }

    private ByteBuffer bitmap(BitmapKind kind, SplittableRandom random) {
        if (random.nextInt(6) == 0) {
            return null;
        }
        TreeSet<Long> numbers = new TreeSet<>();
        long base = kind == BitmapKind.RBM64 ? (long) random.nextInt(2) << 40 : 0;
        int count = random.nextInt(2) == 0 ? 1 : random.nextInt(30);
        for (int i = 0; i < count; i++) {
            numbers.add(base + random.nextInt(3) * 65530L + random.nextInt(20));
        }
        ByteBuffer bytes = ByteBuffer.wrap(toBytes(kind, numbers));
        members.put(bytes, numbers);
        return bytes;
    }

    private static byte[] toBytes(BitmapKind kind, TreeSet<Long> numbers) {
        BitmapSet set = new BitmapSet(kind);
        numbers.forEach(set::add);
        return set.toBytes();
    }

    @Property(tries = 400)
    void aQueryComesToWhatALoopComesTo(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<List<Object>> rows = rows(random);
        List<String> groupBy = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            String name = random.nextInt(3) == 0 ? "k" : "c" + random.nextInt(16);
            if (!groupBy.contains(name)) {
                groupBy.add(name);
            }
        }
        List<Expected> expected = new ArrayList<>();
        Map<String, String> aggregates = new LinkedHashMap<>();
        for (int i = random.nextInt(groupBy.isEmpty() ? 1 : 0, 6); i > 0; i--) {
            Expected one = expected(random);
            expected.add(one);
            aggregates.put("a" + i, one.text());
        }
        AggregateQuery query = AggregateQuery.parse(SCHEMA, BITMAPS, groupBy, aggregates);
        List<List<List<Object>>> batches = new ArrayList<>();
        for (int at = 0; at < rows.size(); ) {
            int end = Math.min(rows.size(), at + 1 + random.nextInt(30));
            batches.add(rows.subList(at, end));
            at = end;
        }
        List<List<Object>> result;
        try {
            result = naive(rows, groupBy, expected);
        } catch (ArithmeticException e) {
            assertThatThrownBy(() -> AggregateRuns.run(query, SCHEMA, batches, 1 << 24))
                    .hasMessageContaining("does not fit");
            return;
        }
        assertThat(AggregateRuns.run(query, SCHEMA, batches, 1 << 24)).isEqualTo(result);
    }

    private interface Fold {
        Object of(List<List<Object>> rows);
    }

    private record Expected(String text, Fold fold) {}

    private static int index(String column) {
        return SCHEMA.columns().indexOf(SCHEMA.column(column).orElseThrow());
    }

    private static List<List<Object>> naive(List<List<Object>> rows, List<String> groupBy, List<Expected> expected) {
        Map<List<Object>, List<List<Object>>> groups = new TreeMap<>(AggregatePropertyTest::compareRows);
        if (groupBy.isEmpty()) {
            groups.put(List.of(), new ArrayList<>());
        }
        for (List<Object> row : rows) {
            List<Object> key = new ArrayList<>();
            groupBy.forEach(column -> key.add(withoutMinusZero(row.get(index(column)))));
            groups.computeIfAbsent(key, k -> new ArrayList<>()).add(row);
        }
        List<List<Object>> results = new ArrayList<>();
        groups.forEach((key, members) -> {
            List<Object> result = new ArrayList<>(key);
            expected.forEach(one -> result.add(one.fold().of(members)));
            results.add(result);
        });
        return results;
    }

    private static Object withoutMinusZero(Object value) {
        if (value instanceof Float number && number == 0) {
            return 0f;
        }
        return value instanceof Double number && number == 0 ? (Object) 0.0 : value;
    }

    private static int compareRows(List<Object> a, List<Object> b) {
        for (int i = 0; i < a.size(); i++) {
            int order = Comparator.nullsFirst(AggregatePropertyTest::compare).compare(a.get(i), b.get(i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    @SuppressWarnings("unchecked")
    private static int compare(Object a, Object b) {
        if (a instanceof String text) {
            return Arrays.compareUnsigned(
                    text.getBytes(StandardCharsets.UTF_8), ((String) b).getBytes(StandardCharsets.UTF_8));
        }
        return a instanceof ByteBuffer bytes
                ? Arrays.compareUnsigned(bytes.array(), ((ByteBuffer) b).array())
                : ((Comparable<Object>) a).compareTo(b);
    }

    private Expected expected(SplittableRandom random) {
        if (random.nextInt(3) == 0) {
            return bitmaps(random, 2);
        }
        return filtered(random, value(random));
    }

    /** A function over rows, sometimes over some of them. */
    private static Expected filtered(SplittableRandom random, Expected all) {
        if (random.nextInt(3) > 0) {
            return all;
        }
        long k = random.nextInt(3);
        return new Expected(all.text() + " filter (where k = " + k + " and not (c7 = ')'))", rows -> all.fold()
                .of(rows.stream()
                        .filter(row -> Objects.equals(row.get(index("k")), k))
                        .filter(row -> row.get(index("c7")) != null)
                        .toList()));
    }

    private static Expected value(SplittableRandom random) {
        int at = random.nextInt(17);
        Column column = SCHEMA.columns().get(at);
        String name = random.nextBoolean() ? column.name() : "\"" + column.name() + "\"";
        ColumnKind kind = ColumnKind.of(column.type());
        return switch (random.nextInt(6)) {
            case 0 -> new Expected("count(*)", rows -> (long) rows.size());
            case 1 ->
                new Expected(
                        "COUNT( " + name + " )", rows -> (long) values(rows, at).size());
            case 2 -> kind.isNumber() ? sum(name, at, column.type()) : value(random);
            case 3 ->
                kind.isNumber() ? new Expected("avg(" + name + ")", rows -> mean(values(rows, at))) : value(random);
            case 4 ->
                kind.hasOrder()
                        ? new Expected("min(" + name + ")", rows -> values(rows, at).stream()
                                .min(AggregatePropertyTest::compare)
                                .orElse(null))
                        : value(random);
            default ->
                kind.hasOrder()
                        ? new Expected("max(" + name + ")", rows -> values(rows, at).stream()
                                .max(AggregatePropertyTest::compare)
                                .orElse(null))
                        : value(random);
        };
    }

    private static List<Object> values(List<List<Object>> rows, int at) {
        return rows.stream().map(row -> row.get(at)).filter(Objects::nonNull).toList();
    }

    private static Expected sum(String name, int at, DataType type) {
        return new Expected("sum(" + name + ")", rows -> {
            List<Object> values = values(rows, at);
            if (values.isEmpty()) {
                return null;
            }
            if (ColumnKind.of(type) == ColumnKind.FLOATING) {
                double sum = 0;
                for (Object value : values) {
                    sum += ((Number) value).doubleValue();
                }
                return sum;
            }
            BigDecimal sum = exact(values);
            if (type instanceof DataType.Decimal decimal) {
                if (sum.unscaledValue().abs().compareTo(BigInteger.TEN.pow(38)) >= 0) {
                    throw new ArithmeticException();
                }
                return sum.setScale(decimal.scale());
            }
            return sum.toBigIntegerExact().longValueExact();
        });
    }

    private static BigDecimal exact(List<Object> values) {
        return values.stream().map(v -> new BigDecimal(v.toString())).reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    private static Object mean(List<Object> values) {
        if (values.isEmpty()) {
            return null;
        }
        if (values.get(0) instanceof Long || values.get(0) instanceof BigDecimal) {
            return exact(values)
                    .divide(BigDecimal.valueOf(values.size()), new MathContext(60))
                    .doubleValue();
        }
        double sum = 0;
        for (Object value : values) {
            sum += ((Number) value).doubleValue();
        }
        return sum / values.size();
    }

    private interface SetFold {
        TreeSet<Long> of(List<List<Object>> rows);
    }

    private record ExpectedSet(String text, BitmapKind kind, SetFold fold) {}

    private Expected bitmaps(SplittableRandom random, int depth) {
        ExpectedSet set = set(random, depth);
        return random.nextBoolean()
                ? new Expected("rb_cardinality(" + set.text() + ")", rows ->
                        (long) set.fold().of(rows).size())
                : new Expected(
                        set.text(),
                        rows -> ByteBuffer.wrap(toBytes(set.kind(), set.fold().of(rows))));
    }

    private ExpectedSet set(SplittableRandom random, int depth) {
        if (depth == 0 || random.nextInt(3) == 0) {
            return rowSet(random);
        }
        List<ExpectedSet> operands = new ArrayList<>();
        for (int i = 2 + random.nextInt(2); i > 0; i--) {
            operands.add(set(random, depth - 1));
        }
        boolean wide = operands.stream().anyMatch(operand -> operand.kind() == BitmapKind.RBM64);
        String function = List.of("rb_or", "rb_and", "rb_andnot").get(random.nextInt(3));
        String text = function + "("
                + String.join(" , ", operands.stream().map(ExpectedSet::text).toList()) + ")";
        return new ExpectedSet(text, wide ? BitmapKind.RBM64 : BitmapKind.RBM32, rows -> {
            TreeSet<Long> set = new TreeSet<>(operands.get(0).fold().of(rows));
            for (ExpectedSet operand : operands.subList(1, operands.size())) {
                switch (function) {
                    case "rb_or" -> set.addAll(operand.fold().of(rows));
                    case "rb_and" -> set.retainAll(operand.fold().of(rows));
                    default -> set.removeAll(operand.fold().of(rows));
                }
            }
            return set;
        });
    }

    @SuppressWarnings("unchecked")
    private ExpectedSet rowSet(SplittableRandom random) {
        int choice = random.nextInt(6);
        boolean wide = choice % 2 == 1;
        int at = choice < 4 ? index(wide ? "wide" : "uv") : index(wide ? "positive" : "k");
        Expected all;
        if (choice < 2) {
            all = new Expected("rb_or(" + (wide ? "wide" : "uv") + ")", rows -> {
                TreeSet<Long> set = new TreeSet<>();
                values(rows, at).forEach(bytes -> set.addAll(members.get(bytes)));
                return set;
            });
        } else if (choice < 4) {
            all = new Expected("rb_and(" + (wide ? "wide" : "uv") + ")", rows -> {
                List<Object> values = values(rows, at);
                TreeSet<Long> set = new TreeSet<>(values.isEmpty() ? new TreeSet<>() : members.get(values.get(0)));
                values.forEach(bytes -> set.retainAll(members.get(bytes)));
                return set;
            });
        } else {
            all = new Expected("rb_build(" + (wide ? "positive" : "k") + ")", rows -> {
                TreeSet<Long> set = new TreeSet<>();
                values(rows, at).forEach(value -> set.add((Long) value));
                return set;
            });
        }
        Expected some = filtered(random, all);
        return new ExpectedSet(some.text(), wide ? BitmapKind.RBM64 : BitmapKind.RBM32, rows ->
                (TreeSet<Long>) some.fold().of(rows));
    }
}
