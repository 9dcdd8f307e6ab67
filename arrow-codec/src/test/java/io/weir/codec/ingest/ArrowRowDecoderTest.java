package io.weir.codec.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.RowError;
import io.weir.codec.RowVectors;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.Compression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.arrow.vector.VectorSchemaRoot;

class ArrowRowDecoderTest {
    @Property(tries = 80)
    void rowsOfTheTablesTypesAreKeptByteForByte(
            @ForAll long seed, @ForAll @IntRange(max = 4) int depth, @ForAll Compression compression) {
        TableSchema schema = RandomRows.schema(seed, depth);
        EncodedRows sent = RecordBatches.compress(BatchRows.encoded(schema, seed, 30), compression);
        byte[] body = BatchRows.stream(schema.columns(), List.of(sent, sent));

        assertThat(ArrowBodies.decode(RowFormat.ARROW_STREAM, body, schema)).containsExactly(sent, sent);
    }

    @Property(tries = 60)
    void streamsAndFilesOfArrowsOwnWriterAreRead(
            @ForAll long seed, @ForAll @IntRange(max = 3) int depth, @ForAll boolean file) {
        TableSchema schema = RandomRows.schema(seed, depth);
        byte[] body = BatchRows.withAllocator(allocator -> {
            try (VectorSchemaRoot root = RandomRows.root(schema, seed, 25, allocator)) {
                return file ? ArrowBodies.file(root, null) : ArrowBodies.stream(root, null);
            }
        });

        List<EncodedRows> rows = ArrowBodies.decode(file ? RowFormat.ARROW_FILE : RowFormat.ARROW_STREAM, body, schema);

        assertThat(ArrowBodies.read(schema, rows)).isEqualTo(RandomRows.values(schema, seed, 25));
    }

    @Property(tries = 60)
    void columnsAreMatchedByNameAndMissingOnesAreNull(@ForAll long seed, @ForAll Compression compression) {
        TableSchema sent = RandomRows.schema(seed, 2);
        List<Column> columns = new ArrayList<>(sent.columns());
        columns.add(0, new Column(50, "extra", new DataType.Array(DataType.Simple.STRING, true), true));
        Collections.shuffle(columns, new Random(seed));
        TableSchema table = new TableSchema(3, columns);

        List<EncodedRows> rows =
                ArrowBodies.decode(RowFormat.ARROW_STREAM, ArrowBodies.stream(sent, seed, 20, compression), table);

        List<Integer> positions = columns.stream().map(sent.columns()::indexOf).toList();
        assertThat(ArrowBodies.read(table, rows))
                .isEqualTo(BatchRows.pick(RandomRows.values(sent, seed, 20), positions));
        assertThat(rows.get(0).schemaId()).isEqualTo(3);
    }

    @Example
    void aStreamInTheLegacyFramingAndWithoutEndIsRead() {
        TableSchema schema = RandomRows.everyLeaf();
        EncodedRows sent = BatchRows.encoded(schema, 1, 5);
        byte[] body = BatchRows.stream(schema.columns(), List.of(sent));
        ByteBuffer legacy = ByteBuffer.allocate(body.length).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer in = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
        int schemaBytes = in.getInt(4);
        legacy.putInt(schemaBytes).put(body, 8, schemaBytes);
        legacy.put(body, 8 + schemaBytes + 4, body.length - 8 - schemaBytes - 4 - 8);

        assertThat(ArrowBodies.decode(RowFormat.ARROW_STREAM, Arrays.copyOf(legacy.array(), legacy.position()), schema))
                .containsExactly(sent);
    }

