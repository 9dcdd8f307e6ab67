package io.weir.codec.predicate;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.RandomRows;
import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.batch.BatchStatistics.ColumnStatistics;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** Random predicates on random rows of all types, against an interpreter that takes one row at a time. */
class PredicatePropertyTest {
    private static final TableSchema SCHEMA = RandomRows.everyLeaf();
    private static final int PREDICATES = 20;

    @Property(tries = 500, shrinking = ShrinkingMode.OFF)
    void passesTheRowsThatAnInterpreterPasses(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = random.nextInt(1, 70);
        List<List<Object>> rows = RandomRows.values(SCHEMA, seed, count);
        RandomPredicate predicates = new RandomPredicate(SCHEMA, rows, random);
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot root = RandomRows.root(SCHEMA, seed, count, allocator)) {
            for (int i = 0; i < PREDICATES; i++) {
                RandomPredicate.Node node = predicates.next(3);
                BitSet expected = passing(node, rows);

                assertThat(Predicate.parse(node.text(), SCHEMA).matches(SCHEMA.columns(), root))
                        .as("seed %d, where %s", seed, node.text())
                        .isEqualTo(expected);
            }
        }
    }

    /** The batch was written before some columns were there and others were widened; statistics are cut, or not known. */
    @Property(tries = 1500, shrinking = ShrinkingMode.OFF)
    void neverSkipsABatchThatHoldsAPassingRow(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TableSchema written = older(random);
        int count = random.nextInt(1, 6);
        List<List<Object>> then = RandomRows.values(written, seed, count);
        BatchStatistics statistics = statistics(written, then, random);
        List<List<Object>> now = then.stream().map(row -> widened(written, row)).toList();
        RandomPredicate predicates = new RandomPredicate(SCHEMA, now, random);
        for (int i = 0; i < PREDICATES; i++) {
            RandomPredicate.Node node = predicates.next(3);
            boolean mayMatch = Predicate.parse(node.text(), SCHEMA).mayMatch(written, statistics, count);

            assertThat(mayMatch || passing(node, now).isEmpty())
                    .as("seed %d, where %s, statistics %s, rows %s", seed, node.text(), statistics, now)
                    .isTrue();
        }
    }

    private static BitSet passing(RandomPredicate.Node node, List<List<Object>> rows) {
        BitSet passing = new BitSet();
        for (int i = 0; i < rows.size(); i++) {
            passing.set(i, Boolean.TRUE.equals(node.test(rows.get(i))));
        }
        return passing;
    }

    private static TableSchema older(SplittableRandom random) {
        List<Column> columns = new ArrayList<>();
        for (Column column : SCHEMA.columns()) {
            DataType type = column.type();
            if (type == DataType.Simple.BIGINT && random.nextBoolean()) {
                type = DataType.Simple.SMALLINT;
            } else if (type == DataType.Simple.DOUBLE && random.nextBoolean()) {
                type = random.nextBoolean() ? DataType.Simple.FLOAT : DataType.Simple.INT;
            }
            if (random.nextInt(8) > 0) {
                columns.add(new Column(column.id(), "old_" + column.name(), type, true));
            }
        }
        Collections.shuffle(columns, new java.util.Random(random.nextLong()));
        return new TableSchema(1, columns);
    }

    private static List<Object> widened(TableSchema written, List<Object> row) {
        List<Object> now = new ArrayList<>();
        for (Column column : SCHEMA.columns()) {
            int index = written.indexOf(column.id());
            Object value = index < 0 ? null : row.get(index);
            boolean toDouble = column.type() == DataType.Simple.DOUBLE && value != null;
            now.add(toDouble ? (Object) ((Number) value).doubleValue() : value);
        }
        return now;
    }

    private static BatchStatistics statistics(TableSchema schema, List<List<Object>> rows, SplittableRandom random) {
        List<ColumnStatistics> columns = new ArrayList<>();
        for (int i = 0; i < schema.columns().size(); i++) {
            int index = i;
            List<Object> values = rows.stream()
                    .map(r -> r.get(index))
                    .filter(Objects::nonNull)
                    .toList();
            DataType type = schema.columns().get(i).type();
            boolean bounded = !(type instanceof DataType.Vector)
                    && !values.isEmpty()
                    && values.stream().noneMatch(v -> isNaN(v));
            List<Object> sorted = bounded
                    ? values.stream()
                            .map(v -> statistic(v))
                            .sorted(PredicatePropertyTest::order)
                            .toList()
                    : List.of();
            Object min = bounded && random.nextInt(6) > 0 ? cut(sorted.get(0), false) : null;
            Object max = bounded && random.nextInt(6) > 0 ? cut(sorted.get(sorted.size() - 1), true) : null;
            columns.add(new ColumnStatistics(rows.size() - values.size(), min, max, 0));
        }
        return new BatchStatistics(columns);
    }

    private static boolean isNaN(Object value) {
        return value instanceof Number number && Double.isNaN(number.doubleValue());
    }

    private static Object statistic(Object value) {
        if (value instanceof String text) {
            return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        }
        return value instanceof Float number ? (Object) number.doubleValue() : value;
    }

    private static int order(Object a, Object b) {
        if (a instanceof ByteBuffer bytes) {
            return Arrays.compareUnsigned(bytes.array(), ((ByteBuffer) b).array());
        }
        if (a instanceof Boolean truth) {
            return truth.compareTo((Boolean) b);
        }
        if (a instanceof BigDecimal number) {
            return number.compareTo((BigDecimal) b);
        }
        return a instanceof Long number ? number.compareTo((Long) b) : ((Double) a).compareTo((Double) b);
    }

    /** Four bytes where 32 would be: short strings then show what long ones would. */
    private static @Nullable Object cut(Object bound, boolean up) {
        if (!(bound instanceof ByteBuffer buffer) || buffer.remaining() <= 4) {
            return bound;
        }
        byte[] bytes = Arrays.copyOf(buffer.array(), 4);
        if (up) {
            int last = 3;
            while (last >= 0 && ++bytes[last] == 0) {
                last--;
            }
            if (last < 0) {
                return null;
            }
        }
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    }
}
