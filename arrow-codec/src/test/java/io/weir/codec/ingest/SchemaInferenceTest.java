package io.weir.codec.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaInferenceTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":1}|a BIGINT",
                "{\"a\":1}{\"a\":1.5}|a DOUBLE",
                "{\"a\":1e2}|a DOUBLE",
                "{\"a\":9223372036854775807}{\"a\":9223372036854775808}|a DECIMAL(38,0)",
                "{\"a\":-9223372036854775808}|a BIGINT",
                "{\"a\":1000000000000000000000000000000000000000}|a DOUBLE",
                "{\"a\":true}{\"a\":null}|a BOOLEAN",
                "{\"a\":null}|a STRING",
                "{\"a\":\"x\"}{\"a\":1}|a STRING",
                "{\"a\":\"2015-09-12T00:46:58.771Z\"}|a TIMESTAMP_LTZ(3)",
                "{\"a\":\"2015-09-12T00:46:58Z\"}{\"a\":\"2015-09-12T00:46:58.7710001+02:00\"}|a TIMESTAMP_LTZ(7)",
                "{\"a\":\"2015-09-12T00:46:58Z\"}{\"a\":\"soon\"}|a STRING",
                "{\"a\":\"2015-09-12T00:46:58\"}|a STRING",
                "{\"a\":\"2015-02-30T00:46:58Z\"}|a STRING",
                "{\"a\":[]}|a ARRAY<STRING>",
                "{\"a\":[1,null]}{\"a\":[2.5]}|a ARRAY<DOUBLE>",
                "{\"a\":{}}|a MAP<STRING, STRING>",
                "{\"b\":{\"x y\":1}}{\"a\":\"\",\"b\":{\"z\":[{\"q\":true}]}}|b ROW<`x y` BIGINT, z ARRAY<ROW<q BOOLEAN>>>, a STRING"
            })
    void columnsAreInferredFromJson(String body, String columns) {
        assertThat(infer(body).stream().map(c -> c.name() + " " + c.type()).collect(Collectors.joining(", ")))
                .isEqualTo(columns);
        assertThat(infer(body)).allMatch(Column::nullable);
        assertThat(infer(body).get(0).id()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":1}{}{\"a\":{\"b\":1}}|INVALID_SCHEMA|a number in row 0 and an object in row 2",
                "{\"a\":[1]}{\"a\":\"x\"}|INVALID_SCHEMA|row 1",
                "{\"a\":true}{\"a\":1}|INVALID_SCHEMA|'a'",
                "{\"a\":[{\"b\":1},{\"b\":[]}]}|INVALID_SCHEMA|'a[].b'",
                "{}|INVALID_SCHEMA|no columns",
                "{\"a b\":1}|INVALID_SCHEMA|'a b'",
                "{\"_offset\":1}|INVALID_SCHEMA|reserved",
                "``|INVALID_ROWS|no rows",
                "[1]|INVALID_ROWS|application/json",
                "{\"a\":|INVALID_JSON|line 1"
            })
    void whatImpliesNoColumnsIsRefused(String body, ErrorCode code, String detail) {
        assertThatThrownBy(() -> infer(body))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(detail);
    }

    @Test
    void nestingAndWidthAreBounded() {
        assertThatThrownBy(() -> infer("{\"a\":" + "[".repeat(20) + "]".repeat(20) + "}"))
                .hasMessageContaining("16 deep");
        StringBuilder wide = new StringBuilder("{\"a\":{\"f\":1");
        for (int i = 0; i < 5000; i++) {
            wide.append(",\"f").append(i).append("\":1");
        }
        assertThatThrownBy(() -> infer(wide + "}}")).hasMessageContaining("4096");
    }

    @Test
    void columnsAreInferredFromAnArrowSchema() {
        Schema schema = new Schema(List.of(
                Field.notNullable("a", new ArrowType.Int(8, false)),
                Field.nullable("b", ArrowType.LargeUtf8.INSTANCE)));
        assertThat(SchemaInference.fromArrow(schema))
                .extracting(c -> c.id() + c.name() + c.type() + c.nullable())
                .containsExactly("1aSMALLINTtrue", "2bSTRINGtrue");
        Field twice = Field.nullable("a", ArrowType.Utf8.INSTANCE);
        assertThatThrownBy(() -> SchemaInference.fromArrow(new Schema(List.of(twice, twice))))
                .hasMessageContaining("two fields named 'a'");
        assertThatThrownBy(() -> SchemaInference.fromArrow(new Schema(List.of())))
                .hasMessageContaining("0 fields");
    }

    private static List<Column> infer(String body) {
        String text = body == null ? "" : body;
        return SchemaInference.fromJson(
                true, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), DecodeLimits.DEFAULT);
    }
}
