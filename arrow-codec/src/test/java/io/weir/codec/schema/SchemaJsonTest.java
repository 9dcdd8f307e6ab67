package io.weir.codec.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaJsonTest {
    @Test
    void columnsAreReadAsDocumented() {
        List<Column> columns = SchemaJson.read(json("""
                        [{"name":"time","type":"TIMESTAMP_LTZ(3)","nullable":false},{"type":"string","name":"user"}]"""), "/columns", 5);
        assertThat(columns)
                .containsExactly(
                        new Column(5, "time", new DataType.TimestampLtz(3), false),
                        new Column(6, "user", DataType.Simple.STRING, true));
    }

    @Test
    void writtenColumnsAreReadBack() throws IOException {
        for (int seed = 0; seed < 300; seed++) {
            List<Column> columns = RandomRows.schema(seed, seed % 5).columns();
            StringWriter out = new StringWriter();
            try (JsonGenerator generator = new JsonFactory().createGenerator(out)) {
                SchemaJson.write(generator, columns);
            }
            assertThat(SchemaJson.readWithIds(json(out.toString()), ""))
                    .as("seed %d", seed)
                    .isEqualTo(columns);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|/columns: expected an array",
                "[]|/columns: expected an array",
                "[1]|/columns/0: expected an object",
                "[{\"type\":\"INT\"}]|/columns/0/name: expected a string, it is absent",
                "[{\"name\":\"a\",\"type\":3}]|/columns/0/type: expected a string",
                "[{\"name\":\"a\",\"type\":\"INTEGER\"}]|/columns/0/type: type 'INTEGER', position 0",
                "[{\"name\":\"a\",\"type\":\"INT\",\"nullable\":\"no\"}]|/columns/0/nullable: expected true or false",
                "[{\"name\":\"a\",\"type\":\"INT\",\"nulable\":true}]|'nullable' is the nearest",
                "[{\"name\":\"a\",\"type\":\"INT\",\"id\":1}]|unknown member 'id'",
                "[{\"name\":\"a\",\"type\":\"INT\"},{\"name\":\"a\",\"type\":\"INT\"}]|/columns/1/name: a column named 'a'",
                "[{\"name\":\"\",\"type\":\"INT\"}]|0 characters",
                "[{\"name\":\"a$b\",\"type\":\"INT\"}]|'a$b'",
                "[{\"name\":\"-a\",\"type\":\"INT\"}]|not '-' at its start",
                "[{\"name\":\"_offset\",\"type\":\"INT\"}]|reserved"
            })
    void malformedColumnsAreRefusedWithTheirPlace(String columns, String detail) {
        assertThatThrownBy(() -> SchemaJson.read(json(columns), "/columns", 1))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_SCHEMA))
                .hasMessageContaining(detail);
    }

    @Test
    void countIsBounded() {
        StringBuilder columns = new StringBuilder("[{\"name\":\"a\",\"type\":\"INT\"}");
        for (int i = 0; i < SchemaJson.COLUMNS_MAX; i++) {
            columns.append(",{\"name\":\"a").append(i).append("\",\"type\":\"INT\"}");
        }
        assertThatThrownBy(() -> SchemaJson.read(json(columns.append(']').toString()), "/columns", 1))
                .hasMessageContaining("at most 4096");
    }

    @Test
    void nearestNameIsFoundOnlyWhereItIsNear() {
        assertThat(ColumnNames.nearest("usre", List.of("time", "user", "page"))).contains("user");
        assertThat(ColumnNames.nearest("USER", List.of("time", "user"))).contains("user");
        assertThat(ColumnNames.nearest("quantity", List.of("time", "user"))).isEmpty();
        assertThat(ColumnNames.nearest("x".repeat(1000), List.of("x"))).isEmpty();
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
