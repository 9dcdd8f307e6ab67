package io.weir.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonRowsTest {
    private final RootAllocator allocator = new RootAllocator();

    @AfterEach
    void nothingIsLeftAllocated() {
        allocator.close(); // throws where something is
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "BOOLEAN|\"true\"|true",
                "TINYINT|-128|-128",
                "INT|1.0|1",
                "INT|2.5e1|25",
                "INT|\"-12\"|-12",
                "BIGINT|9223372036854775807|9223372036854775807",
                "BIGINT|-9223372036854775808.000|-9223372036854775808",
                "FLOAT|0.1|0.1",
                "FLOAT|1.00000017881393432617187499|1.0000001",
                "FLOAT|\"NaN\"|\"NaN\"",
                "DOUBLE|\"-Infinity\"|\"-Infinity\"",
                "DOUBLE|\"1.5\"|1.5",
                "DOUBLE|12345678901234567000|1.2345678901234567E19",
                "DOUBLE|9007199254740992|9.007199254740992E15",
                "FLOAT|16777216|1.6777216E7",
                "STRING|1.50|\"1.50\"",
                "STRING|true|\"true\"",
                "STRING|\"\\ud83d\\ude80\"|\"\uD83D\uDE80\"",
                "CHAR(2)|\"\uD83D\uDE80\uD83D\uDE80\"|\"\uD83D\uDE80\uD83D\uDE80\"",
                "DECIMAL(5,2)|\"123.4\"|\"123.40\"",
                "DECIMAL(5,2)|-999.990|\"-999.99\"",
                "DECIMAL(5,2)|0e99999|\"0.00\"",
                "DECIMAL(38,0)|99999999999999999999999999999999999999|\"99999999999999999999999999999999999999\"",
                "BYTES|\"AQI\"|\"AQI=\"",
                "BINARY(2)|\"AQI=\"|\"AQI=\"",
                "DATE|\"2016-02-29\"|\"2016-02-29\"",
                "DATE|\"-0001-12-31\"|\"-0001-12-31\"",
                "DATE|\"+12345-01-01\"|\"+12345-01-01\"",
                "TIME(0)|\"23:59\"|\"23:59:00\"",
                "TIME(2)|\"00:00:00.1200\"|\"00:00:00.12\"",
                "TIMESTAMP(3)|\"2015-09-12T00:46:58.771\"|\"2015-09-12T00:46:58.771\"",
                "TIMESTAMP(0)|1442018818000|\"2015-09-12T00:46:58\"",
                "TIMESTAMP(6)|-0.5|\"1969-12-31T23:59:59.999500\"",
                "TIMESTAMP_LTZ(3)|\"2015-09-12T02:46:58.771+02:00\"|\"2015-09-12T00:46:58.771Z\"",
                "TIMESTAMP_LTZ(9)|\"1677-09-21T00:12:43.145224192Z\"|\"1677-09-21T00:12:43.145224192Z\"",
                "TIMESTAMP_LTZ(3)|1442018818771|\"2015-09-12T00:46:58.771Z\"",
                "ARRAY<INT>|[1,null,\"3\"]|[1,null,3]",
                "ARRAY<FLOAT>(2)|[1,2.5]|[1.0,2.5]",
                "MAP<STRING, INT>|[{\"key\":\"a\",\"value\":1}]|{\"a\":1}",
                "MAP<INT, INT>|{\"7\":1}|[{\"key\":7,\"value\":1}]",
                "ROW<a INT, b STRING>|{\"b\":\"x\"}|{\"a\":null,\"b\":\"x\"}"
            })
    void valuesAreConvertedWhereNothingIsLost(String type, String json, String written) {
        assertThat(throughVectors(schema("c " + type), "{\"c\":" + json + "}")).isEqualTo("{\"c\":" + written + "}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "BOOLEAN|1|expected true or false",
                "BOOLEAN|\"yes\"|expected true or false",
                "TINYINT|128|not from -128 to 127",
                "INT|1.5|whole number",
                "INT|2147483648|not from",
                "INT|\"007\"|expected a number",
                "INT|\" 7\"|expected a number",
                "INT|true|expected a number",
                "BIGINT|9223372036854775808|not from",
                "BIGINT|1e99999|not from",
                "BIGINT|1e2147483647|exponent",
                "INT|[1]|an array",
                "FLOAT|1e39|range of FLOAT",
                "FLOAT|16777217|not a value of FLOAT",
                "DOUBLE|9007199254740993|not a value of DOUBLE",
                "DOUBLE|1e309|range of DOUBLE",
                "DOUBLE|\"inf\"|expected a number",
                "STRING|\"\\ud83d\"|surrogate",
                "STRING|{}|an object",
                "CHAR(2)|\"abc\"|3 characters",
                "DECIMAL(5,2)|1000|before the point",
                "DECIMAL(5,2)|1.234|after the point",
                "DECIMAL(5,2)|1e-99999|after the point",
                "BYTES|\"*\"|base64",
                "BINARY(2)|\"AQ==\"|expected 2 bytes",
                "DATE|\"2015-02-29\"|29 is not from 01 to 28",
                "DATE|\"2015-9-12\"|ISO-8601",
                "DATE|\"12345-01-01\"|ISO-8601",
                "DATE|16000|expected a string",
                "TIME(3)|\"24:00:00\"|24 is not",
                "TIME(3)|\"10:00:00.0001\"|more than 3 fractional digits",
                "TIMESTAMP(3)|\"2015-09-12T00:46:58.771Z\"|has a zone",
                "TIMESTAMP_LTZ(3)|\"2015-09-12T00:46:58.771\"|no zone",
                "TIMESTAMP_LTZ(3)|\"2015-09-12T00:46:58.7711Z\"|more than 3 fractional digits",
                "TIMESTAMP(0)|1442018818771|fractional digits",
                "TIMESTAMP(9)|\"2300-01-01T00:00:00\"|range",
                "TIMESTAMP(3)|1e30|range",
                "ARRAY<INT NOT NULL>|[1,null]|NOT NULL",
                "ARRAY<FLOAT>(2)|[1]|expected 2 floats, found 1",
                "ARRAY<FLOAT>(2)|[1,2,3]|found 3",
                "ARRAY<FLOAT>(2)|[1,null]|NOT NULL",
                "MAP<STRING, INT>|{\"a\":1,\"a\":2}|twice",
                "MAP<STRING, INT>|[{\"value\":1}]|absent",
                "ROW<a INT NOT NULL>|{}|absent",
                "ROW<a INT>|{\"b\":1}|'a' is the nearest",
                "ROW<a INT>|[]|an array"
            })
    void valuesThatDoNotFitAreRefused(String type, String json, String detail) {
        assertThatThrownBy(() -> throughVectors(schema("c " + type), "{\"c\":" + json + "}"))
                .isInstanceOfSatisfying(WeirException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ROWS);
                    assertThat(e.rowErrors().get(0).detail()).contains(detail);
                    assertThat(e.rowErrors().get(0).pointer()).startsWith("/c");
                });
    }

    @Test
    void everyErrorNamesItsRowAndPlace() {
        TableSchema schema = schema("user STRING", "n INT NOT NULL", "tags ARRAY<ROW<`a/b` INT NOT NULL>>");
        String rows = """
                [{"n":1}, {"usr":"x","n":1}, {"n":null}, 7, {"n":1,"n":2},
                 {"n":1,"tags":[{"a/b":1},{"a/b":"x"},{}]}, {}]""";
        List<String> expected = List.of(
                "1 /usr no column is named 'usr'; 'user' is the nearest",
                "2 /n null in what is NOT NULL",
                "3  expected a row as an object, found 7",
                "4 /n the column stands twice in the object",
                "5 /tags/1/a~1b INT: expected a number, found the string 'x'",
                "5 /tags/2/a~1b the field is NOT NULL and absent",
                "6 /n the column is NOT NULL and absent");
        assertThat(errors(() -> read(false, rows, schema))).isEqualTo(expected);
        String lines = rows.substring(1, rows.length() - 1)
                .replace("}, ", "}\n")
                .replace("7, ", "7\n")
                .replace("},\n", "}\n");
        assertThat(errors(() -> read(true, lines, schema))).isEqualTo(expected);
    }

    @Test
    void onlySoManyErrorsAreCollected() {
        TableSchema schema = schema("a INT");
        assertThat(errors(() -> read(true, "{\"a\":\"x\"}\n".repeat(1000), schema)))
                .hasSize(WeirException.ROW_ERRORS_MAX);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "false|{\"a\":1}{\"a\":2}|INVALID_JSON|array of rows",
                "false|[{\"a\":1}] 1|INVALID_JSON|more stands after",
                "false|[{\"a\":1}|INVALID_JSON|line 1, column",
                "false|[]|INVALID_ROWS|no rows",
                "false|` `|INVALID_ROWS|no rows",
                "true|``|INVALID_ROWS|no rows",
                "true|[{\"a\":1}]|INVALID_ROWS|application/json",
                "true|{\"a\":01}|INVALID_JSON|line 1",
                "true|{\"a\":NaN}|INVALID_JSON|line 1",
                "true|{'a':1}|INVALID_JSON|line 1",
                "true|nul|INVALID_JSON|nul"
            })
    void malformedBodiesAreRefused(boolean ndjson, String body, ErrorCode code, String detail) {
        assertThatThrownBy(() -> read(ndjson, body == null ? "" : body, schema("a INT")))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(detail);
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() {
        for (String hex : List.of("ff", "c080", "eda080", "f4908080", "e28")) {
            byte[] bad = new java.math.BigInteger("00" + hex + (hex.length() % 2 == 0 ? "" : "2"), 16).toByteArray();
            ByteBuffer body = ByteBuffer.allocate(64);
            body.put("{\"a\":\"0123456789".getBytes(StandardCharsets.UTF_8))
                    .put(bad, bad[0] == 0 ? 1 : 0, bad.length - (bad[0] == 0 ? 1 : 0));
            body.put("\"}".getBytes(StandardCharsets.UTF_8)).flip();
            assertThatThrownBy(
                            () -> JsonRows.read(true, body, schema("a STRING"), 1000, 10, 1000, allocator, root -> {}))
                    .as(hex)
                    .hasMessageContaining("UTF-8 at byte 16");
        }
    }

    @Test
    void sizesAreBoundedBeforeMemoryIsTaken() {
        TableSchema wide = schema("v ARRAY<FLOAT>(1000000)", "w ARRAY<ARRAY<FLOAT>(1000000)>");
        assertThatThrownBy(() -> read(true, "{}\n".repeat(100), wide)).hasMessageContaining("rows take more than");
        assertThatThrownBy(() -> read(true, "{\"w\":[" + "null,".repeat(20) + "null]}", wide))
                .hasMessageContaining("row 0 takes more than");
        assertThatThrownBy(() -> JsonRows.read(
                        true, utf8("{}\n".repeat(11)), schema("a INT"), 1000, 10, 1000, allocator, root -> {}))
                .hasMessageContaining("more than 10 rows");
        try (RootAllocator small = new RootAllocator(1000)) {
            assertThatThrownBy(() -> JsonRows.read(
                            true,
                            utf8("{\"a\":1}".repeat(5000)),
                            schema("a INT"),
                            1 << 20,
                            10000,
                            1 << 20,
                            small,
                            root -> {}))
                    .isInstanceOfSatisfying(
                            WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
        }
    }

    @Test
    void rowsAreCutIntoBatches() {
        List<Integer> sizes = new ArrayList<>();
        JsonRows.read(
                true,
                utf8("{\"a\":1}\n".repeat(100)),
                schema("a INT"),
                1000,
                1000,
                100,
                allocator,
                root -> sizes.add(root.getRowCount()));
        assertThat(sizes).containsExactly(20, 20, 20, 20, 20);
    }

    private String throughVectors(TableSchema schema, String rows) {
        StringWriter out = new StringWriter();
        JsonRows.read(true, utf8(rows), schema, 1 << 20, 10, 1 << 20, allocator, root -> write(out, schema, root));
        return out.toString();
    }

    private static void write(StringWriter out, TableSchema schema, VectorSchemaRoot root) {
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            JsonRowWriter.write(json, schema.columns(), root, 0);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void read(boolean ndjson, String body, TableSchema schema) {
        JsonRows.read(ndjson, utf8(body), schema, 100 << 20, 1000, 1 << 20, allocator, root -> {});
    }

    private static List<String> errors(ThrowableAssert.ThrowingCallable call) {
        WeirException e = (WeirException) org.assertj.core.api.Assertions.catchThrowable(call);
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ROWS);
        return e.rowErrors().stream()
                .map(r -> new StringJoiner(" ")
                        .add("" + r.row())
                        .add(r.pointer())
                        .add(r.detail())
                        .toString())
                .toList();
    }

    private static ByteBuffer utf8(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static TableSchema schema(String... columns) {
        List<Column> all = new ArrayList<>();
        for (String column : columns) {
            String type = column.substring(column.indexOf(' ') + 1);
            boolean nullable = !type.endsWith(" NOT NULL");
            String bare = nullable ? type : type.substring(0, type.length() - 9);
            all.add(new Column(
                    all.size() + 1, column.substring(0, column.indexOf(' ')), TypeParser.parse(bare), nullable));
        }
        return new TableSchema(1, all);
    }
}
