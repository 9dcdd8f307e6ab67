package io.weir.codec.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.RandomRows;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.Compression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RowRoundTripTest {
    @Property(tries = 300)
    void batchesOfEncodedRowsHoldTheSameValues(@ForAll long seed, @ForAll @IntRange(max = 4) int depth) {
        TableSchema schema = RandomRows.schema(seed, depth);
        int count = 1 + (int) Math.floorMod(seed, 40L);
        EncodedRows rows = BatchRows.encoded(schema, seed, count);

        byte[][] encoded = RowEncoder.encode(schema, rows);
        RowBatchBuilder builder = new RowBatchBuilder(schema, schema.columns());
        Arrays.stream(encoded).forEach(builder::add);

        assertThat(builder.rowCount()).isEqualTo(count);
        long size = builder.sizeInBytes();
        EncodedRows built = builder.build(schema.schemaId());
        assertThat((long) built.body().remaining()).isEqualTo(size);
        assertThat(built.schemaId()).isEqualTo(schema.schemaId());
        assertThat(BatchRows.read(schema.columns(), built)).isEqualTo(RandomRows.values(schema, seed, count));
        assertThat(RowEncoder.encode(schema, built)).isDeepEqualTo(encoded);
        assertThat(RowEncoder.encode(schema, RecordBatches.compress(rows, Compression.ZSTD)))
                .isDeepEqualTo(encoded);
    }

    @Property(tries = 150)
    void projectionsAndRowsOfNullsKeepTheirPlaces(@ForAll long seed, @ForAll @IntRange(max = 3) int depth) {
        TableSchema schema = RandomRows.schema(seed, depth);
        Random random = new Random(seed);
        List<Integer> positions = new ArrayList<>();
        for (int i = 0; i < schema.columns().size(); i++) {
            positions.add(i);
        }
        Collections.shuffle(positions, random);
        positions = positions.subList(0, random.nextInt(positions.size() + 1));
        List<Column> wanted = positions.stream().map(schema.columns()::get).toList();
        List<List<Object>> values = RandomRows.values(schema, seed, 20);
        byte[][] encoded = RowEncoder.encode(schema, BatchRows.encoded(schema, seed, 20));
        RowBatchBuilder builder = new RowBatchBuilder(schema, wanted);

        for (int round = 0; round < 2; round++) {
            List<List<Object>> expected = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                if (random.nextInt(4) == 0) {
                    builder.addNulls();
                    expected.add(Collections.nCopies(positions.size(), null));
                } else {
                    builder.add(encoded[i]);
                    expected.add(BatchRows.pick(values, positions).get(i));
                }
            }
            EncodedRows built = builder.build(0);
            assertThat(built.rowCount()).isEqualTo(20);
            assertThat(RowValues.read(wanted, built)).isEqualTo(expected);
            assertThat(builder.rowCount()).isZero();
        }
    }

    @Property(tries = 50)
    void aBatchOfNoRowsIsRead(@ForAll long seed, @ForAll @IntRange(max = 3) int depth) {
        TableSchema schema = RandomRows.schema(seed, depth);

        EncodedRows built = new RowBatchBuilder(schema, schema.columns()).build(3);

        assertThat(built.rowCount()).isZero();
        assertThat(built.schemaId()).isEqualTo(3);
        assertThat(BatchRows.read(schema.columns(), built)).isEmpty();
        assertThat(RowEncoder.encode(schema, built)).isEmpty();
    }

    @Property(tries = 100)
    void aViewAndAWriterGiveTheSameRow(@ForAll long seed, @ForAll @IntRange(max = 3) int depth) {
        TableSchema schema = RandomRows.schema(seed, depth);
        RowView view = new RowView(schema);
        RowWriter writer = new RowWriter(schema);
        for (byte[] row : RowEncoder.encode(schema, BatchRows.encoded(schema, seed, 10))) {
            view.on(row);
            writer.begin();
            schema.columns().forEach(column -> writer.copy(view));
            assertThat(writer.end()).isEqualTo(row);
            assertThat(RowValues.rewrite(schema, view, writer)).isEqualTo(row);
        }
    }

    @Test
    void columnsThatTheSchemaLacksAreRefused() {
        TableSchema schema = RandomRows.everyLeaf();
        Column other = new Column(99, "x", schema.columns().get(0).type(), true);

        assertThatThrownBy(() -> new RowBatchBuilder(schema, List.of(other)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
