package io.weir.codec.row;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.RowVectors;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes are for ever: each was laid out by hand from docs/formats.md. */
class RowFormatTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BOOLEAN            | true  | 01",
                "TINYINT            | -2    | 7ffffffffffffffe",
                "SMALLINT           | 258   | 8000000000000102",
                "INT                | -1    | 7fffffffffffffff",
                "BIGINT             | 0     | 8000000000000000",
                "DATE               | 16690 | 8000000000004132",
                "TIME(3)            | 1000  | 80000000000003e8",
                "TIMESTAMP(6)       | -1    | 7fffffffffffffff",
                "TIMESTAMP_LTZ(9)   | 1     | 8000000000000001",
                "DECIMAL(9,2)       | 1.50  | 80000000000000000000000000000096",
                "DECIMAL(38,2)      | -0.01 | 7fffffffffffffffffffffffffffffff",
                "CHAR(4)            | é     | c3a90000",
                "STRING             | a0b   | 6100ff620000",
                "STRING             | ''    | 0000",
                "BYTES              | 00ff  | 00ffff0000",
                "BINARY(2)          | 00ff  | 00ff",
            })
    void bytesOfAKey(String type, String text, String hex) {
        TableSchema schema = schema(type);
        EncodedRows rows = rows(schema, Arrays.asList(value(type, text)));

        assertThat(KeyEncoder.of(schema.columns(), List.of("c0")).encode(rows).get(0))
                .hasToString(hex);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BOOLEAN            | true  | 01",
                "TINYINT            | -2    | fe",
                "SMALLINT           | 258   | 0201",
                "INT                | -1    | ffffffff",
                "BIGINT             | 258   | 0201000000000000",
                "DATE               | 16690 | 32410000",
                "TIME(3)            | 1000  | e8030000",
                "TIME(4)            | 1000  | e803000000000000",
                "TIMESTAMP(6)       | -1    | ffffffffffffffff",
                "TIMESTAMP_LTZ(9)   | 1     | 0100000000000000",
                "DECIMAL(18,2)      | 1.50  | 9600000000000000",
                "DECIMAL(19,2)      | -0.01 | ffffffffffffffffffffffffffffffff",
                "CHAR(4)            | é     | 02c3a9",
                "STRING             | a0b   | 03610062",
                "BYTES              | 00ff  | 0200ff",
                "BINARY(2)          | 00ff  | 00ff",
                "FLOAT              | 1.5   | 0000c03f",
                "FLOAT              | NaN   | 0000c07f",
                "DOUBLE             | -0.0  | 0000000000000080",
                "DOUBLE             | NaN   | 000000000000f87f",
            })
    void bytesOfAValue(String type, String text, String hex) {
        TableSchema schema = schema(type);

        assertThat(encode(schema, Arrays.asList(value(type, text)))).isEqualTo("07" + "00" + hex);
    }

    @Test
    void bytesOfNestedValues() {
        assertThat(encode(schema("ARRAY<INT>"), List.of(Arrays.asList(1L, null, 2L))))
                .isEqualTo("0700" + "0a" + "03" + "02" + "01000000" + "02000000");
        assertThat(encode(schema("ARRAY<STRING NOT NULL>"), List.of(List.of("a", ""))))
                .isEqualTo("0700" + "04" + "02" + "0161" + "00");
        assertThat(encode(schema("ARRAY<FLOAT>(2)"), List.of(List.of(1f, -2f)))).isEqualTo("0700" + "0000803f000000c0");
        assertThat(encode(schema("ROW<a INT, b STRING>"), List.of(Arrays.asList(null, "x"))))
                .isEqualTo("0700" + "03" + "01" + "0178");
        Map<Object, Object> map = new LinkedHashMap<>();
        map.put("k", List.of(7L));
        map.put("", null);
        assertThat(encode(schema("MAP<STRING, ARRAY<TINYINT NOT NULL>>"), Arrays.asList(map)))
                .isEqualTo("0700" + "07" + "02" + "02" + "016b" + "0107" + "00");
    }

    @Test
    void bytesOfARow() {
        String[] types = {"BIGINT", "STRING", "INT", "INT", "INT", "INT", "INT", "BOOLEAN", "TINYINT"};
        List<Object> values = Arrays.asList(1L, null, null, 2L, null, null, null, null, 3L);

        assertThat(encode(schema(types), values)).isEqualTo("07" + "f600" + "0100000000000000" + "02000000" + "03");
        assertThat(encode(new TableSchema(300, schema("TINYINT").columns()), List.of(1L)))
                .isEqualTo("ac02" + "00" + "01");
        assertThat(encode(schema("STRING"), List.of("x".repeat(200)))).isEqualTo("0700" + "c801" + "78".repeat(200));
        assertThat(encode(schema("ARRAY<STRING NOT NULL>"), List.of(List.of("x".repeat(200)))))
                .isEqualTo("0700" + "cb01" + "01" + "c801" + "78".repeat(200));
    }

    @Test
    void rowsDifferWhereValuesDoAndOnlyThere() {
        assertThat(encode(schema("DOUBLE"), List.of(0.0))).isNotEqualTo(encode(schema("DOUBLE"), List.of(-0.0)));
        float otherNan = Float.intBitsToFloat(0xFFC12345);
        assertThat(encode(schema("ARRAY<FLOAT>(1)"), List.of(List.of(otherNan))))
                .isEqualTo(encode(schema("ARRAY<FLOAT>(1)"), List.of(List.of(Float.NaN))));
        assertThat(encode(schema("ARRAY<DOUBLE>"), List.of(List.of(Double.longBitsToDouble(0xFFF8000000000001L)))))
                .isEqualTo(encode(schema("ARRAY<DOUBLE>"), List.of(List.of(Double.NaN))));
    }

    private static Object value(String type, String text) {
        if (type.startsWith("B") && type.matches("(BYTES|BINARY.*)")) {
            return ByteBuffer.wrap(HexFormat.of().parseHex(text));
        }
        if (type.matches("(STRING|CHAR.*)")) {
            return text.replace('0', '\0');
        }
        return switch (type) {
            case "BOOLEAN" -> Boolean.valueOf(text);
            case "FLOAT" -> Float.valueOf(text);
            case "DOUBLE" -> Double.valueOf(text);
            default -> type.startsWith("DECIMAL") ? new BigDecimal(text) : (Object) Long.valueOf(text);
        };
    }

    private static TableSchema schema(String... types) {
        List<Column> columns = new java.util.ArrayList<>();
        for (int i = 0; i < types.length; i++) {
            columns.add(new Column(i + 1, "c" + i, TypeParser.parse(types[i]), true));
        }
        return new TableSchema(7, columns);
    }

    private static EncodedRows rows(TableSchema schema, List<Object> row) {
        return BatchRows.withAllocator(allocator -> {
            try (VectorSchemaRoot root = RowVectors.fill(schema, List.of(row), allocator)) {
                return RecordBatches.encode(schema.schemaId(), root);
            }
        });
    }

    private static String encode(TableSchema schema, List<Object> row) {
        return HexFormat.of().formatHex(RowEncoder.encode(schema, rows(schema, row))[0]);
    }
}
