package io.weir.codec.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DamagedRowTest {
    @Property(tries = 200)
    void damagedBytesAreARowOrSaidToBeNone(@ForAll long seed, @ForAll @IntRange(max = 4) int depth) {
        Random random = new Random(seed);
        TableSchema schema = RandomRows.schema(seed, depth);
        for (byte[] row : RowEncoder.encode(schema, BatchRows.encoded(schema, seed, 3))) {
            for (int i = 0; i < 40; i++) {
                byte[] damaged = damage(row, random);
                assertThatCode(() -> read(schema, damaged))
                        .as("seed %d: %s", seed, HexFormat.of().formatHex(damaged))
                        .doesNotThrowAnyException();
            }
        }
    }

    /** @throws RuntimeException where the error is another than CORRUPT_DATA */
    private static void read(TableSchema schema, byte[] row) {
        try {
            RowBatchBuilder builder = new RowBatchBuilder(schema, schema.columns());
            builder.add(row);
            RowView view = new RowView(schema).on(row);
            RowValues.readAll(schema, view);
            assertThat(RowValues.read(schema.columns(), builder.build(1))).hasSize(1);
        } catch (WeirException e) {
            if (e.code() != ErrorCode.CORRUPT_DATA) {
                throw e;
            }
        }
    }

    private static byte[] damage(byte[] row, Random random) {
        byte[] damaged = random.nextInt(3) == 0 ? Arrays.copyOf(row, random.nextInt(row.length + 3)) : row.clone();
        for (int i = random.nextInt(3); i >= 0 && damaged.length > 0; i--) {
            int at = random.nextInt(damaged.length);
            damaged[at] =
                    random.nextBoolean() ? (byte) random.nextInt() : (byte) (damaged[at] ^ 1 << random.nextInt(8));
        }
        return damaged;
    }

    @Property(tries = 100)
    void aRowThatIsCutOrTooLongIsNone(@ForAll long seed, @ForAll @IntRange(max = 3) int depth) {
        TableSchema schema = RandomRows.schema(seed, depth);
        byte[] row = RowEncoder.encode(schema, BatchRows.encoded(schema, seed, 1))[0];
        for (int length = 0; length <= row.length + 1; length++) {
            if (length != row.length) {
                byte[] cut = Arrays.copyOf(row, length);
                assertCorrupt(() -> new RowView(schema).on(cut));
            }
        }
    }

    /** Two STRINGs, schema version 1: lengths that are negative as an int, beyond one, beyond the row, not as short as can be. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "02000000",
                "0100",
                "0100ffffffff0f",
                "0100ffffffffff0100",
                "01007f00",
                "0100800000",
                "01040000"
            })
    void lengthsThatCannotBeAreRefused(String hex) {
        TableSchema schema = new TableSchema(
                1,
                List.of(
                        new Column(1, "a", DataType.Simple.STRING, true),
                        new Column(2, "b", DataType.Simple.STRING, true)));

        assertCorrupt(() -> new RowView(schema).on(HexFormat.of().parseHex(hex)));
    }

    /** A count of elements is no reason to allocate or to loop. */
    @ParameterizedTest
    @ValueSource(strings = {"ARRAY<INT>", "ARRAY<INT NOT NULL>", "MAP<INT, INT>", "ARRAY<ROW<a INT> NOT NULL>"})
    void countsBeyondTheRowAreRefusedAtOnce(String type) {
        DataType nested = io.weir.codec.schema.TypeParser.parse(type);
        TableSchema schema = new TableSchema(1, List.of(new Column(1, "a", nested, true)));
        byte[] row = HexFormat.of().parseHex("0100" + "05" + "ffffffff07");

        assertCorrupt(() -> new RowBatchBuilder(schema, schema.columns()).add(row));
    }

    /** Few bytes may stand for many nulls, and each of a wide vector takes its room. */
    @Test
    void nullsThatTakeMoreThanABatchMayAreRefused() {
        DataType vectors = new DataType.Array(new DataType.Vector(DataType.LENGTH_MAX), true);
        TableSchema schema = new TableSchema(1, List.of(new Column(1, "a", vectors, true)));
        byte[] row = HexFormat.of().parseHex("0100" + "0d" + "60" + "ff".repeat(12));

        assertThatThrownBy(() -> new RowBatchBuilder(schema, schema.columns()).add(row))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BODY_TOO_LARGE));
    }

    private static void assertCorrupt(Runnable read) {
        assertThatThrownBy(read::run).isInstanceOfSatisfying(WeirException.class, e -> assertThat(e.code())
                .isEqualTo(ErrorCode.CORRUPT_DATA));
    }
}
