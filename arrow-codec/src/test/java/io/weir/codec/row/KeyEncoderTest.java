package io.weir.codec.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.RowVectors;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.Test;

class KeyEncoderTest {
    private static final byte[] ODD_BYTES = {0, 0, 0, 1, 2, 0x7F, (byte) 0x80, (byte) 0xFE, (byte) 0xFF, (byte) 0xFF};

    /** Every type of a key column, alone. */
    @Property(tries = 100)
    void orderOfTheBytesIsTheOrderOfTheValues(@ForAll long seed) {
        for (Column any : keyColumns()) {
            Column column = new Column(1, "k", any.type(), false);
            checkOrder(List.of(column), keys(List.of(column), new Random(seed), 30), seed);
        }
    }

    @Property(tries = 300)
    void orderOfKeysOfSeveralColumnsIsThatOfTheColumnsInTurn(@ForAll long seed) {
        Random random = new Random(seed);
        List<Column> all = keyColumns();
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < 2 + random.nextInt(3); i++) {
            columns.add(new Column(
                    i + 1, "k" + i, all.get(random.nextInt(all.size())).type(), false));
        }
        checkOrder(columns, keys(columns, random, 30), seed);
    }

    @Property(tries = 300)
    void aKeyOfTheLeadingColumnsIsAPrefixOfThoseThatBeginWithItAlone(@ForAll long seed) {
        Random random = new Random(seed);
        List<Column> all = keyColumns();
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            columns.add(new Column(
                    i + 1, "k" + i, all.get(random.nextInt(all.size())).type(), false));
        }
        int leading = random.nextInt(3) + 1;
        List<List<Object>> keys = keys(columns, random, 25);
        List<Key> whole = encode(columns, names(columns), keys);
        List<Key> prefixes = encode(columns, names(columns).subList(0, leading), keys);
        for (int i = 0; i < keys.size(); i++) {
            for (int j = 0; j < keys.size(); j++) {
                boolean begins =
                        startsWith(whole.get(j).bytes(), prefixes.get(i).bytes());
                boolean equal =
                        keys.get(i).subList(0, leading).equals(keys.get(j).subList(0, leading));
                assertThat(begins)
                        .as("seed %d: %s %s", seed, keys.get(i), keys.get(j))
                        .isEqualTo(equal);
            }
        }
    }

    @Test
    void orderOfTheKeyIsThatOfTheNamesNotOfTheColumns() {
        List<Column> columns = List.of(
                new Column(1, "a", DataType.Simple.INT, true),
                new Column(2, "b", DataType.Simple.STRING, true),
                new Column(3, "c", new DataType.Array(DataType.Simple.INT, true), true));
        List<List<Object>> rows = List.of(Arrays.asList(1L, "x", null));

        assertThat(encode(columns, List.of("b", "a"), rows).get(0))
                .hasToString("780000" + "8000000000000001")
                .isNotEqualTo(encode(columns, List.of("a", "b"), rows).get(0));
    }

    @Test
    void wideningAColumnLeavesItsKeys() {
        for (DataType type : List.of(
                DataType.Simple.TINYINT, DataType.Simple.SMALLINT, DataType.Simple.INT, DataType.Simple.BIGINT)) {
            assertThat(encode(List.of(new Column(1, "k", type, false)), List.of("k"), List.of(List.of(-2L))))
                    .as("%s", type)
                    .map(Key::toString)
                    .containsExactly("7ffffffffffffffe");
        }
        List<List<Object>> decimals = List.of(List.of(new BigDecimal("-0.25")));
        assertThat(encode(List.of(new Column(1, "k", new DataType.Decimal(4, 2), false)), List.of("k"), decimals))
                .isEqualTo(encode(
                        List.of(new Column(1, "k", new DataType.Decimal(38, 2), false)), List.of("k"), decimals));
    }

    @Test
    void nullsInKeyColumnsAreNamedByRowAndColumn() {
        List<Column> columns = List.of(
                new Column(1, "a", DataType.Simple.INT, true), new Column(2, "b/c", DataType.Simple.STRING, true));
        List<List<Object>> rows = new ArrayList<>();
        rows.add(Arrays.asList(1L, "x"));
        rows.add(Arrays.asList(2L, null));
        rows.add(Arrays.asList(null, "y"));

        assertThatThrownBy(() -> encode(columns, names(columns), rows))
                .isInstanceOfSatisfying(WeirException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ROWS);
                    assertThat(e.rowErrors())
                            .extracting(error -> error.row() + error.pointer())
                            .containsExactly("2/a", "1/b~1c");
                    assertThat(e.detail()).contains("'a'");
                });
        assertThat(encode(columns, List.of("a"), rows.subList(0, 2))).hasSize(2);
    }

    @Test
    void moreNullsThanErrorsAreShownGiveTheFirstOnes() {
        List<Column> columns = List.of(new Column(1, "a", DataType.Simple.INT, true));
        List<List<Object>> rows = java.util.Collections.nCopies(500, Arrays.asList((Object) null));

        assertThatThrownBy(() -> encode(columns, names(columns), rows))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.rowErrors()).hasSize(WeirException.ROW_ERRORS_MAX));
    }

    @Test
    void columnsThatAreNoneOfAKeyAreRefused() {
        List<Column> columns = RandomRows.everyLeaf().columns();
        assertThatThrownBy(() -> KeyEncoder.of(columns, List.of("x")))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.COLUMN_NOT_FOUND));
        for (DataType type : List.of(
                DataType.Simple.FLOAT,
                DataType.Simple.DOUBLE,
                new DataType.Vector(2),
                new DataType.Array(DataType.Simple.INT, true))) {
            assertThatThrownBy(() -> KeyEncoder.of(List.of(new Column(1, "k", type, false)), List.of("k")))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static void checkOrder(List<Column> columns, List<List<Object>> values, long seed) {
        List<Key> keys = encode(columns, names(columns), values);
        for (int i = 0; i < keys.size(); i++) {
            for (int j = 0; j < keys.size(); j++) {
                assertThat(Integer.signum(keys.get(i).compareTo(keys.get(j))))
                        .as("seed %d: %s and %s of %s", seed, values.get(i), values.get(j), columns)
                        .isEqualTo(Integer.signum(compare(values.get(i), values.get(j))));
            }
        }
    }

    private static int compare(List<Object> a, List<Object> b) {
        for (int i = 0; i < a.size(); i++) {
            int order = compareValues(a.get(i), b.get(i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static int compareValues(Object a, Object b) {
        if (a instanceof Boolean flag) {
            return flag.compareTo((Boolean) b);
        }
        if (a instanceof Long number) {
            return number.compareTo((Long) b);
        }
        if (a instanceof BigDecimal number) {
            return number.compareTo((BigDecimal) b);
        }
        return Arrays.compareUnsigned(bytes(a), bytes(b));
    }

    private static byte[] bytes(Object value) {
        return value instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : ((ByteBuffer) value).array();
    }

    private static boolean startsWith(byte[] bytes, byte[] prefix) {
        return bytes.length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static List<Column> keyColumns() {
        return RandomRows.everyLeaf().columns().stream()
                .filter(c -> !ValueWidth.isFloating(c.type()) && !(c.type() instanceof DataType.Vector))
                .toList();
    }

    /** Random rows, many of which share values or beginnings, and bytes among which are many zeros. */
    private static List<List<Object>> keys(List<Column> columns, Random random, int count) {
        List<List<Object>> rows = new ArrayList<>();
        for (List<Object> row : RandomRows.values(new TableSchema(1, columns), random.nextLong(), count)) {
            List<Object> values = new ArrayList<>(row);
            for (int i = 0; i < values.size(); i++) {
                if (values.get(i) instanceof ByteBuffer bytes) {
                    boolean fixed = columns.get(i).type() instanceof DataType.Binary;
                    values.set(i, oddBytes(random, fixed ? bytes.remaining() : random.nextInt(5)));
                }
                if (!rows.isEmpty() && random.nextInt(3) == 0) {
                    values.set(i, rows.get(random.nextInt(rows.size())).get(i));
                }
            }
            rows.add(values);
        }
        return rows;
    }

    private static ByteBuffer oddBytes(Random random, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = ODD_BYTES[random.nextInt(ODD_BYTES.length)];
        }
        return ByteBuffer.wrap(bytes);
    }

    private static List<String> names(List<Column> columns) {
        return columns.stream().map(Column::name).toList();
    }

    private static List<Key> encode(List<Column> columns, List<String> key, List<List<Object>> rows) {
        TableSchema schema = new TableSchema(1, columns);
        EncodedRows encoded = BatchRows.withAllocator(allocator -> {
            try (VectorSchemaRoot root = RowVectors.fill(schema, rows, allocator)) {
                return RecordBatches.encode(1, root);
            }
        });
        return KeyEncoder.of(columns, key).encode(encoded);
    }
}
