package io.weir.codec.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.merge.Bitmaps;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AggregateQueryTest {
    private static final TableSchema SCHEMA = new TableSchema(
            3,
            List.of(
                    new Column(1, "day", DataType.Simple.STRING, false),
                    new Column(2, "channel", DataType.Simple.STRING, true),
                    new Column(3, "pv", DataType.Simple.BIGINT, true),
                    new Column(4, "uv", DataType.Simple.BYTES, true),
                    new Column(5, "tags", new DataType.Array(DataType.Simple.STRING, true), true),
                    new Column(6, "odd name", DataType.Simple.INT, true)));
    private static final Map<String, BitmapKind> BITMAPS = Map.of("uv", BitmapKind.RBM32);

    private static AggregateQuery query(List<String> groupBy, String... namesAndTexts) {
        Map<String, String> aggregates = new LinkedHashMap<>();
        for (int i = 0; i < namesAndTexts.length; i += 2) {
            aggregates.put(namesAndTexts[i], namesAndTexts[i + 1]);
        }
        return AggregateQuery.parse(SCHEMA, BITMAPS, groupBy, aggregates);
    }

    private static List<Object> row(String day, String channel, Long pv, long... users) {
        byte[] uv = new byte[] {0x3a, 0x30, 0, 0, 0, 0, 0, 0};
        for (long user : users) {
            uv = Bitmaps.or(BitmapKind.RBM32, uv, Bitmaps.of(BitmapKind.RBM32, user));
        }
        return Arrays.asList(day, channel, pv, ByteBuffer.wrap(uv), null, null);
    }

    private static final List<List<Object>> ROWS = List.of(
            row("1", "en", 5L, 1, 2, 3),
            row("1", "de", 2L, 3, 4),
            row("2", "en", null, 2, 3),
            row("2", null, 4L, 9),
            row("3", "en", 1L, 3));

    private static List<List<Object>> run(AggregateQuery query) {
        return AggregateRuns.run(query, SCHEMA, List.of(ROWS), 1 << 20);
    }

    @Test
    void rollUpsCountDistinctUsersByBitmaps() {
        AggregateQuery query = query(
                List.of("channel"),
                "uv",
                "rb_cardinality(rb_or(uv))",
                "pv",
                "sum(pv)",
                "n",
                "count(*)",
                "m",
                "avg(pv)");
        assertThat(run(query))
                .containsExactly(
                        Arrays.asList(null, 1L, 4L, 1L, 4.0),
                        Arrays.asList("de", 2L, 2L, 1L, 2.0),
                        Arrays.asList("en", 3L, 6L, 3L, 3.0));
        assertThat(query.columns()).extracting(Column::name).containsExactly("channel", "uv", "pv");
        assertThat(query.resultColumns())
                .extracting(column -> column.name() + " " + column.type() + (column.nullable() ? "" : " NOT NULL"))
                .containsExactly("channel STRING", "uv BIGINT", "pv BIGINT", "n BIGINT NOT NULL", "m DOUBLE");
    }

    @Test
    void retentionAndFunnelsAreBitmapsOfFilteredRows() {
        String first = "rb_or(uv) filter (where day='1')";
        String second = "rb_or(uv) FILTER (WHERE day = '2')";
        String third = "rb_or(uv) filter(where (day='3'))";
        AggregateQuery query = query(
                List.of(),
                "came",
                "rb_cardinality(" + first + ")",
                "again",
                "rb_cardinality(rb_and(" + first + ", " + second + "))",
                "thrice",
                "rb_cardinality(rb_and(" + first + ", " + second + ", " + third + "))",
                "lost",
                "rb_cardinality(rb_andnot(" + first + ", rb_or(" + second + ", " + third + ")))");
        assertThat(run(query)).containsExactly(List.of(4L, 2L, 1L, 2L));
        assertThat(query.functions()).as("each filtered function runs once").hasSize(3);
    }

    @Test
    void noRowsAreOneRowWithoutGroups() {
        AggregateQuery query = query(
                List.of(),
                "n",
                "count(*)",
                "s",
                "sum(pv)",
                "lo",
                "min(day)",
                "b",
                "rb_and(uv)",
                "c",
                "rb_cardinality(rb_build(pv))");
        assertThat(AggregateRuns.run(query, SCHEMA, List.of(), 1 << 20))
                .containsExactly(
                        Arrays.asList(0L, null, null, ByteBuffer.wrap(new byte[] {0x3a, 0x30, 0, 0, 0, 0, 0, 0}), 0L));
        assertThat(AggregateRuns.run(query(List.of("day"), "n", "count(*)"), SCHEMA, List.of(), 1 << 20))
                .isEmpty();
    }

    @Test
    void groupsAloneAreDistinctValues() {
        assertThat(run(query(List.of("channel"))))
                .containsExactly(Arrays.asList((Object) null), List.of("de"), List.of("en"));
    }

    @Test
    void countNeedsNoColumn() {
        AggregateQuery query = query(List.of(), "n", "count(*)");
        assertThat(query.columns()).isEmpty();
        assertThat(run(query)).containsExactly(List.of(5L));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            su(pv)                    | at position 1: no function su; there are count, sum, min, max, avg, rb_cardinality, rb_or, rb_and, rb_andnot, rb_build
            pv                        | at position 1: a function is expected, and pv is followed by no '('; there are count,
            ''                        | at position 1: expected a function: count, sum, min, max, avg, rb_cardinality, rb_or, rb_and, rb_andnot, rb_build, found the end
            sum(pv                    | at position 7: expected ')', found the end
            sum()                     | at position 5: expected a column, found ')'
            sum(pv) + 1               | at position 9: expected the end, found '+'
            sum(day)                  | at position 5: sum takes numbers, and column day is STRING
            min(uv)                   | at position 5: min takes numbers, CHAR, STRING, DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ, and column uv is BYTES
            rb_build(day)             | at position 10: rb_build takes TINYINT, SMALLINT, INT and BIGINT, and column day is STRING
            rb_or(pv)                 | at position 7: column pv holds no bitmaps; those that do are uv; rb_build makes a bitmap of a column of whole numbers
            rb_cardinality(uv)        | at position 16: rb_cardinality takes a bitmap that was aggregated, as in rb_cardinality(rb_or(uv)), not a column
            rb_cardinality(sum(pv))   | at position 16: sum makes no bitmap, which is what is expected here; rb_or, rb_and, rb_andnot and rb_build do
            rb_andnot(uv)             | at position 11: rb_andnot takes bitmaps that were aggregated, as in rb_andnot(rb_or(a), rb_or(b)), not columns
            rb_andnot(rb_or(uv))      | at position 1: rb_andnot takes two bitmaps or more, and there is one
            rb_or(uv, uv)             | at position 9: rb_or runs over the rows of one column; of several columns write rb_or(rb_or(a), rb_or(b))
            rb_or(rb_or(uv), uv)      | at position 18: a column among bitmaps; rb_or(column) makes one of the column's rows
            rb_cardinality(rb_or(uv)) filter (where day='1') | at position 27: a filter stands behind what runs over rows, and rb_cardinality here runs over bitmaps: write it behind the inner function
            count(*) filter (day='1') | at position 18: expected WHERE, found 'day'
            count(*) filter (where day='1' | at position 31: expected the ')' that ends the filter, found the end
            count(*) filter (where day=')  | at position 28: expected a closing ' for the one that opens here
            sum("pv)                  | at position 5: expected a closing \" for the one that opens here
            """)
    void errorsNameThePlaceAndWhatFits(String text, String detail) {
        assertThatThrownBy(() -> query(List.of(), "x", text))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
                .hasMessageStartingWith("aggregate x " + detail);
    }

    @Test
    void unknownColumnsAreNamedWithTheNearest() {
        assertRefused(
                () -> query(List.of(), "x", "sum(pw)"),
                ErrorCode.COLUMN_NOT_FOUND,
                "aggregate x at position 5: the table has no column pw; did you mean pv?");
        assertRefused(
                () -> query(List.of("chanel"), "x", "sum(pv)"),
                ErrorCode.COLUMN_NOT_FOUND,
                "group_by: the table has no column chanel; did you mean channel?");
        assertRefused(
                () -> query(List.of(), "x", "count(*) filter (where dai = '1')"),
                ErrorCode.COLUMN_NOT_FOUND,
                "aggregate x at position 24, in the filter: The predicate names a column dai at position 1, which the"
                        + " table does not have; did you mean day?");
        assertRefused(
                () -> query(List.of(), "x", "count(*) filter (where day ~ '1')"),
                ErrorCode.INVALID_PREDICATE,
                "aggregate x at position 24, in the filter: The predicate is wrong at position 5: '~' means nothing here;"
                        + " a name with such a character is written in double quotes, a string in single quotes");
        assertThatCode(() -> query(List.of("odd name"), "x", "max(\"odd name\")"))
                .doesNotThrowAnyException();
    }

    @Test
    void groupsAndNamesAreChecked() {
        assertInvalid(
                () -> query(List.of("tags")),
                "group_by: column tags is ARRAY<STRING>, and nested values make no groups");
        assertInvalid(() -> query(List.of("day", "day")), "group_by: column day is there twice");
        assertInvalid(
                () -> query(List.of("day"), "day", "count(*)"),
                "aggregates: day is a column of group_by too; take another name");
        assertInvalid(
                () -> query(List.of(), "a b", "count(*)"),
                "aggregates: column name 'a b': letters, digits, '_' and '-' only, and not '-' at its start");
        assertInvalid(
                () -> query(List.of(), "_offset", "count(*)"),
                "aggregates: column name '_offset' is reserved for metadata; take another");
        assertInvalid(
                () -> query(List.of()),
                "the query asks for nothing; give aggregates, e.g. \"n\": \"count(*)\", or group_by");
        String[] many = IntStream.range(0, 1001)
                .boxed()
                .flatMap(i -> java.util.stream.Stream.of("a" + i, "count(*)"))
                .toArray(String[]::new);
        assertInvalid(
                () -> query(List.of("day"), many),
                "1001 aggregates and 1 columns in group_by, and at most 1000 and 100 are taken");
    }

    @Test
    void hostileTextsAreRefusedBeforeTheyCost() {
        String deep = "rb_or(".repeat(17) + "uv" + ")".repeat(17);
        assertInvalid(() -> query(List.of(), "x", deep), "aggregate x at position 97: bitmaps nest at most 16 deep");
        assertThatCode(() -> query(List.of(), "x", "rb_or(".repeat(16) + "uv" + ")".repeat(16)))
                .doesNotThrowAnyException();
        String deepest = "rb_or(".repeat(10_000) + "uv" + ")".repeat(10_000);
        assertInvalid(
                () -> query(List.of(), "x", deepest), "aggregate x has 70002 characters; at most 65536 are taken");
        String[] many = new String[2 * 5];
        for (int i = 0; i < 5; i++) {
            int from = i * 1000;
            many[2 * i] = "a" + i;
            many[2 * i + 1] = "rb_or("
                    + String.join(
                            ",",
                            IntStream.range(from, from + 1000)
                                    .mapToObj(n -> "rb_or(uv)filter(where pv=" + n + ")")
                                    .toList())
                    + ")";
        }
        assertInvalid(
                () -> query(List.of(), many),
                "the aggregates have more than 4000 functions over rows; ask in several queries");
    }

    @Test
    void sumsThatDoNotFitAreRefusedWhateverTheOrder() {
        List<List<Object>> rows =
                List.of(row("1", "a", Long.MAX_VALUE), row("1", "a", 1L), row("1", "b", 7L), row("1", "a", -1L));
        AggregateQuery sum = query(List.of(), "s", "sum(pv)");
        List<List<Object>> fits = List.of(rows.get(0), rows.get(1), rows.get(3));
        assertThat(AggregateRuns.run(sum, SCHEMA, List.of(fits), 1 << 20)).containsExactly(List.of(Long.MAX_VALUE));
        assertInvalid(
                () -> AggregateRuns.run(sum, SCHEMA, List.of(rows), 1 << 20),
                "sum(pv): the sum 9223372036854775814 does not fit BIGINT; narrow it by where or filter, or take avg");
        assertInvalid(
                () -> AggregateRuns.run(query(List.of(), "b", "rb_build(pv)"), SCHEMA, List.of(rows), 1 << 20),
                "rb_build(pv): a bitmap holds no negative number, and column pv holds -1; leave such rows out by filter"
                        + " (where pv >= 0)");
    }

    @Test
    void groupsAndBitmapsStayWithinTheBudget() {
        List<List<Object>> rows = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            rows.add(row("day " + i, "channel", (long) i << 20, (long) i << 16));
        }
        assertOverloaded(query(List.of("day"), "n", "count(*)"), rows);
        assertOverloaded(query(List.of(), "b", "rb_or(uv)"), rows);
        assertOverloaded(query(List.of(), "b", "rb_build(pv)"), rows);
        assertOverloaded(query(List.of("day"), "b", "max(channel)", "c", "rb_and(uv)"), rows);
        // The same members again and again take no more than once.
        List<List<Object>> same = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            same.add(row("1", "a", 5L, 1, 2));
        }
        assertThat(AggregateRuns.run(query(List.of(), "n", "rb_cardinality(rb_or(uv))"), SCHEMA, List.of(same), 20_000))
                .containsExactly(List.of(2L));
    }

    @Test
    void aResultOfManyLargeBitmapsIsRefused() {
        List<List<Object>> rows = List.of(
                row("1", "a", 1L, IntStream.range(0, 500).mapToLong(i -> i * 7L).toArray()));
        String[] many = IntStream.range(0, 900)
                .boxed()
                .flatMap(i -> java.util.stream.Stream.of("a" + i, "rb_or(uv)"))
                .toArray(String[]::new);
        assertThatThrownBy(() -> AggregateRuns.run(query(List.of(), many), SCHEMA, List.of(rows), 100_000))
                .hasMessageContaining("take more than 100000 bytes");
    }

    private static void assertOverloaded(AggregateQuery query, List<List<Object>> rows) {
        assertThat(AggregateRuns.run(query, SCHEMA, List.of(rows), 16 << 20)).isNotEmpty();
        assertRefused(
                () -> AggregateRuns.run(query, SCHEMA, List.of(rows), 100_000),
                ErrorCode.OVERLOADED,
                "the query's groups take more than 100000 bytes; narrow it by where, group by fewer columns, or ask for"
                        + " fewer aggregates");
    }

    private static void assertInvalid(ThrowingCallable call, String detail) {
        assertRefused(call, ErrorCode.INVALID_REQUEST, detail);
    }

    private static void assertRefused(ThrowingCallable call, ErrorCode code, String detail) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessage(detail);
    }
}
