package io.weir.codec.predicate;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.batch.BatchStatistics.ColumnStatistics;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One batch of 10 rows, whose statistics are written below. */
class PredicateSkippingTest {
    private static final TableSchema SCHEMA = new TableSchema(
            2,
            List.of(
                    new Column(1, "i", DataType.Simple.BIGINT, true),
                    new Column(2, "s", DataType.Simple.STRING, true),
                    new Column(3, "d", DataType.Simple.DOUBLE, true),
                    new Column(4, "m", new DataType.Decimal(10, 2), true),
                    new Column(5, "b", DataType.Simple.BOOLEAN, true),
                    new Column(6, "empty", DataType.Simple.INT, true),
                    new Column(7, "later", DataType.Simple.STRING, true),
                    new Column(8, "t", new DataType.TimestampLtz(3), false),
                    new Column(9, "nan", DataType.Simple.DOUBLE, false),
                    new Column(10, "x", new DataType.TimestampLtz(6), false)));

    /** Column 7 did not exist, 1 was an INT, 3 a FLOAT, 10 counted seconds. */
    private static final TableSchema WRITTEN = new TableSchema(
            1,
            List.of(
                    new Column(1, "i", DataType.Simple.INT, true),
                    new Column(2, "s", DataType.Simple.STRING, true),
                    new Column(3, "old_d", DataType.Simple.FLOAT, true),
                    new Column(4, "m", new DataType.Decimal(10, 2), true),
                    new Column(5, "b", DataType.Simple.BOOLEAN, true),
                    new Column(6, "empty", DataType.Simple.INT, true),
                    new Column(8, "t", new DataType.TimestampLtz(3), false),
                    new Column(9, "nan", DataType.Simple.DOUBLE, false),
                    new Column(10, "x", new DataType.TimestampLtz(0), false)));

    private static final BatchStatistics STATISTICS = new BatchStatistics(List.of(
            new ColumnStatistics(2, 10L, 20L, 0),
            new ColumnStatistics(0, utf8("kilo"), utf8("mike"), 0),
            new ColumnStatistics(0, 0.5, 2.5, 0),
            new ColumnStatistics(0, new BigDecimal("-1.00"), new BigDecimal("1.00"), 0),
            new ColumnStatistics(0, true, true, 0),
            new ColumnStatistics(10, null, null, 0),
            new ColumnStatistics(0, 1_442_016_000_000L, 1_442_016_000_999L, 0),
            new ColumnStatistics(0, null, null, 0),
            new ColumnStatistics(0, 1_442_016_000L, 1_442_016_000L, 0)));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "i = 9 | false",
                "i = 10 | true",
                "i = 10.5 | false",
                "i != 10.5 | true",
                "i < 10 | false",
                "i < 10.5 | true",
                "i <= 10 | true",
                "i > 20 | false",
                "i > 19.5 | true",
                "i > 99999999999999999999 | false",
                "i < 99999999999999999999 | true",
                "NOT i < 99999999999999999999 | false",
                "i BETWEEN 10 AND 20 | true",
                "i NOT BETWEEN 10 AND 20 | false",
                "i NOT BETWEEN 11 AND 20 | true",
                "i BETWEEN 21 AND 30 | false",
                "i IN (1, 5, 30) | false",
                "i IN (1, 15, 30) | true",
                "i NOT IN (1, 15, 30) | true",
                "i NOT IN (1, NULL) | false",
                "i IN (15, NULL) | true",
                "i = NULL OR i != NULL | false",
                "NOT (i >= 10 AND i <= 20) | false",
                "NOT (i < 10 OR i > 20) | true",
                "i < 10 OR s = 'lima' | true",
                "i < 10 AND s = 'lima' | false",
                "i IS NULL | true",
                "i IS NOT NULL | true",
                "s IS NULL | false",
                "NOT s IS NOT NULL | false",
                "s = 'juliett' | false",
                "s < 'kilo' | false",
                "s <= 'kilo' | true",
                "s > 'mike' | false",
                "s LIKE 'l%' | true",
                "s LIKE 'a%' | false",
                "s NOT LIKE 'a%' | true",
                "s NOT LIKE '%' | false",
                "s NOT BETWEEN 'a' AND 'z' | false",
                "d > 2.5 | false",
                "d >= 2.5 | true",
                "d != 'NaN' | true",
                "d < 'NaN' | false",
                "m > 1 | false",
                "m >= 0.999 | true",
                "m > 1.001 | false",
                "m NOT BETWEEN -1 AND 1 | false",
                "b | true",
                "NOT b | false",
                "b != TRUE | false",
                "b IN (FALSE, NULL) | false",
                "empty = 5 | false",
                "empty != 5 | false",
                "empty IS NULL | true",
                "empty IS NOT NULL | false",
                "later = 'x' | false",
                "NOT later = 'x' | false",
                "later IS NULL | true",
                "later IS NOT NULL | false",
                "t >= '2015-09-12T00:00:01Z' | false",
                "t >= '2015-09-12T02:00:00.999+02:00' | true",
                "t > 1442016000999 | false",
                "nan > 5 | true",
                "nan = 'NaN' | false",
                "nan IS NULL | false",
                "x < '1990-01-01T00:00:00Z' | true",
                "x IS NULL | false",
            })
    void skipsWhatCannotPassAndNothingElse(String text, boolean mayMatch) {
        assertThat(Predicate.parse(text, SCHEMA).mayMatch(WRITTEN, STATISTICS, 10))
                .isEqualTo(mayMatch);
    }

    @Test
    void missingStatisticsSkipNothing() {
        assertThat(Predicate.parse("i = 9", SCHEMA).mayMatch(WRITTEN, new BatchStatistics(List.of()), 10))
                .isTrue();
    }

    private static ByteBuffer utf8(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)).asReadOnlyBuffer();
    }
}
