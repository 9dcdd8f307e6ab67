package io.weir.codec.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.RandomRows;
import io.weir.codec.RowVectors;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchStatistics.ColumnStatistics;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.arrow.vector.VectorSchemaRoot;

class BatchStatisticsTest {
    @Property(tries = 150)
    void boundsHoldEveryValueAndSurviveEncoding(
            @ForAll long seed, @ForAll @IntRange(max = 2) int depth, @ForAll Compression compression) {
        TableSchema schema = depth == 0 ? RandomRows.everyLeaf() : RandomRows.schema(seed, depth);
        int count = 1 + (int) Math.floorMod(seed, 30L);
        EncodedRows rows = RecordBatches.compress(BatchRows.encoded(schema, seed, count), compression);

        BatchStatistics statistics = BatchStatistics.measure(schema, rows);

        List<List<Object>> values = RandomRows.values(schema, seed, count);
        for (int c = 0; c < schema.columns().size(); c++) {
            int column = c;
            ColumnStatistics measured = statistics.columns().get(c);
            List<Object> present = values.stream()
                    .map(row -> row.get(column))
                    .filter(Objects::nonNull)
                    .toList();
            assertThat(measured.nullCount()).isEqualTo(count - present.size());
            if (measured.min() != null) {
                assertThat(present)
                        .allSatisfy(v -> assertThat(compare(measured.min(), v)).isLessThanOrEqualTo(0));
            }
            if (measured.max() != null) {
                assertThat(present)
                        .allSatisfy(v -> assertThat(compare(measured.max(), v)).isGreaterThanOrEqualTo(0));
            }
            assertThat(measured.min() != null)
                    .isEqualTo(expectsBounds(schema.columns().get(c).type(), present));
        }
        assertThat(BatchStatistics.decode(statistics.encode())).isEqualTo(statistics);
    }

    private static boolean expectsBounds(DataType type, List<Object> present) {
        return !present.isEmpty()
                && TypeShape.children(type).isEmpty()
                && present.stream().noneMatch(v -> v.equals(Float.NaN) || v.equals(Double.NaN));
    }

    private static int compare(Object bound, Object value) {
        if (bound instanceof Boolean bool) {
            return bool.compareTo((Boolean) value);
        }
        if (bound instanceof Long number) {
            return number.compareTo((Long) value);
        }
        if (bound instanceof Double number) {
            return Double.compare(number, ((Number) value).doubleValue());
        }
        if (bound instanceof BigDecimal number) {
            return number.compareTo((BigDecimal) value);
        }
        ByteBuffer bytes = value instanceof String string
                ? ByteBuffer.wrap(string.getBytes(StandardCharsets.UTF_8))
                : (ByteBuffer) value;
        byte[] a = new byte[((ByteBuffer) bound).remaining()];
        ((ByteBuffer) bound).duplicate().get(a);
        byte[] b = new byte[bytes.remaining()];
        bytes.duplicate().get(b);
        return Arrays.compareUnsigned(a, b);
    }

    @Example
    void longStringsAreCutAndTheCutMaxIsRoundedUp() {
        ColumnStatistics ascii = strings("b".repeat(40), "a".repeat(40));
        ColumnStatistics exact = strings("x".repeat(32));

        assertThat(text(ascii.min())).isEqualTo("a".repeat(32));
        assertThat(text(ascii.max())).isEqualTo("b".repeat(31) + "c");
        assertThat(text(exact.max())).isEqualTo("x".repeat(32));
    }

    @Example
    void aCutMaxOfOnlyTopBytesIsAbsent() {
        byte[] top = new byte[40];
        Arrays.fill(top, (byte) 0xFF);
        ColumnStatistics bytes = measure(DataType.Simple.BYTES, ByteBuffer.wrap(top));

        assertThat(bytes.min()).isNotNull();
        assertThat(bytes.max()).isNull();
    }

    @Example
    void damagedSectionsAreRefused() {
        ByteBuffer section = BatchStatistics.measure(
                        RandomRows.everyLeaf(), BatchRows.encoded(RandomRows.everyLeaf(), 1, 9))
                .encode();
        for (int length = 1; length < section.remaining(); length++) {
            ByteBuffer cut = section.slice(0, length);
            assertThatThrownBy(() -> BatchStatistics.decode(cut)).isInstanceOf(WeirException.class);
        }
        assertThat(BatchStatistics.decode(ByteBuffer.allocate(0)).columns()).isEmpty();
    }

    private static ColumnStatistics strings(Object... values) {
        return measure(DataType.Simple.STRING, values);
    }

    private static ColumnStatistics measure(DataType type, Object... values) {
        TableSchema schema = new TableSchema(1, List.of(new Column(1, "c", type, true)));
        return BatchRows.withAllocator(allocator -> {
            List<List<Object>> rows = Arrays.stream(values).map(List::of).toList();
            try (VectorSchemaRoot root = RowVectors.fill(schema, rows, allocator)) {
                return BatchStatistics.measure(schema, RecordBatches.encode(1, root))
                        .columns()
                        .get(0);
            }
        });
    }

    private static String text(Object bytes) {
        return StandardCharsets.UTF_8.decode(((ByteBuffer) bytes).duplicate()).toString();
    }
}
