package io.weir.actors.catalog;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TypeParser;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionValuesTest {
    private static TableInfo table(String... types) {
        List<Column> columns = new java.util.ArrayList<>();
        for (String type : types) {
            columns.add(new Column(0, "p" + columns.size(), TypeParser.parse(type), false));
        }
        return TableRules.create(
                1,
                "db",
                new Catalog.TableDefinition(
                        "t",
                        columns,
                        List.of(),
                        List.of(),
                        columns.stream().map(Column::name).toList(),
                        1,
                        Map.of()),
                Instant.EPOCH);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "STRING|2026-11",
                "STRING|a.b",
                "STRING|-",
                "CHAR(3)|abc",
                "TINYINT|-128",
                "TINYINT|127",
                "SMALLINT|32767",
                "INT|-2147483648",
                "BIGINT|9223372036854775807",
                "INT|0",
                "BOOLEAN|true",
                "DATE|2024-02-29",
                "DATE|0001-01-01"
            })
    void canonicalTextsAreTaken(String type, String value) {
        assertThatCode(() -> PartitionValues.check(table(type), List.of(value))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CHAR(3)|abcd",
                "TINYINT|128",
                "TINYINT|-129",
                "SMALLINT|32768",
                "INT|007",
                "INT|+7",
                "INT|-0",
                "INT|1.0",
                "BIGINT|9223372036854775808",
                "BOOLEAN|TRUE",
                "BOOLEAN|1",
                "DATE|2026-02-29",
                "DATE|2026-2-1",
                "DATE|20260201"
            })
    void otherTextsOfAValueAreRefused(String type, String value) {
        assertThatThrownBy(() -> PartitionValues.check(table(type), List.of(value)))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("'" + value + "'")
                .hasMessageContaining("'p0'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", ".hidden", "a/b", "a\\b", "a$b", "a b", "ä", "a\n", "a\u0000"})
    void textsThatAreNoNamesAreRefused(String value) {
        assertThatThrownBy(() -> PartitionValues.check(table("STRING"), List.of(value)))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("letters, digits");
    }

    @Test
    void longTextsAndWrongCountsAreRefused() {
        PartitionValues.check(table("STRING"), List.of("a".repeat(128)));
        assertThatThrownBy(() -> PartitionValues.check(table("STRING"), List.of("a".repeat(129))))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("128");
        assertThatThrownBy(() -> PartitionValues.check(table("STRING", "INT"), List.of("a")))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("[p0, p1]");
    }
}
