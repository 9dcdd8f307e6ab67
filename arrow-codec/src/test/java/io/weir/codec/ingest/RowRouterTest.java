package io.weir.codec.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.RowVectors;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ColumnView;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowRouterTest {
    private final RootAllocator allocator = new RootAllocator();

    @AfterEach
    void nothingIsLeftAllocated() {
        allocator.close(); // throws where something is
    }

    /** Published vectors of MurmurHash3 x86 32. */
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "``,00000000,00000000",
                "``,00000001,514e28b7",
                "``,ffffffff,81f16f39",
                "ffffffff,00000000,76293b50",
                "21436587,00000000,f55b516b",
                "21436587,5082edee,2362f9de",
                "214365,00000000,7e4a8634",
                "2143,00000000,a0f7b07a",
                "21,00000000,72661cf4",
                "00000000,00000000,2362f9de"
            })
    void hashIsTheOnePublished(String bytes, String seed, String hash) {
        byte[] input = HexFormat.of().parseHex(bytes == null ? "" : bytes);
        assertThat(Integer.toHexString(Murmur3.hash(input, input.length, Integer.parseUnsignedInt(seed, 16))))
                .isEqualTo(Integer.toHexString(Integer.parseUnsignedInt(hash, 16)));
    }

    /** These may never change: rows written before would be looked for in other buckets. */
    @Test
    void bytesOfAKeyArePinned() {
        assertThat(keyBytes("BOOLEAN", true)).isEqualTo("0101");
        assertThat(keyBytes("INT", null)).isEqualTo("00");
        assertThat(keyBytes("TINYINT", -2L)).isEqualTo("01feffffffffffffff");
        assertThat(keyBytes("INT", -2L)).isEqualTo(keyBytes("BIGINT", -2L)).isEqualTo(keyBytes("SMALLINT", -2L));
        assertThat(keyBytes("FLOAT", 1.5f)).isEqualTo(keyBytes("DOUBLE", 1.5)).isEqualTo("01000000000000f83f");
        assertThat(keyBytes("DOUBLE", -0.0)).isEqualTo(keyBytes("DOUBLE", 0.0));
        assertThat(keyBytes("DECIMAL(5,2)", new BigDecimal("-1.50"))).isEqualTo("01050000002d312e3530");
        assertThat(keyBytes("STRING", "é")).isEqualTo(keyBytes("CHAR(3)", "é")).isEqualTo("0102000000c3a9");
        assertThat(keyBytes("BYTES", ByteBuffer.wrap(new byte[] {7}))).isEqualTo("010100000007");
        assertThat(keyBytes("BINARY(1)", ByteBuffer.wrap(new byte[] {7}))).isEqualTo("010100000007");
        for (String type :
                List.of("DATE", "TIME(0)", "TIME(3)", "TIME(6)", "TIME(9)", "TIMESTAMP(3)", "TIMESTAMP_LTZ(6)")) {
            assertThat(keyBytes(type, 258L)).as(type).isEqualTo("010201000000000000");
        }
    }

    /** Computed by another implementation of the hash over bytes laid out by hand. */
    @Test
    void bucketsArePinned() {
        TableSchema schema = new TableSchema(
                1,
                List.of(
                        new Column(1, "channel", DataType.Simple.STRING, true),
                        new Column(2, "n", DataType.Simple.BIGINT, true)));
        List<List<Object>> rows = List.of(
                Arrays.asList("#en.wikipedia", 1L), Arrays.asList("#de.wikipedia", 2L), Arrays.asList(null, null));
        try (VectorSchemaRoot root = RowVectors.fill(schema, rows, allocator)) {
            EncodedRows batch = RecordBatches.encode(1, root);
            RowRouter router = new RowRouter(schema, List.of(), List.of("channel", "n"), 1000);
            assertThat(router.indexesByRoute(batch).keySet())
                    .extracting(RowRouter.Route::bucket)
                    .containsExactly(78, 197, 565);
            assertThat(router.split(changes(List.of(batch)), 7, allocator))
                    .containsOnlyKeys(
                            new RowRouter.Route(List.of(), 565),
                            new RowRouter.Route(List.of(), 197),
                            new RowRouter.Route(List.of(), 78));
        }
        assertThat(RowRouter.bucketOf("writer-1", 7, 1000)).isEqualTo(714);
        assertThat(RowRouter.bucketOf("writer-1", 7, 1)).isZero();
    }

    @Test
    void rowsGoToOneBucketEachInOrder() {
        for (int seed = 0; seed < 30; seed++) {
            TableSchema schema = RandomRows.schema(seed, 0);
            List<String> key = schema.columns().stream()
                    .filter(c -> !(c.type() instanceof DataType.Vector))
                    .map(Column::name)
                    .limit(2)
                    .toList();
            List<EncodedRows> batches = new ArrayList<>();
            List<List<Object>> all = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                all.addAll(RandomRows.values(schema, seed + i, 30));
                try (VectorSchemaRoot root = RandomRows.root(schema, seed + i, 30, allocator)) {
                    batches.add(RecordBatches.encode(1, root));
                }
            }
            SortedMap<RowRouter.Route, List<ChangedRows>> split =
                    new RowRouter(schema, List.of(), key, 4).split(changes(batches), 0, allocator);
            List<List<List<Object>>> byBucket = new ArrayList<>();
            split.forEach((bucket, parts) -> {
                List<List<Object>> rows = new ArrayList<>();
                parts.forEach(p -> RecordBatches.load(
                        schema.columns(),
                        p.rows(),
                        allocator,
                        root -> rows.addAll(RowVectors.read(schema.columns(), root))));
                byBucket.add(rows);
            });
            assertThat(byBucket.stream().flatMap(List::stream).toList())
                    .as("seed %d", seed)
                    .containsExactlyInAnyOrderElementsOf(all);
            byBucket.forEach(rows -> assertThat(all).containsSubsequence(rows));
        }
    }

    @Test
    void unknownKeyColumnIsRefused() {
        assertThatThrownBy(() -> new RowRouter(RandomRows.everyLeaf(), List.of(), List.of("x"), 4))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.COLUMN_NOT_FOUND));
    }

    private static List<ChangedRows> changes(List<EncodedRows> batches) {
        return batches.stream()
                .map(b -> new ChangedRows(ChangeKind.UPSERT, b, null))
                .toList();
    }

    @Test
    void rowsOfAPartitionedTableGoToTheBucketsOfTheirPartitions() {
        TableSchema schema = schema("ds DATE", "n BIGINT", "on BOOLEAN", "text STRING");
        List<List<Object>> rows = List.of(
                List.of(20_780L, 1L, true, "a"),
                List.of(20_781L, 1L, true, "b"),
                List.of(20_780L, -1L, false, "c"),
                List.of(20_780L, 1L, true, "d"));
        RowRouter router = new RowRouter(schema, List.of("on", "ds", "n"), List.of(), 4);
        ByteBuffer present = ByteBuffer.wrap(new byte[] {1, 2, 3, 4});
        ChangedRows patch = new ChangedRows(ChangeKind.PATCH, encoded(schema, rows), present);

        SortedMap<RowRouter.Route, List<ChangedRows>> split = router.split(List.of(patch), 3, allocator);

        assertThat(split)
                .containsOnlyKeys(
                        new RowRouter.Route(List.of("true", "2026-11-23", "1"), 3),
                        new RowRouter.Route(List.of("true", "2026-11-24", "1"), 3),
                        new RowRouter.Route(List.of("false", "2026-11-23", "-1"), 3));
        ChangedRows two = split.get(new RowRouter.Route(List.of("true", "2026-11-23", "1"), 3))
                .get(0);
        assertThat(two.kind()).isEqualTo(ChangeKind.PATCH);
        assertThat(two.rows().rowCount()).isEqualTo(2);
        assertThat(two.present(0)).isEqualTo(BitSet.valueOf(new byte[] {1}));
        assertThat(two.present(1)).isEqualTo(BitSet.valueOf(new byte[] {4}));
    }

    @Test
    void moreThanAThousandPartitionsInARequestAreRefused() {
        TableSchema schema = schema("n INT");
        RowRouter router = new RowRouter(schema, List.of("n"), List.of("n"), 16);
        List<List<Object>> rows = new ArrayList<>();
        for (long i = 0; i < 1000; i++) {
            rows.add(List.of(i));
        }
        assertThat(router.split(changes(List.of(encoded(schema, rows))), 0, allocator))
                .hasSize(1000);
        rows.add(List.of(1000L));
        assertThatThrownBy(() -> router.split(changes(List.of(encoded(schema, rows))), 0, allocator))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST));
    }

    private EncodedRows encoded(TableSchema schema, List<List<Object>> rows) {
        try (VectorSchemaRoot root = RowVectors.fill(schema, rows, allocator)) {
            return RecordBatches.encode(1, root);
        }
    }

    private static TableSchema schema(String... columns) {
        List<Column> all = new ArrayList<>();
        for (String column : columns) {
            String[] parts = column.split(" ");
            all.add(new Column(all.size() + 1, parts[0], TypeParser.parse(parts[1]), false));
        }
        return new TableSchema(1, all);
    }

    private String keyBytes(String type, Object value) {
        TableSchema schema = new TableSchema(1, List.of(new Column(1, "k", TypeParser.parse(type), true)));
        try (VectorSchemaRoot root = RowVectors.fill(schema, List.of(Arrays.asList(value)), allocator)) {
            KeyBytes bytes = new KeyBytes();
            bytes.add(
                    ColumnView.of(schema.columns(), RecordBatches.encode(1, root))
                            .get(0),
                    0);
            return HexFormat.of().formatHex(bytes.toArray());
        }
    }
}
