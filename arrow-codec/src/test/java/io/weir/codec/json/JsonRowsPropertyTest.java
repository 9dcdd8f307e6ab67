package io.weir.codec.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.codec.RandomRows;
import io.weir.codec.RowJson;
import io.weir.codec.RowVectors;
import io.weir.codec.WeirException;
import io.weir.codec.schema.TableSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

class JsonRowsPropertyTest {
    @Property(tries = 400)
    void rowsSurviveJsonToVectorsToJson(@ForAll long seed, @ForAll @IntRange(max = 4) int depth) throws IOException {
        TableSchema schema = RandomRows.schema(seed, depth);
        List<List<Object>> values = RandomRows.values(schema, seed, 1 + Math.floorMod(seed, 30));
        boolean ndjson = (seed & 1) == 0;
        String json = ndjson ? RowJson.lines(schema, values) : RowJson.array(schema, values);
        List<List<Object>> read = new ArrayList<>();
        StringBuilder written = new StringBuilder();
        try (RootAllocator allocator = new RootAllocator()) {
            read(ndjson, json, schema, 1000, allocator, root -> {
                read.addAll(RowVectors.read(schema.columns(), root));
                written.append(bytes(schema, root));
            });
            assertThat(allocator.getAllocatedMemory()).isZero();
        }
        assertThat(read).isEqualTo(values);
        // What the writer gives reads back to the same rows, and says the same when written again.
        List<List<Object>> again = new ArrayList<>();
        StringBuilder writtenAgain = new StringBuilder();
        try (RootAllocator allocator = new RootAllocator()) {
            read(true, written.toString(), schema, 1 << 20, allocator, root -> {
                again.addAll(RowVectors.read(schema.columns(), root));
                writtenAgain.append(characters(schema, root));
            });
        }
        assertThat(again).isEqualTo(values);
        // Jackson writes characters beyond U+FFFF in names as escapes to bytes and as they are to characters.
        assertThat(writtenAgain.toString()).isEqualTo(written.toString().replace("\\uD83D\\uDE80", "\uD83D\uDE80"));
    }

    @Property(tries = 200)
    void rowsSurviveVectorsToJsonToVectors(@ForAll long seed, @ForAll @IntRange(max = 4) int depth) {
        TableSchema schema = RandomRows.schema(seed, depth);
        List<List<Object>> read = new ArrayList<>();
        try (RootAllocator allocator = new RootAllocator();
                VectorSchemaRoot root = RandomRows.root(schema, seed, 20, allocator)) {
            read(true, bytes(schema, root), schema, 1 << 20, allocator, again -> {
                assertThat(again.getRowCount()).isEqualTo(20);
                read.addAll(RowVectors.read(schema.columns(), again));
            });
            assertThat(read).isEqualTo(RowVectors.read(schema.columns(), root));
        }
    }

    /** Whatever a body is, it is taken or refused, and no memory stays. */
    @Property(tries = 1500)
    void damagedBodiesAreReadOrRefused(@ForAll long seed, @ForAll @IntRange(max = 3) int depth) {
        TableSchema schema = RandomRows.schema(seed, depth);
        byte[] json = RandomRows.json(schema, seed, 4).getBytes(StandardCharsets.UTF_8);
        SplittableRandom random = new SplittableRandom(seed);
        byte[] spice = "{}[]\",:0-e.\\u\u0000nulltrue\u00ff".getBytes(StandardCharsets.ISO_8859_1);
        for (int i = random.nextInt(4); i >= 0; i--) {
            json[random.nextInt(json.length)] = spice[random.nextInt(spice.length)];
        }
        try (RootAllocator allocator = new RootAllocator()) {
            try {
                JsonRows.read(false, ByteBuffer.wrap(json), schema, 1 << 20, 100, 1000, allocator, root -> {});
            } catch (WeirException e) {
                assertThat(e.code().httpStatus()).isBetween(400, 413);
            }
            assertThat(allocator.getAllocatedMemory()).isZero();
        }
    }

    private static void read(
            boolean ndjson,
            String json,
            TableSchema schema,
            int batchBytes,
            RootAllocator allocator,
            java.util.function.Consumer<VectorSchemaRoot> batches) {
        ByteBuffer body = ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8));
        JsonRows.read(
                ndjson,
                batchBytes == 1000 ? body.asReadOnlyBuffer() : body,
                schema,
                256 << 20,
                1000,
                batchBytes,
                allocator,
                batches);
    }

    private static String bytes(TableSchema schema, VectorSchemaRoot root) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(out, JsonEncoding.UTF8)) {
            write(json, schema, root);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String characters(TableSchema schema, VectorSchemaRoot root) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            write(json, schema, root);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString();
    }

    private static void write(JsonGenerator json, TableSchema schema, VectorSchemaRoot root) throws IOException {
        json.setRootValueSeparator(new com.fasterxml.jackson.core.io.SerializedString(""));
        for (int i = 0; i < root.getRowCount(); i++) {
            JsonRowWriter.write(json, schema.columns(), root, i);
            json.writeRaw('\n');
        }
    }
}
