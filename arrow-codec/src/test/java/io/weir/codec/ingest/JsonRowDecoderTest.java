package io.weir.codec.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.RandomRows;
import io.weir.codec.RowJson;
import io.weir.codec.RowVectors;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JsonRowDecoderTest {
    private static final String EDITS = """
            {"time":"2015-09-12T00:46:58.771Z","channel":"#en.wikipedia","cityName":null,"isRobot":false,"delta":36}
            {"time":"2015-09-12T00:47:00.496Z","channel":"#ca.wikipedia","cityName":null,"isRobot":true,"delta":17}
            {"time":"2015-09-12T00:47:05.474Z","channel":"#en.wikipedia","cityName":"Auburn","isRobot":false,"delta":0}
            """;

    private final RootAllocator allocator = new RootAllocator();

    @AfterEach
    void nothingIsLeftAllocated() {
        allocator.close(); // throws where something is
    }

    @Test
    void inferredColumnsTakeTheRowsTheyWereInferredFrom() {
        List<Column> columns = SchemaInference.fromJson(true, utf8(EDITS), DecodeLimits.DEFAULT);
        assertThat(columns)
                .extracting(c -> c.name() + " " + c.type())
                .containsExactly(
                        "time TIMESTAMP_LTZ(3)",
                        "channel STRING",
                        "cityName STRING",
                        "isRobot BOOLEAN",
                        "delta BIGINT");
        TableSchema schema = new TableSchema(3, columns);
        List<EncodedRows> batches = JsonRowDecoder.decode(true, utf8(EDITS), schema, DecodeLimits.DEFAULT, allocator);
        assertThat(batches).singleElement().satisfies(b -> assertThat(b.schemaId())
                .isEqualTo(3));
        List<List<Object>> rows = rows(schema, batches);
        assertThat(RowJson.lines(schema, rows)).isEqualTo(EDITS);
    }

    @Test
    void batchesTogetherHoldAllRowsInOrder() {
        for (int seed = 0; seed < 40; seed++) {
            TableSchema schema = RandomRows.schema(seed, seed % 5);
            List<EncodedRows> batches = JsonRowDecoder.decode(
                    false,
                    utf8(RandomRows.json(schema, seed, 50)),
                    schema,
                    new DecodeLimits(1 << 24, 50, 500),
                    allocator);
            assertThat(batches.size()).as("seed %d", seed).isGreaterThan(0);
            assertThat(rows(schema, batches)).as("seed %d", seed).isEqualTo(RandomRows.values(schema, seed, 50));
        }
    }

    private List<List<Object>> rows(TableSchema schema, List<EncodedRows> batches) {
        List<List<Object>> rows = new ArrayList<>();
        batches.forEach(b -> RecordBatches.load(
                schema.columns(), b, allocator, root -> rows.addAll(RowVectors.read(schema.columns(), root))));
        return rows;
    }

    private static ByteBuffer utf8(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
