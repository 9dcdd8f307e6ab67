package io.weir.codec.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.RowError;
import io.weir.codec.RowJson;
import io.weir.codec.RowVectors;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.Compression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.merge.Bitmaps;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.arrow.vector.VectorSchemaRoot;

class ChangeDecoderTest {
    /** {@code uid} is the generated column, {@code id} the key. */
    private static final TableSchema USERS =
            schema("id BIGINT NOT NULL", "uid BIGINT NOT NULL", "name STRING NOT NULL", "city STRING", "n INT");

    private static final ChangeRules RULES = new ChangeRules(Set.of("id"), "uid", Map.of());

    static TableSchema schema(String... columns) {
        List<Column> all = new ArrayList<>();
        for (String column : columns) {
            String[] parts = column.split(" ", 3);
            all.add(new Column(all.size() + 1, parts[0], TypeParser.parse(parts[1]), parts.length == 2));
        }
        return new TableSchema(4, all);
    }

    private static List<ChangedRows> json(ChangeKind kind, String body) {
        return decode(kind, RowFormat.NDJSON, body.getBytes(StandardCharsets.UTF_8), USERS, RULES);
    }

    private static List<ChangedRows> decode(
            ChangeKind kind, RowFormat format, byte[] body, TableSchema schema, ChangeRules rules) {
        return decode(kind, format, body, schema, rules, DecodeLimits.DEFAULT);
    }

    private static List<ChangedRows> decode(
            ChangeKind kind,
            RowFormat format,
            byte[] body,
            TableSchema schema,
            ChangeRules rules,
            DecodeLimits limits) {
        return BatchRows.withAllocator(allocator ->
                RowDecoder.decodeChanges(kind, format, ByteBuffer.wrap(body), schema, rules, limits, allocator));
    }

    /** An Arrow stream of some columns of the table, in Arrow's own hand. */
    private static byte[] arrow(TableSchema sent, List<List<Object>> rows) {
        return BatchRows.withAllocator(allocator -> {
            try (VectorSchemaRoot root = RowVectors.fill(nullable(sent), rows, allocator)) {
                return ArrowBodies.stream(root, null);
            }
        });
    }

    private static TableSchema nullable(TableSchema schema) {
        return new TableSchema(
                schema.schemaId(),
                schema.columns().stream()
                        .map(c -> new Column(c.id(), c.name(), c.type(), true))
                        .toList());
    }

    private static List<List<Object>> values(TableSchema schema, List<ChangedRows> changes) {
        List<List<Object>> values = new ArrayList<>();
        changes.forEach(c -> values.addAll(BatchRows.read(nullable(schema).columns(), c.rows())));
        return values;
    }

    private static List<BitSet> presence(List<ChangedRows> changes) {
        List<BitSet> bits = new ArrayList<>();
        changes.forEach(c -> IntStream.range(0, c.rows().rowCount()).forEach(row -> bits.add(c.present(row))));
        return bits;
    }

    private static BitSet bits(int... columns) {
        BitSet bits = new BitSet();
        Arrays.stream(columns).forEach(bits::set);
        return bits;
    }

    private static List<RowError> refused(Runnable decoding) {
        WeirException e = catchThrowableOfType(WeirException.class, decoding::run);
        assertThat(e).isNotNull();
        assertThat(e.code()).as(e.detail()).isEqualTo(ErrorCode.INVALID_ROWS);
        return e.rowErrors();
    }

    @Example
    void anUpsertLeavesTheGeneratedColumnOutAndNullablesBecomeNull() {
        List<ChangedRows> rows = json(ChangeKind.UPSERT, """
                {"id":1,"name":"ada"}
                {"uid":null,"id":2,"name":"bob","city":"Ulm","n":7}""");
        assertThat(values(USERS, rows))
                .containsExactly(Arrays.asList(1L, null, "ada", null, null), Arrays.asList(2L, null, "bob", "Ulm", 7L));
        assertThat(rows).allSatisfy(r -> assertThat(r.present()).isNull());
    }

