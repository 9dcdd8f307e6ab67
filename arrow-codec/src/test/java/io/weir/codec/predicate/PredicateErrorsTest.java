package io.weir.codec.predicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PredicateErrorsTest {
    private static final TableSchema SCHEMA = new TableSchema(
            1,
            List.of(
                    new Column(1, "user", DataType.Simple.STRING, true),
                    new Column(2, "added", DataType.Simple.INT, true),
                    new Column(3, "robot", DataType.Simple.BOOLEAN, true),
                    new Column(4, "at", new DataType.TimestampLtz(3), true),
                    new Column(5, "day", DataType.Simple.DATE, true),
                    new Column(6, "raw", DataType.Simple.BYTES, true),
                    new Column(7, "tags", new DataType.Array(DataType.Simple.STRING, true), true),
                    new Column(8, "2015-edits", DataType.Simple.BIGINT, true),
                    new Column(9, "my \"own\" name", DataType.Simple.BIGINT, true),
                    new Column(10, "In", DataType.Simple.BIGINT, true),
                    new Column(11, "local", new DataType.Timestamp(6), true),
                    new Column(12, "clock", new DataType.Time(0), true),
                    new Column(13, "price", new DataType.Decimal(10, 2), true),
                    new Column(14, "größe_1", DataType.Simple.DOUBLE, true)));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``                         | 1  | a column, NOT or '('",
                "added                      | 1  | BOOLEAN",
                "added =                    | 8  | a literal",
                "added = )                  | 9  | a literal",
                "= 5                        | 1  | a column",
                "added 5                    | 7  | a comparison, IN, IS, BETWEEN or LIKE",
                "added (5)                  | 7  | a comparison",
                "added = user               | 9  | columns are not compared with columns",
                "user = \"alice\"           | 8  | single quotes",
                "user = 'alice              | 8  | closing '",
                "\"user = 1                 | 1  | closing \"",
                "added = 1 AND              | 14 | a column",
                "added = 1 added = 2        | 11 | AND, OR or the end",
                "(added = 1                 | 11 | AND, OR or ')'",
                "added = 1)                 | 10 | AND, OR or the end",
                "added NOT = 1              | 11 | IN, BETWEEN or LIKE after NOT",
                "added IS 5                 | 10 | NULL or NOT NULL",
                "added IS NOT 5             | 14 | NULL",
                "added IN 5                 | 10 | '('",
                "added IN ()                | 11 | a literal",
                "added IN (1,)              | 13 | a literal",
                "added IN (1 2)             | 13 | ',' or ')'",
                "added BETWEEN 1            | 16 | AND and the upper bound",
                "added BETWEEN 1 OR 2       | 17 | AND and the upper bound",
                "added ; 1                  | 7  | means nothing here",
                "added = 1.2.3              | 9  | a number",
                "added = 1e                 | 9  | a number",
                "added = 1e999999999        | 9  | digits",
                "added = 1e99999999999      | 9  | a number",
                "added = 'many'             | 9  | a number",
                "added = TRUE               | 9  | a number",
                "added = -x                 | 9  | means nothing here",
                "user = 5                   | 8  | a string in single quotes",
                "user = X'00'               | 8  | a string in single quotes",
                "user LIKE 'a%b'            | 11 | no other wildcard",
                "user LIKE '_a'             | 11 | no other wildcard",
                "user LIKE 'a\\b'           | 11 | comes before",
                "user LIKE 'a\\'            | 11 | comes before",
                "user LIKE 5                | 11 | a pattern",
                "added LIKE '5%'            | 12 | STRING and CHAR alone",
                "robot = 1                  | 9  | TRUE or FALSE",
                "robot < TRUE               | 9  | IN and IS NULL alone",
                "raw < 'AA=='               | 7  | IN and IS NULL alone",
                "raw = '!'                  | 7  | base64",
                "raw = X'0'                 | 7  | hex digits",
                "raw = 7                    | 7  | hex digits",
                "tags = 'x'                 | 8  | IS NULL alone",
                "tags < 'x'                 | 8  | IN and IS NULL alone",
                "at > '2015-09-12T00:00:00' | 6  | with zone",
                "at > '2015-09-12'          | 6  | with zone",
                "local > '2015-09-12T00:00:00Z' | 9 | without zone",
                "local > TRUE               | 9  | without zone",
                "day > '2015-02-30'         | 7  | a date like",
                "day > 5                    | 7  | a date like",
                "clock = '25:00'            | 9  | a time like",
                "price = '1,5'              | 9  | a number",
                "user.name = 'x'            | 5  | means nothing here",
            })
    void errorNamesThePositionAndWhatWasExpected(String text, int position, String expected) {
        WeirException error = parseFailure(text);

        assertThat(error.code()).isEqualTo(ErrorCode.INVALID_PREDICATE);
        assertThat(error.detail()).contains("at position " + position + ":").contains(expected);
    }

    @ParameterizedTest
    @CsvSource({"usr = 'x',user", "ADDED > 1,added", "addde > 1,added", "Größe1 < 2,größe_1"})
    void unknownColumnIsAnsweredWithTheNearestName(String text, String near) {
        WeirException error = parseFailure(text);

        assertThat(error.code()).isEqualTo(ErrorCode.COLUMN_NOT_FOUND);
        assertThat(error.detail()).contains("at position 1").endsWith("did you mean " + near + "?");
    }

    @Test
    void farAwayNameGetsNoGuess() {
        assertThat(parseFailure("zzzzzzzzz = 1").detail()).doesNotContain("did you mean");
        assertThat(parseFailure("z".repeat(10_000) + " = 1").detail()).hasSizeLessThan(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "added = 1",
                "added=-1",
                "added<>+1.5e3",
                "  added\n!=\t.5",
                "user = 'it''s'",
                "user='' or \"user\" is null",
                "2015-edits > 0",
                "\"2015-edits\" > 0",
                "\"my \"\"own\"\" name\" >= 0",
                "\"In\" in (1)",
                "größe_1 <= 'Infinity'",
                "robot",
                "not robot and not not robot",
                "((robot))",
                "robot or (robot and robot)",
                "robot = true and robot != NULL",
                "added not between 1 and 2 and added between null and 5",
                "user not like 'a\\%%' or user like '%' or user like 'x' or user like null",
                "raw in ('AA==', X'00ff', x'')",
                "tags is not null",
                "at >= 1442016000000 and at < '2015-09-13T00:00:00.123456789+02:00'",
                "at = '2015-09-13 00:00:00Z'",
                "local = '2015-09-13' or local = '2015-09-13 10:11' or local = 1442016000000",
                "day in ('2015-09-12')",
                "clock < '13:45:00.5'",
                "price = '12.30' or price < 1e-3",
            })
    void takesAllOfTheLanguage(String text) {
        assertThatCode(() -> Predicate.parse(text, SCHEMA)).doesNotThrowAnyException();
    }

    @Test
    void nestingIsBounded() {
        assertThatCode(() -> Predicate.parse("(".repeat(64) + "robot" + ")".repeat(64), SCHEMA))
                .doesNotThrowAnyException();
        assertThat(parseFailure("(".repeat(65) + "robot" + ")".repeat(65)).detail())
                .contains("at position 65:", "64 deep");
        assertThat(parseFailure("NOT ".repeat(4000) + "robot").detail()).contains("64 deep");
        assertThat(parseFailure("(".repeat(16_000)).detail()).contains("64 deep");
    }

    @Test
    void lengthIsBoundedAndLongChainsAreNot() {
        assertThat(parseFailure("robot OR ".repeat(2000) + "robot").detail()).contains("at most 16384");
        assertThatCode(() -> Predicate.parse("robot OR ".repeat(1800) + "robot", SCHEMA))
                .doesNotThrowAnyException();
        assertThatCode(() -> Predicate.parse("added IN (" + "1,".repeat(8000) + "1)", SCHEMA))
                .doesNotThrowAnyException();
    }

    @Test
    void columnsAreNamedOnce() {
        Predicate predicate = Predicate.parse("added > 1 AND (user = 'x' OR added = NULL) AND NOT robot", SCHEMA);

        assertThat(predicate.columns()).extracting(Column::name).containsExactly("added", "user", "robot");
        assertThat(predicate).hasToString("added > 1 AND (user = 'x' OR added = NULL) AND NOT robot");
    }

    private static WeirException parseFailure(String text) {
        WeirException error = catchThrowableOfType(WeirException.class, () -> Predicate.parse(text, SCHEMA));
        assertThat(error).as("refusal of: %.200s", text).isNotNull();
        return error;
    }
}