    @Example
    void aLargeBatchIsCut() {
        TableSchema schema = RandomRows.everyLeaf();
        byte[] body = ArrowBodies.stream(schema, 1, 2000, Compression.ZSTD);

        List<EncodedRows> rows =
                ArrowBodies.decode(RowFormat.ARROW_STREAM, body, schema, new DecodeLimits(1 << 30, 1 << 20, 20_000));

        assertThat(rows).hasSizeGreaterThan(3).allSatisfy(r -> assertThat(r.sizeInBytes())
                .isLessThan(100_000));
        assertThat(ArrowBodies.read(schema, rows)).isEqualTo(RandomRows.values(schema, 1, 2000));
    }

    @Example
    void moreRowsOrBytesThanAllowedAreRefused() {
        TableSchema schema = RandomRows.everyLeaf();
        byte[] body = ArrowBodies.stream(schema, 1, 200, Compression.NONE);

        assertRefused(body, schema, new DecodeLimits(1 << 30, 199, 1 << 20), ErrorCode.BODY_TOO_LARGE, "199 rows");
        assertRefused(body, schema, new DecodeLimits(1000, 1 << 20, 1 << 20), ErrorCode.BODY_TOO_LARGE, "1000 bytes");
    }

    @Example
    void aZstdBombIsRefusedBeforeItIsUnpacked() {
        bomb(Compression.ZSTD);
    }

    @Example
    void anLz4BombIsRefusedBeforeItIsUnpacked() {
        bomb(Compression.LZ4);
    }

    private static void bomb(Compression compression) {
        TableSchema schema = schema(DataType.Simple.BIGINT, false);
        List<List<Object>> zeros = Collections.nCopies(1_000_000, List.of(0L));
        byte[] body =
                BatchRows.stream(schema.columns(), List.of(RecordBatches.compress(encode(schema, zeros), compression)));

        assertThat(body.length).isLessThan(60_000);
        assertRefused(
                body, schema, new DecodeLimits(4 << 20, 1 << 24, 1 << 20), ErrorCode.BODY_TOO_LARGE, "decompress");
    }

    @Example
    void aFrameThatHoldsMoreThanItDeclaresIsRefused() {
        TableSchema schema = schema(DataType.Simple.BIGINT, false);
        for (Compression compression : List.of(Compression.ZSTD, Compression.LZ4)) {
            EncodedRows rows =
                    RecordBatches.compress(encode(schema, Collections.nCopies(10_000, List.of(7L))), compression);
            ByteBuffer lying = ByteBuffer.allocate(rows.body().remaining()).order(ByteOrder.LITTLE_ENDIAN);
            lying.put(rows.body()).putLong(0, 800).flip();
            byte[] body =
                    BatchRows.stream(schema.columns(), List.of(new EncodedRows(1, 10_000, rows.metadata(), lying)));

            assertRefused(body, schema, DecodeLimits.DEFAULT, ErrorCode.INVALID_ARROW, "compressed buffer 1");
        }
    }

    @Example
    void nullsInColumnsThatAreNotNullAreNamedByRowOfTheRequest() {
        TableSchema loose = schema(new DataType.Array(DataType.Simple.INT, true), true);
        TableSchema strict = schema(new DataType.Array(DataType.Simple.INT, false), false);
        EncodedRows good = encode(loose, List.of(List.of(List.of(1L)), List.of(List.of())));
        EncodedRows bad =
                encode(loose, Arrays.asList(Collections.singletonList(null), List.of(Arrays.asList(1L, null))));
        byte[] body = BatchRows.stream(loose.columns(), List.of(good, bad));

        assertThat(errors(body, strict))
                .extracting(RowError::row, RowError::pointer)
                .containsExactly(tuple(2, "/c"), tuple(3, "/c/1"));
    }

    @Example
    void valuesOutsideTheirTypeAreNamedByRow() {
        check(new DataType.Char(3), new DataType.Char(2), "añb", "3 characters");
        check(new DataType.Decimal(5, 2), new DataType.Decimal(4, 2), new BigDecimal("100.00"), "too many digits");
        check(new DataType.Decimal(38, 0), new DataType.Decimal(30, 0), BigDecimal.TEN.pow(30), "too many digits");
        check(new DataType.Time(3), new DataType.Time(3), 86_400_000L, "is not a TIME(3)");
        check(new DataType.Time(6), new DataType.Time(4), 123_456L, "more digits");
        check(DataType.Simple.DATE, DataType.Simple.DATE, 3_000_000L, "is not a DATE");
    }

