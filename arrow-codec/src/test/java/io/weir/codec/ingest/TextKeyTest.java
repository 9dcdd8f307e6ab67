package io.weir.codec.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.RowJson;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextKeyTest {
    private static final int BUCKETS = 1009;

    /** The text is that of a JSON row, without quotes. */
    @Property(tries = 200)
    void keyAndBucketAreThoseOfTheRow(@ForAll long seed) {
        for (Column any : RandomRows.everyLeaf().columns()) {
            DataType type = any.type();
            if (type instanceof DataType.Vector || type == DataType.Simple.FLOAT || type == DataType.Simple.DOUBLE) {
                continue;
            }
            Column column = new Column(1, "k", type, false);
            TableSchema schema = new TableSchema(1, List.of(column));
            EncodedRows rows = BatchRows.encoded(schema, seed, 1);
            String json =
                    RowJson.object(schema, RandomRows.values(schema, seed, 1).get(0));
            String text = unquoted(json.substring("{\"k\":".length(), json.length() - 1), seed);

            TextKey parsed = TextKey.parse(column, text, BUCKETS);

            assertThat(parsed.key()).as("%s %s", type, text).isEqualTo(keyOf(schema, rows));
            assertThat(parsed.bucket()).as("%s %s", type, text).isEqualTo(bucketOf(schema, rows));
        }
    }

    private static String unquoted(String json, long seed) {
        if (!json.startsWith("\"")) {
            return json;
        }
        try {
            return new com.fasterxml.jackson.databind.ObjectMapper().readValue(json, String.class);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    private static Key keyOf(TableSchema schema, EncodedRows rows) {
        return KeyEncoder.of(schema.columns(), List.of("k")).encode(rows).get(0);
    }

    private static int bucketOf(TableSchema schema, EncodedRows rows) {
        RowRouter router = new RowRouter(schema, List.of(), List.of("k"), BUCKETS);
        List<ChangedRows> changes = List.of(new ChangedRows(ChangeKind.UPSERT, rows, null));
        return BatchRows.withAllocator(
                allocator -> router.split(changes, 0, allocator).firstKey().bucket());
    }

    @ParameterizedTest
    @CsvSource({
        "INT, 12, 12.0",
        "INT, 1200, 12e2",
        "BIGINT, 9223372036854775807, 9223372036854775807.00",
        "BIGINT, 0, -0",
        "'DECIMAL(9,2)', 1.50, 1.5",
        "TIMESTAMP(3), 2015-09-12T00:00:00.001, 1442016000001",
        "TIMESTAMP(0), 1969-12-31T23:59:59, -1000",
        "TIMESTAMP_LTZ(6), 2015-09-12T02:00:00+02:00, 1442016000000",
        "TIMESTAMP_LTZ(6), 2015-09-12T00:00:00Z, 2015-09-12 00:00:00.000Z",
    })
    void differentTextsOfOneValueAreOneKey(String type, String a, String b) {
        Column column = new Column(7, "a \"b\"", TypeParser.parse(type), false);

        assertThat(TextKey.parse(column, a, BUCKETS)).isEqualTo(TextKey.parse(column, b, BUCKETS));
    }

    @ParameterizedTest
    @CsvSource({
        "TINYINT, 128",
        "SMALLINT, -32769",
        "INT, 2147483648",
        "INT, abc",
        "INT, ''",
        "INT, 1.5",
        "INT, 007",
        "INT, ' 7'",
        "BIGINT, 9223372036854775808",
        "BIGINT, 1e30",
        "'DECIMAL(4,2)', 100",
        "BOOLEAN, yes",
        "CHAR(2), abc",
        "BINARY(2), AQ==",
        "BYTES, '?'",
        "DATE, 2015-02-29",
        "TIME(0), 12:00:00.5",
        "TIMESTAMP(3), 2015-09-12T00:00:00Z",
        "TIMESTAMP_LTZ(3), 2015-09-12T00:00:00",
    })
    void aTextThatTheColumnDoesNotTakeIsRefused(String type, String text) {
        Column column = new Column(1, "user", TypeParser.parse(type), false);

        assertThatThrownBy(() -> TextKey.parse(column, text, BUCKETS))
                .isInstanceOfSatisfying(WeirException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
                    assertThat(e.detail()).contains("'user'").contains(type);
                });
    }
}