    @Example
    void everythingWrongWithAnUpsertIsNamed() {
        assertThat(refused(() -> json(ChangeKind.UPSERT, """
                        {"id":1,"name":"ada","uid":9}
                        {"name":"bob"}
                        {"id":null,"name":null}
                        {"id":4,"name":"dan","nmae":"x"}
                        {"id":5,"name":"eve","name":"eve"}
                        {"id":6,"name":"f","uid":{"a":[1]}}
                        """)))
                .extracting(RowError::row, RowError::pointer)
                .containsExactly(
                        tuple(0, "/uid"),
                        tuple(1, "/id"),
                        tuple(2, "/id"),
                        tuple(2, "/name"),
                        tuple(3, "/nmae"),
                        tuple(4, "/name"),
                        tuple(5, "/uid"));
        assertThat(refused(() -> json(ChangeKind.UPSERT, "{\"id\":1,\"name\":\"a\",\"uid\":9}")))
                .singleElement()
                .satisfies(e -> assertThat(e.detail()).contains("the store assigns"));
    }

    @Example
    void aPatchKnowsWhatEachRowSets() {
        List<ChangedRows> rows = json(ChangeKind.PATCH, """
                {"id":1}
                {"n":3,"id":2}
                {"id":3,"city":null,"uid":null}
                {"id":4,"name":"dan"}""");
        assertThat(presence(rows)).containsExactly(bits(0), bits(0, 4), bits(0, 3), bits(0, 2));
        assertThat(values(USERS, rows))
                .containsExactly(
                        Arrays.asList(1L, null, null, null, null),
                        Arrays.asList(2L, null, null, null, 3L),
                        Arrays.asList(3L, null, null, null, null),
                        Arrays.asList(4L, null, "dan", null, null));
    }

    @Example
    void aPatchRefusesNullsInColumnsThatAreNotNullAndRowsWithoutKey() {
        assertThat(refused(() -> json(ChangeKind.PATCH, """
                        {"id":1,"name":null}
                        {"n":3}
                        {"id":null}
                        {"id":1,"n":1,"n":2}
                        {"id":1,"uid":5}
                        {"id":1,"ids":5}
                        [1]""")))
                .extracting(RowError::row, RowError::pointer)
                .containsExactly(
                        tuple(0, "/name"),
                        tuple(1, "/id"),
                        tuple(2, "/id"),
                        tuple(3, "/n"),
                        tuple(4, "/uid"),
                        tuple(5, "/ids"),
                        tuple(6, ""));
    }

    @Example
    void aDeleteTakesKeysAndPassesOverWhatElseARowHolds() {
        List<ChangedRows> rows = json(ChangeKind.DELETE, """
                {"id":1}
                {"id":2,"name":null,"n":"no number","city":{"a":["b"]},"uid":7}""");
        assertThat(values(USERS, rows))
                .containsExactly(Arrays.asList(1L, null, null, null, null), Arrays.asList(2L, null, null, null, null));
        assertThat(refused(() -> json(ChangeKind.DELETE, "{\"name\":\"ada\"}\n{\"id\":null}\n{\"id\":3,\"x\":1}")))
                .extracting(RowError::row, RowError::pointer)
                .containsExactly(tuple(0, "/id"), tuple(1, "/id"), tuple(2, "/x"));
    }

    @Example
    void anArrowPatchSetsTheColumnsOfItsStream() {
        TableSchema sent = schema("n INT", "id BIGINT NOT NULL", "city STRING");
        List<ChangedRows> rows = decode(
                ChangeKind.PATCH,
                RowFormat.ARROW_STREAM,
                arrow(sent, List.of(Arrays.asList(5L, 1L, null), Arrays.asList(null, 2L, "Ulm"))),
                USERS,
                RULES);
        assertThat(presence(rows)).containsExactly(bits(0, 3, 4), bits(0, 3, 4));
        assertThat(values(USERS, rows))
                .containsExactly(Arrays.asList(1L, null, null, null, 5L), Arrays.asList(2L, null, null, "Ulm", null));
    }