    private static void check(DataType sentType, DataType type, Object value, String detail) {
        TableSchema sent = schema(sentType, true);
        byte[] body = BatchRows.stream(
                sent.columns(), List.of(encode(sent, Arrays.asList(Collections.singletonList(null), List.of(value)))));
        // DECIMAL(4,2) is another Arrow type than DECIMAL(5,2): sent under the narrow type's name, as a liar would.
        byte[] lying = BatchRows.stream(
                schema(type, true).columns(),
                List.of(encode(sent, Arrays.asList(Collections.singletonList(null), List.of(value)))));

        assertThat(lying.length).isEqualTo(body.length);
        assertThat(errors(lying, schema(type, true))).singleElement().satisfies(error -> {
            assertThat(error.row()).isEqualTo(1);
            assertThat(error.detail()).contains(detail);
        });
    }

    @Example
    void columnsThatTheTableLacksOrNeedsAreNamed() {
        TableSchema table = schema(DataType.Simple.INT, false);
        TableSchema other = new TableSchema(1, List.of(new Column(1, "d", DataType.Simple.INT, true)));

        assertRefused(
                ArrowBodies.stream(other, 1, 2, Compression.NONE),
                table,
                DecodeLimits.DEFAULT,
                ErrorCode.INVALID_ROWS,
                "no column 'd'");
        TableSchema both =
                new TableSchema(1, List.of(table.columns().get(0), new Column(2, "d", DataType.Simple.INT, true)));
        assertRefused(
                ArrowBodies.stream(other, 1, 2, Compression.NONE),
                both,
                DecodeLimits.DEFAULT,
                ErrorCode.INVALID_ROWS,
                "'c' is missing");
    }

    @Example
    void bodiesThatHoldNoRowsOrNoArrowAreRefused() {
        TableSchema schema = schema(DataType.Simple.INT, false);
        byte[] none = BatchRows.stream(schema.columns(), List.of());
        byte[] json = "[{\"c\":1}]".getBytes(StandardCharsets.UTF_8);

        assertRefused(none, schema, DecodeLimits.DEFAULT, ErrorCode.INVALID_ROWS, "no rows");
        assertRefused(new byte[0], schema, DecodeLimits.DEFAULT, ErrorCode.INVALID_ARROW, "no schema");
        assertRefused(json, schema, DecodeLimits.DEFAULT, ErrorCode.INVALID_ARROW, "byte 0");
        assertThatThrownBy(() -> ArrowBodies.decode(RowFormat.ARROW_FILE, none, schema))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARROW));
    }

    private static void assertRefused(
            byte[] body, TableSchema schema, DecodeLimits limits, ErrorCode code, String detail) {
        assertThatThrownBy(() -> ArrowBodies.decode(RowFormat.ARROW_STREAM, body, schema, limits))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(detail);
    }

    private static List<RowError> errors(byte[] body, TableSchema schema) {
        try {
            ArrowBodies.decode(RowFormat.ARROW_STREAM, body, schema);
        } catch (WeirException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ROWS);
            return e.rowErrors();
        }
        throw new AssertionError("the rows were taken");
    }

    private static TableSchema schema(DataType type, boolean nullable) {
        return new TableSchema(1, List.of(new Column(1, "c", type, nullable)));
    }

    private static EncodedRows encode(TableSchema schema, List<List<Object>> rows) {
        return BatchRows.withAllocator(allocator -> {
            try (VectorSchemaRoot root = RowVectors.fill(schema, rows, allocator)) {
                return RecordBatches.encode(1, root);
            }
        });
    }
}
