package io.weir.codec.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.RowVectors;
import io.weir.codec.WeirException;
import java.util.List;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TypesTest {
    @Test
    void everyTypeIsReadBackFromItsText() {
        for (int seed = 0; seed < 2000; seed++) {
            for (Column column : RandomRows.schema(seed, seed % 5).columns()) {
                assertThat(TypeParser.parse(column.type().toString()))
                        .as("seed %d", seed)
                        .isEqualTo(column.type());
            }
        }
    }

    @Test
    void caseAndSpaceDoNotMatter() {
        assertThat(TypeParser.parse(" row < A int not  null,b  array<Float not null> ( 3 ) > "))
                .isEqualTo(new DataType.Row(List.of(
                        new DataType.Row.Field("A", DataType.Simple.INT, false),
                        new DataType.Row.Field("b", new DataType.Vector(3), true))));
        assertThat(TypeParser.parse("decimal(10)")).isEqualTo(new DataType.Decimal(10, 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "INTEGER",
                "INT INT",
                "INT NOT NULL",
                "DECIMAL",
                "DECIMAL(39,0)",
                "DECIMAL(3,4)",
                "DECIMAL(0,0)",
                "CHAR(0)",
                "CHAR(99999999999999999999)",
                "BINARY(-1)",
                "TIME(10)",
                "TIMESTAMP",
                "ARRAY",
                "ARRAY<INT",
                "ARRAY<INT>(3)",
                "ARRAY<INT NOT>",
                "MAP<INT>",
                "ROW<>",
                "ROW<a>",
                "ROW<a INT, a INT>",
                "ROW<`a INT>",
                "ARRAY<FLOAT>(0)",
                "INT)"
            })
    void malformedTypesAreRefusedWithTheirPosition(String text) {
        assertThatThrownBy(() -> TypeParser.parse(text))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_SCHEMA))
                .hasMessageContaining("position")
                .hasMessageContaining("expected");
    }

    @Test
    void nestingAndSizeAreBounded() {
        String deep = "ARRAY<".repeat(DataType.DEPTH_MAX - 1) + "INT" + ">".repeat(DataType.DEPTH_MAX - 1);
        assertThat(TypeParser.parse(deep).toString()).isEqualTo(deep);
        assertThatThrownBy(() -> TypeParser.parse("ARRAY<" + deep + ">")).hasMessageContaining("16 deep");
        assertThatThrownBy(() -> TypeParser.parse("ARRAY<".repeat(100_000))).isInstanceOf(WeirException.class);
        StringBuilder wide = new StringBuilder("ROW<a0 INT");
        for (int i = 1; i <= DataType.TYPES_MAX; i++) {
            wide.append(", a").append(i).append(" INT");
        }
        assertThatThrownBy(() -> TypeParser.parse(wide.append('>').toString())).hasMessageContaining("4096");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TIME(0)|Time(SECOND, 32)",
                "TIME(3)|Time(MILLISECOND, 32)",
                "TIME(4)|Time(MICROSECOND, 64)",
                "TIME(9)|Time(NANOSECOND, 64)",
                "TIMESTAMP(0)|Timestamp(SECOND, null)",
                "TIMESTAMP_LTZ(3)|Timestamp(MILLISECOND, UTC)",
                "TIMESTAMP(6)|Timestamp(MICROSECOND, null)",
                "TIMESTAMP_LTZ(7)|Timestamp(NANOSECOND, UTC)",
                "DECIMAL(5,2)|Decimal(5, 2, 128)",
                "CHAR(3)|Utf8",
                "STRING|Utf8",
                "BYTES|Binary",
                "BINARY(4)|FixedSizeBinary(4)",
                "DATE|Date(DAY)",
                "ARRAY<FLOAT>(3)|FixedSizeList(3)",
                "MAP<STRING, INT>|Map(false)"
            })
    void typesHaveTheirArrowForm(String type, String arrow) {
        Column column = new Column(1, "c", TypeParser.parse(type), false);
        assertThat(ArrowSchemas.toField(column).getType().toString()).isEqualTo(arrow);
        assertThat(ArrowSchemas.toField(column).isNullable()).isFalse();
    }

    @Test
    void foreignArrowTypesHaveATypeHere() {
        assertThat(typeOf(new ArrowType.Int(32, false))).hasToString("BIGINT");
        assertThat(typeOf(new ArrowType.Int(64, false))).hasToString("DECIMAL(20,0)");
        assertThat(typeOf(new ArrowType.Date(DateUnit.MILLISECOND))).hasToString("DATE");
        assertThat(typeOf(new ArrowType.FloatingPoint(FloatingPointPrecision.HALF)))
                .hasToString("FLOAT");
        assertThat(typeOf(new ArrowType.Decimal(10, -3, 256))).hasToString("DECIMAL(13,0)");
        assertThat(typeOf(ArrowType.Utf8View.INSTANCE)).hasToString("STRING");
        assertThat(typeOf(new ArrowType.Timestamp(TimeUnit.NANOSECOND, "Europe/Prague")))
                .hasToString("TIMESTAMP_LTZ(9)");
        assertThat(typeOf(new ArrowType.FixedSizeList(3), new ArrowType.Int(8, true)))
                .hasToString("ARRAY<TINYINT>");
        assertThat(typeOf(new ArrowType.FixedSizeList(3), new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE)))
                .hasToString("ARRAY<FLOAT>(3)");
        assertThat(typeOf(new ArrowType.LargeListView(), ArrowType.LargeUtf8.INSTANCE))
                .hasToString("ARRAY<STRING>");
        assertThatThrownBy(() -> typeOf(new ArrowType.Decimal(50, 3, 256))).hasMessageContaining("'f'");
        assertThatThrownBy(() -> typeOf(new ArrowType.Duration(TimeUnit.SECOND)))
                .hasMessageContaining("Duration");
        assertThatThrownBy(() -> typeOf(ArrowType.Struct.INSTANCE)).isInstanceOf(WeirException.class);
        assertThatThrownBy(() -> typeOf(new ArrowType.Map(false))).isInstanceOf(WeirException.class);
    }

    @Test
    void arrowFieldsOfAHostileDepthAreRefused() {
        Field field = new Field("f", FieldType.nullable(new ArrowType.Int(32, true)), List.of());
        for (int i = 0; i < 500; i++) {
            field = new Field("f", FieldType.nullable(ArrowType.List.INSTANCE), List.of(field));
        }
        Field deep = field;
        assertThatThrownBy(() -> ArrowSchemas.fromField(deep)).hasMessageContaining("16 deep");
    }

    @Test
    void randomRowsSurviveTheirVectors() {
        try (RootAllocator allocator = new RootAllocator()) {
            for (int seed = 0; seed < 300; seed++) {
                TableSchema schema = RandomRows.schema(seed, seed % 5);
                List<List<Object>> rows = RandomRows.values(schema, seed, seed % 40);
                try (VectorSchemaRoot root = RandomRows.root(schema, seed, seed % 40, allocator)) {
                    assertThat(RowVectors.read(schema.columns(), root))
                            .as("seed %d", seed)
                            .isEqualTo(rows);
                }
            }
        }
    }

    private static DataType typeOf(ArrowType type, ArrowType... children) {
        List<Field> fields = java.util.Arrays.stream(children)
                .map(c -> new Field("item", FieldType.nullable(c), List.of()))
                .toList();
        return ArrowSchemas.fromField(new Field("f", FieldType.nullable(type), fields));
    }
}