    @Example
    void anArrowPatchRefusesWhatAJsonPatchDoes() {
        TableSchema names = schema("id BIGINT NOT NULL", "name STRING");
        byte[] nulls = arrow(names, List.of(Arrays.asList(1L, "a"), Arrays.asList(2L, null)));
        assertThat(refused(() -> decode(ChangeKind.PATCH, RowFormat.ARROW_STREAM, nulls, USERS, RULES)))
                .extracting(RowError::row, RowError::pointer)
                .containsExactly(tuple(1, "/name"));
        byte[] noKey = arrow(schema("name STRING"), List.of(Arrays.asList("a")));
        refused(() -> decode(ChangeKind.PATCH, RowFormat.ARROW_STREAM, noKey, USERS, RULES));
        byte[] unknown = arrow(schema("id BIGINT", "x INT"), List.of(Arrays.asList(1L, 1L)));
        refused(() -> decode(ChangeKind.PATCH, RowFormat.ARROW_STREAM, unknown, USERS, RULES));
    }

    @Example
    void anArrowUpsertMaySendTheGeneratedColumnAsNullsOnly() {
        TableSchema sent = schema("id BIGINT", "uid BIGINT", "name STRING");
        byte[] nulls = arrow(sent, List.of(Arrays.asList(1L, null, "a"), Arrays.asList(2L, null, "b")));
        for (ChangeKind kind : List.of(ChangeKind.UPSERT, ChangeKind.PATCH)) {
            List<ChangedRows> rows = decode(kind, RowFormat.ARROW_STREAM, nulls, USERS, RULES);
            assertThat(values(USERS, rows)).extracting(row -> row.get(2)).containsExactly("a", "b");
            assertThat(kind == ChangeKind.UPSERT || presence(rows).equals(List.of(bits(0, 2), bits(0, 2))))
                    .isTrue();
        }
        byte[] value = arrow(sent, List.of(Arrays.asList(1L, null, "a"), Arrays.asList(2L, 7L, "b")));
        assertThat(refused(() -> decode(ChangeKind.UPSERT, RowFormat.ARROW_STREAM, value, USERS, RULES)))
                .extracting(RowError::row, RowError::pointer)
                .containsExactly(tuple(1, "/uid"));
    }

    @Example
    void anArrowDeleteKeepsNothingButKeysWhateverTypesTheRestHas() {
        TableSchema wrong = schema("city BIGINT", "id INT", "name STRING");
        List<ChangedRows> rows = decode(
                ChangeKind.DELETE,
                RowFormat.ARROW_STREAM,
                arrow(wrong, List.of(Arrays.asList(8L, 1L, "a"))),
                USERS,
                RULES);
        assertThat(values(USERS, rows)).containsExactly(Arrays.asList(1L, null, null, null, null));
        byte[] whole = arrow(USERS, List.of(Arrays.asList(1L, 2L, "a", "b", 3L)));
        assertThat(values(USERS, decode(ChangeKind.DELETE, RowFormat.ARROW_STREAM, whole, USERS, RULES)))
                .containsExactly(Arrays.asList(1L, null, null, null, null));
        byte[] unknown = arrow(schema("id BIGINT", "x INT"), List.of(Arrays.asList(1L, 1L)));
        refused(() -> decode(ChangeKind.DELETE, RowFormat.ARROW_STREAM, unknown, USERS, RULES));
    }

    @Example
    void wholeRowsWithoutSpecialColumnsAreKeptByteForByte() {
        TableSchema schema = RandomRows.everyLeaf();
        EncodedRows sent = RecordBatches.compress(BatchRows.encoded(schema, 1, 20), Compression.ZSTD);
        byte[] body = BatchRows.stream(schema.columns(), List.of(sent));
        List<ChangedRows> rows = decode(
                ChangeKind.UPSERT, RowFormat.ARROW_STREAM, body, schema, new ChangeRules(Set.of(), null, Map.of()));
        assertThat(rows).containsExactly(new ChangedRows(ChangeKind.UPSERT, sent, null));
    }

