package io.weir.codec.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.RandomRows;
import io.weir.codec.RowVectors;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class RecordBatchesPropertyTest {
    @Property(tries = 60)
    void encodedRowsAreReadBackByArrow(@ForAll long seed, @ForAll @IntRange(max = 4) int depth) {
        TableSchema schema = RandomRows.schema(seed, depth);
        int count = 1 + (int) Math.floorMod(seed, 40L);
        EncodedRows rows = BatchRows.encoded(schema, seed, count);

        assertThat(BatchRows.read(schema.columns(), rows)).isEqualTo(RandomRows.values(schema, seed, count));
        assertThat(rows.metadata().remaining() % 8).isZero();
        assertThat(rows.body().remaining() % 8).isZero();
    }

    @Property(tries = 60)
    void loadedRowsAreThoseThatWereEncodedWhateverTheCompression(
            @ForAll long seed, @ForAll @IntRange(max = 3) int depth, @ForAll Compression compression) {
        TableSchema schema = RandomRows.schema(seed, depth);
        EncodedRows rows = RecordBatches.compress(BatchRows.encoded(schema, seed, 50), compression);

        List<List<Object>> loaded = new ArrayList<>();
        BatchRows.withAllocator(allocator -> {
            RecordBatches.load(
                    schema.columns(), rows, allocator, root -> loaded.addAll(RowVectors.read(schema.columns(), root)));
            return null;
        });

        assertThat(loaded).isEqualTo(RandomRows.values(schema, seed, 50));
    }

    @Property(tries = 40)
    void compressedRowsAreReadByOtherImplementations(
            @ForAll long seed, @ForAll @IntRange(max = 2) int depth, @ForAll Compression compression) {
        TableSchema schema = RandomRows.schema(seed, depth);
        EncodedRows plain = BatchRows.encoded(schema, seed, 30);
        EncodedRows rows = RecordBatches.compress(plain, compression);

        assertThat(BatchRows.read(schema.columns(), rows)).isEqualTo(RandomRows.values(schema, seed, 30));
        assertThat(RecordBatches.compress(rows, compression)).isSameAs(rows);
        assertThat(RecordBatches.compress(rows, Compression.NONE)).isEqualTo(plain);
    }

    @Property(tries = 60)
    void selectedRowsAreThoseAtTheIndexes(
            @ForAll long seed, @ForAll @IntRange(max = 4) int depth, @ForAll Compression compression) {
        TableSchema schema = RandomRows.schema(seed, depth);
        EncodedRows rows = RecordBatches.compress(BatchRows.encoded(schema, seed, 40), compression);
        SplittableRandom random = new SplittableRandom(seed);
        int[] indexes = random.ints(random.nextInt(60), 0, 40).toArray();

        EncodedRows selected =
                BatchRows.withAllocator(allocator -> RecordBatches.select(schema.columns(), rows, indexes, allocator));

        List<List<Object>> all = RandomRows.values(schema, seed, 40);
        List<List<Object>> expected = new ArrayList<>();
        for (int index : indexes) {
            expected.add(all.get(index));
        }
        assertThat(BatchRows.read(schema.columns(), selected)).isEqualTo(expected);
    }

    @Property(tries = 60)
    void mergedRowsFollowEachOther(@ForAll long seed, @ForAll @IntRange(max = 4) int depth) {
        TableSchema schema = RandomRows.schema(seed, depth);
        List<EncodedRows> parts = new ArrayList<>();
        List<List<Object>> expected = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int count = 1 + (int) Math.floorMod(seed + 7 * i, 20L);
            parts.add(RecordBatches.compress(
                    BatchRows.encoded(schema, seed + i, count), Compression.values()[i % Compression.values().length]));
            expected.addAll(RandomRows.values(schema, seed + i, count));
        }

        EncodedRows merged = BatchRows.withAllocator(allocator -> RecordBatches.merge(schema, parts, allocator));

        assertThat(merged.rowCount()).isEqualTo(expected.size());
        assertThat(BatchRows.read(schema.columns(), merged)).isEqualTo(expected);
    }

    @Example
    void widenedColumnsHoldTheSameValues() {
        TableSchema narrow = schema(
                DataType.Simple.TINYINT,
                DataType.Simple.SMALLINT,
                DataType.Simple.INT,
                DataType.Simple.FLOAT,
                new DataType.Char(4),
                new DataType.Decimal(7, 2),
                DataType.Simple.TINYINT);
        TableSchema wide = schema(
                DataType.Simple.BIGINT,
                DataType.Simple.INT,
                DataType.Simple.BIGINT,
                DataType.Simple.DOUBLE,
                DataType.Simple.STRING,
                new DataType.Decimal(38, 2),
                DataType.Simple.SMALLINT);

        EncodedRows widened = BatchRows.withAllocator(allocator ->
                RecordBatches.widen(narrow.columns(), wide.columns(), BatchRows.encoded(narrow, 5, 100), allocator));

        List<List<Object>> expected = new ArrayList<>();
        for (List<Object> row : RandomRows.values(narrow, 5, 100)) {
            List<Object> values = new ArrayList<>(row);
            values.set(3, row.get(3) == null ? null : (double) (float) row.get(3));
            expected.add(values);
        }
        assertThat(BatchRows.read(wide.columns(), widened)).isEqualTo(expected);
        assertThatThrownBy(() -> BatchRows.withAllocator(allocator -> RecordBatches.widen(
                        wide.columns(), narrow.columns(), BatchRows.encoded(wide, 5, 1), allocator)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static TableSchema schema(DataType... types) {
        List<Column> columns = new ArrayList<>();
        for (DataType type : types) {
            columns.add(new Column(columns.size() + 1, "c" + columns.size(), type, true));
        }
        return new TableSchema(1, columns);
    }
}
