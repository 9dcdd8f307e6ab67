package io.weir.codec.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RowVersionsTest {
    /** Widened by other code (whole batches), columns picked by hand; then encoded, the row must be the same. */
    @Property(tries = 300)
    void anUpgradedRowIsTheRowWrittenToday(@ForAll long seed, @ForAll @IntRange(max = 3) int depth) {
        Random random = new Random(seed);
        TableSchema first = RandomRows.schema(seed, depth);
        TableSchema middle = change(first, 2, random);
        TableSchema last = change(middle, 300, random);
        RowVersions versions = new RowVersions(List.of(first, middle, last));
        assertThat(versions.current()).isEqualTo(last);
        checkUpgrade(versions, first, seed);
        checkUpgrade(versions, middle, seed);
        for (byte[] row : RowEncoder.encode(last, BatchRows.encoded(last, seed, 3))) {
            assertThat(versions.upgrade(row)).isSameAs(row);
        }
    }

    private static void checkUpgrade(RowVersions versions, TableSchema old, long seed) {
        TableSchema current = versions.current();
        List<List<Object>> values = RandomRows.values(old, seed, 10);
        EncodedRows rows = BatchRows.encoded(old, seed, 10);
        List<Column> widened = new ArrayList<>();
        for (Column column : old.columns()) {
            widened.add(current.columnById(column.id()).orElse(column));
        }
        List<List<Object>> wide = BatchRows.read(
                widened,
                BatchRows.withAllocator(allocator -> RecordBatches.widen(old.columns(), widened, rows, allocator)));
        List<Integer> positions =
                current.columns().stream().map(c -> old.indexOf(c.id())).toList();
        RowBatchBuilder builder = new RowBatchBuilder(current, current.columns());
        for (byte[] row : RowEncoder.encode(old, rows)) {
            assertThat(RowVersions.schemaId(row)).isEqualTo(old.schemaId());
            byte[] upgraded = versions.upgrade(row);
            assertThat(RowVersions.schemaId(upgraded)).isEqualTo(current.schemaId());
            builder.add(upgraded);
        }
        EncodedRows built = builder.build(0);
        assertThat(RowValues.read(current.columns(), built))
                .as("seed %d: %s to %s, %s", seed, old, current, values)
                .isEqualTo(BatchRows.pick(wide, positions));
    }

    /** Some columns dropped, some widened, renamed and moved, some added. */
    private static TableSchema change(TableSchema schema, int schemaId, Random random) {
        List<Column> columns = new ArrayList<>();
        for (Column column : schema.columns()) {
            if (random.nextInt(5) > 0) {
                DataType type = random.nextBoolean() ? wider(column.type(), random) : column.type();
                columns.add(new Column(column.id(), "r" + column.id(), type, column.nullable()));
            }
        }
        for (Column added : RandomRows.schema(random.nextLong(), 2).columns()) {
            columns.add(new Column(1000 * schemaId + added.id(), "n" + added.id(), added.type(), true));
        }
        Collections.shuffle(columns, random);
        return new TableSchema(schemaId, columns);
    }

    private static DataType wider(DataType type, Random random) {
        if (type instanceof DataType.Decimal decimal) {
            int digits = 38 - decimal.precision() + 1;
            return new DataType.Decimal(decimal.precision() + random.nextInt(digits), decimal.scale());
        }
        if (type instanceof DataType.Char character) {
            return random.nextBoolean() ? DataType.Simple.STRING : new DataType.Char(character.length() + 3);
        }
        if (type == DataType.Simple.TINYINT) {
            return random.nextBoolean() ? DataType.Simple.SMALLINT : DataType.Simple.INT;
        }
        if (type == DataType.Simple.SMALLINT || type == DataType.Simple.INT) {
            return DataType.Simple.BIGINT;
        }
        return type == DataType.Simple.FLOAT ? DataType.Simple.DOUBLE : type;
    }

    @Test
    void aVersionThatIsNotKnownYetIsSaidSo() {
        TableSchema schema = RandomRows.schema(1, 1);
        TableSchema younger = new TableSchema(2, schema.columns());
        byte[] row = RowEncoder.encode(younger, BatchRows.encoded(younger, 1, 1))[0];

        assertThatThrownBy(() -> new RowVersions(List.of(schema)).upgrade(row))
                .isInstanceOfSatisfying(WeirException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
                    assertThat(e.detail()).contains("version 2");
                });
    }

    @Test
    void aChangeOfTypeThatLosesValuesIsRefused() {
        for (DataType to : List.of(DataType.Simple.INT, DataType.Simple.DOUBLE, DataType.Simple.STRING)) {
            TableSchema old = new TableSchema(1, List.of(new Column(1, "a", DataType.Simple.BIGINT, true)));
            TableSchema now = new TableSchema(2, List.of(new Column(1, "a", to, true)));
            assertThatThrownBy(() -> new RowVersions(List.of(old, now))).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