    /** Whatever columns a JSON row holds, they are set to what it says, the others are not, over batches of any size. */
    @Property(tries = 60)
    void randomPatchesComeOutAsTheyWentIn(@ForAll long seed, @ForAll @IntRange(max = 3) int depth) {
        TableSchema schema = withKey(nullable(RandomRows.schema(seed, depth)));
        List<List<Object>> whole = RandomRows.values(schema, seed, 40);
        Random random = new Random(seed);
        List<BitSet> sets = new ArrayList<>();
        List<List<Object>> expected = new ArrayList<>();
        StringBuilder body = new StringBuilder();
        for (int row = 0; row < whole.size(); row++) {
            List<Object> values = new ArrayList<>(whole.get(row));
            values.set(0, (long) row);
            BitSet set = bits(0);
            List<Integer> sent = new ArrayList<>(List.of(0));
            for (int i = 1; i < values.size(); i++) {
                if (random.nextBoolean()) {
                    set.set(i);
                    sent.add(i);
                } else {
                    values.set(i, null);
                }
            }
            java.util.Collections.shuffle(sent, random);
            TableSchema part = new TableSchema(
                    1, sent.stream().map(i -> schema.columns().get(i)).toList());
            body.append(RowJson.object(part, sent.stream().map(values::get).collect(Collectors.toList())))
                    .append('\n');
            sets.add(set);
            expected.add(values);
        }
        List<ChangedRows> rows = decode(
                ChangeKind.PATCH,
                RowFormat.NDJSON,
                body.toString().getBytes(StandardCharsets.UTF_8),
                schema,
                new ChangeRules(Set.of("the key"), null, Map.of()),
                new DecodeLimits(64 << 20, 1000, 1 + random.nextInt(4000)));
        assertThat(values(schema, rows)).isEqualTo(expected);
        assertThat(presence(rows)).isEqualTo(sets);
    }

    private static TableSchema withKey(TableSchema schema) {
        List<Column> columns = new ArrayList<>(schema.columns());
        columns.add(0, new Column(900, "the key", TypeParser.parse("BIGINT"), false));
        return new TableSchema(1, columns);
    }

    /** What lies is refused by the validator that all rows go through, or is rows that Arrow's own reader takes. */
    @Property(tries = 400)
    void damagedStreamsAreRefusedOrRead(@ForAll long seed, @ForAll ChangeKind kind, @ForAll boolean partial) {
        TableSchema sent = partial ? schema("n INT", "id BIGINT NOT NULL", "city STRING") : USERS;
        Object uid = kind == ChangeKind.DELETE ? 9L : null;
        byte[] body = partial
                ? arrow(sent, List.of(Arrays.asList(1L, 2L, "x"), Arrays.asList(null, 3L, null)))
                : arrow(sent, List.of(Arrays.asList(1L, uid, "a", "b", null), Arrays.asList(2L, uid, "c", null, 1L)));
        byte[] damaged = ArrowFuzzTest.damage(body, new SplittableRandom(seed));
        List<ChangedRows> rows;
        try {
            rows = decode(kind, RowFormat.ARROW_STREAM, damaged, USERS, RULES);
        } catch (WeirException e) {
            assertThat(e.detail()).isNotBlank();
            return;
        }
        assertThat(values(USERS, rows)).isNotEmpty().allSatisfy(row -> assertThat(row.get(0))
                .isNotNull());
    }

    @Example
    void presenceCountsAgainstWhatARequestMayTake() {
        List<Column> columns = new ArrayList<>(List.of(new Column(1, "id", TypeParser.parse("TINYINT"), false)));
        for (int i = 2; i <= 2000; i++) {
            columns.add(new Column(i, "c" + i, TypeParser.parse("BOOLEAN"), true));
        }
        TableSchema wide = new TableSchema(1, columns);
        ChangeRules rules = new ChangeRules(Set.of("id"), null, Map.of());
        String rows = "{\"id\":1}\n".repeat(2000);
        WeirException e = catchThrowableOfType(
                WeirException.class,
                () -> decode(
                        ChangeKind.PATCH,
                        RowFormat.NDJSON,
                        rows.getBytes(StandardCharsets.UTF_8),
                        wide,
                        rules,
                        new DecodeLimits(1 << 20, 1 << 20, 1 << 20)));
        assertThat(e.code()).isEqualTo(ErrorCode.BODY_TOO_LARGE);
    }

    private static final TableSchema VISITS = schema("id BIGINT NOT NULL", "uv BYTES", "wide BYTES", "n BIGINT");
    private static final ChangeRules BITMAPS =
            new ChangeRules(Set.of("id"), null, Map.of("uv", BitmapKind.RBM32, "wide", BitmapKind.RBM64));

