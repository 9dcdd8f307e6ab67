package io.weir.codec.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.codec.RandomRows;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.row.RowEncoder;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;

class RowJsonTest {
    private final JsonFactory factory = new JsonFactory();

    @Property(tries = 100)
    void writesEveryLeafAsTheWriterOfVectorsDoes(@ForAll long seed) {
        TableSchema schema = new TableSchema(
                1,
                RandomRows.everyLeaf().columns().stream()
                        .filter(column -> RowJson.canWrite(List.of(column)))
                        .toList());
        assertThat(schema.columns()).hasSizeGreaterThanOrEqualTo(16);
        try (RootAllocator allocator = new RootAllocator()) {
            EncodedRows rows = BatchRows.encoded(schema, seed, 8);
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            RecordBatches.load(schema.columns(), rows, allocator, root -> {
                try (JsonGenerator json = factory.createGenerator(expected)) {
                    for (int row = 0; row < rows.rowCount(); row++) {
                        JsonRowWriter.write(json, schema.columns(), root, row);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertThat(written(schema, schema.columns(), RowEncoder.encode(schema, rows)))
                    .isEqualTo(expected.toString(StandardCharsets.UTF_8));
        }
    }

    private String written(TableSchema schema, List<Column> wanted, byte[][] rows) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        RowJson writer = new RowJson(schema, wanted);
        try (JsonGenerator json = factory.createGenerator(out)) {
            for (byte[] row : rows) {
                writer.write(json, row);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void leavesNestedTypesToOthers() {
        assertThat(RowJson.canWrite(List.of(new Column(1, "v", new DataType.Vector(3), true))))
                .isFalse();
        assertThat(RowJson.canWrite(List.of(new Column(1, "a", new DataType.Array(DataType.Simple.INT, true), true))))
                .isFalse();
    }
}
