package io.weir.codec.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ProjectionPropertyTest {
    @Property(tries = 150)
    void anyColumnsInAnyOrderAreThoseOfTheBatch(
            @ForAll long seed, @ForAll @IntRange(max = 4) int depth, @ForAll Compression compression) {
        TableSchema schema = RandomRows.schema(seed, depth);
        int count = 1 + (int) Math.floorMod(seed, 70L);
        EncodedRows rows = RecordBatches.compress(BatchRows.encoded(schema, seed, count), compression);
        SplittableRandom random = new SplittableRandom(seed);
        List<Column> wanted = new ArrayList<>();
        List<Integer> positions = new ArrayList<>();
        for (int i = random.nextInt(1, 9); i > 0; i--) {
            int position = random.nextInt(-2, schema.columns().size());
            positions.add(position);
            wanted.add(
                    position < 0
                            ? addedColumn(100 + wanted.size(), random)
                            : renamed(schema.columns().get(position), "w" + wanted.size()));
        }

        Projection projection =
                Projection.plan(schema, wanted, rows.metadata(), rows.body().remaining());
        EncodedRows projected = read(projection, rows);

        assertThat(projection.columns()).isEqualTo(wanted);
        assertThat(BatchRows.read(projection.columns(), projected))
                .isEqualTo(BatchRows.pick(RandomRows.values(schema, seed, count), positions));
        projection.verify(schema, BatchStatistics.measure(schema, rows), projected.body());
    }

    /** A column that the batch does not have, of any type: nulls. */
    private static Column addedColumn(int id, SplittableRandom random) {
        List<Column> some = RandomRows.schema(random.nextLong(), 3).columns();
        return new Column(
                id, "added" + id, some.get(random.nextInt(some.size())).type(), true);
    }

    private static Column renamed(Column column, String name) {
        return new Column(column.id(), name, column.type(), column.nullable());
    }

    private static EncodedRows read(Projection projection, EncodedRows stored) {
        int length =
                projection.pieces().stream().mapToInt(Projection.Piece::length).sum();
        ByteBuffer body = ByteBuffer.allocate(length);
        for (Projection.Piece piece : projection.pieces()) {
            if (piece instanceof Projection.Range range) {
                body.put(stored.body().slice(range.offset(), range.length()));
            } else {
                body.put(((Projection.Literal) piece).bytes().duplicate());
            }
        }
        return new EncodedRows(0, projection.rowCount(), projection.metadata(), body.flip());
    }

    @Example
    void oneNarrowColumnOfTwentyReadsATwentiethOfTheBody() {
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            columns.add(new Column(i + 1, "c" + i, DataType.Simple.BIGINT, false));
        }
        TableSchema schema = new TableSchema(1, columns);
        EncodedRows rows = BatchRows.encoded(schema, 1, 1000);

        Projection one = Projection.plan(
                schema, columns.subList(7, 8), rows.metadata(), rows.body().remaining());
        Projection three = Projection.plan(
                schema, columns.subList(7, 10), rows.metadata(), rows.body().remaining());
        Projection all =
                Projection.plan(schema, columns, rows.metadata(), rows.body().remaining());

        assertThat(one.pieces()).containsExactly(new Projection.Range(7 * 8000, 8000));
        assertThat(three.pieces()).containsExactly(new Projection.Range(7 * 8000, 24000));
        assertThat(all.pieces()).containsExactly(new Projection.Range(0, 160_000));
        assertThat(rows.body().remaining()).isEqualTo(160_000);
    }

    @Example
    void aFlippedByteOfAReadColumnIsFoundAndOneOfAnotherColumnIsNot() {
        TableSchema schema = new TableSchema(
                1,
                List.of(
                        new Column(1, "a", DataType.Simple.BIGINT, false),
                        new Column(2, "b", DataType.Simple.BIGINT, false)));
        EncodedRows rows = BatchRows.encoded(schema, 1, 10);
        BatchStatistics statistics = BatchStatistics.measure(schema, rows);
        ByteBuffer damaged =
                ByteBuffer.allocate(rows.body().remaining()).put(rows.body()).flip();
        damaged.put(3, (byte) ~damaged.get(3));
        EncodedRows stored = new EncodedRows(1, 10, rows.metadata(), damaged);
        Projection a = Projection.plan(schema, schema.columns().subList(0, 1), rows.metadata(), damaged.remaining());
        Projection b = Projection.plan(schema, schema.columns().subList(1, 2), rows.metadata(), damaged.remaining());

        b.verify(schema, statistics, read(b, stored).body());
        assertThatThrownBy(() -> a.verify(schema, statistics, read(a, stored).body()))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT_DATA))
                .hasMessageContaining("column a");
    }

    @Property(tries = 300)
    void damagedMetadataIsRefusedOrStaysWithinTheBody(@ForAll long seed) {
        TableSchema schema = RandomRows.schema(seed, 2);
        EncodedRows rows = BatchRows.encoded(schema, seed, 20);
        SplittableRandom random = new SplittableRandom(seed);
        ByteBuffer metadata = ByteBuffer.allocate(rows.metadata().remaining())
                .put(rows.metadata())
                .flip();
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            metadata.put(random.nextInt(metadata.limit()), (byte) random.nextInt(256));
        }
        int bodyBytes = rows.body().remaining();

        try {
            Projection projection = Projection.plan(schema, schema.columns(), metadata, bodyBytes);
            for (Projection.Piece piece : projection.pieces()) {
                Projection.Range range = (Projection.Range) piece;
                assertThat(range.offset()).isBetween(0, bodyBytes);
                assertThat(range.length()).isBetween(0, bodyBytes - range.offset());
            }
        } catch (WeirException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT_DATA);
        }
    }
}