    private static ByteBuffer bitmap(BitmapKind kind, long... members) {
        byte[] all = Bitmaps.of(kind, members[0]);
        for (long member : members) {
            all = Bitmaps.or(kind, all, Bitmaps.of(kind, member));
        }
        return ByteBuffer.wrap(all);
    }

    private static String base64(ByteBuffer bytes) {
        return java.util.Base64.getEncoder().encodeToString(bytes.array());
    }

    @Example
    void bitmapsComeAsBytesOrAsOneNumber() {
        ByteBuffer many = bitmap(BitmapKind.RBM32, 1, 70_000, 4_294_967_295L);
        String rows = """
                {"id":1,"uv":7,"wide":9007199254740993}
                {"id":2,"uv":"%s","wide":null}
                {"id":3,"uv":"4294967295"}""".formatted(base64(many)).replace("\"4294967295\"", "4294967295");
        List<List<Object>> expected = List.of(
                Arrays.asList(1L, bitmap(BitmapKind.RBM32, 7), bitmap(BitmapKind.RBM64, 9_007_199_254_740_993L), null),
                Arrays.asList(2L, many, null, null),
                Arrays.asList(3L, bitmap(BitmapKind.RBM32, 4_294_967_295L), null, null));
        for (ChangeKind kind : List.of(ChangeKind.UPSERT, ChangeKind.PATCH)) {
            List<ChangedRows> decoded =
                    decode(kind, RowFormat.NDJSON, rows.getBytes(StandardCharsets.UTF_8), VISITS, BITMAPS);
            assertThat(values(VISITS, decoded)).isEqualTo(expected);
        }
    }

    @Example
    void whatIsNoBitmapIsNamed() {
        String rows = """
                {"id":1,"uv":-1}
                {"id":2,"uv":4294967296}
                {"id":3,"uv":1.5}
                {"id":4,"uv":"AAAA"}
                {"id":5,"uv":"?"}
                {"id":6,"uv":[1]}
                {"id":7,"wide":-1}
                {"id":8,"wide":9223372036854775808}""";
        assertThat(refused(() -> decode(
                        ChangeKind.UPSERT, RowFormat.NDJSON, rows.getBytes(StandardCharsets.UTF_8), VISITS, BITMAPS)))
                .extracting(RowError::row)
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Example
    void arrowBitmapsComeAsBinaryOrAsNumbers() {
        TableSchema numbers = schema("id BIGINT", "uv INT", "wide BYTES");
        ByteBuffer wide = bitmap(BitmapKind.RBM64, 5, 6);
        List<ChangedRows> rows = decode(
                ChangeKind.PATCH,
                RowFormat.ARROW_STREAM,
                arrow(numbers, List.of(Arrays.asList(1L, 7L, wide), Arrays.asList(2L, null, null))),
                VISITS,
                BITMAPS);
        assertThat(values(VISITS, rows))
                .containsExactly(
                        Arrays.asList(1L, bitmap(BitmapKind.RBM32, 7), wide, null),
                        Arrays.asList(2L, null, null, null));
        assertThat(presence(rows)).containsExactly(bits(0, 1, 2), bits(0, 1, 2));
        byte[] wrong = arrow(
                numbers,
                List.of(
                        Arrays.asList(1L, 7L, wide),
                        Arrays.asList(2L, -7L, null),
                        Arrays.asList(3L, 1L, ByteBuffer.wrap(new byte[] {1, 2, 3}))));
        assertThat(refused(() -> decode(ChangeKind.UPSERT, RowFormat.ARROW_STREAM, wrong, VISITS, BITMAPS)))
                .extracting(RowError::row, RowError::pointer)
                .containsExactly(tuple(1, "/uv"), tuple(2, "/wide"));
        List<ChangedRows> deleted = decode(
                ChangeKind.DELETE,
                RowFormat.ARROW_STREAM,
                arrow(numbers, List.of(Arrays.asList(1L, -7L, null))),
                VISITS,
                BITMAPS);
        assertThat(values(VISITS, deleted)).containsExactly(Arrays.asList(1L, null, null, null));
    }
}
