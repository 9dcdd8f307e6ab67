package io.weir.codec.ingest;

import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.Compression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.TableSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;

/** Arrow bodies for tests, written by Arrow itself where that is what matters. */
final class ArrowBodies {
    private ArrowBodies() {}

    static byte[] stream(VectorSchemaRoot root, DictionaryProvider dictionaries) {
        return stream(root, dictionaries, writer -> {});
    }

    /** @param more writes further batches */
    static byte[] stream(VectorSchemaRoot root, DictionaryProvider dictionaries, Consumer<ArrowStreamWriter> more) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ArrowStreamWriter writer = new ArrowStreamWriter(root, dictionaries, Channels.newChannel(out))) {
            writer.start();
            writer.writeBatch();
            more.accept(writer);
            writer.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    static byte[] file(VectorSchemaRoot root, DictionaryProvider dictionaries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ArrowFileWriter writer = new ArrowFileWriter(root, dictionaries, Channels.newChannel(out))) {
            writer.start();
            writer.writeBatch();
            writer.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** A stream of ours with random rows. */
    static byte[] stream(TableSchema schema, long seed, int count, Compression compression) {
        EncodedRows rows = RecordBatches.compress(BatchRows.encoded(schema, seed, count), compression);
        return BatchRows.stream(schema.columns(), List.of(rows));
    }

    static List<EncodedRows> decode(RowFormat format, byte[] body, TableSchema schema) {
        return decode(format, body, schema, DecodeLimits.DEFAULT);
    }

    static List<EncodedRows> decode(RowFormat format, byte[] body, TableSchema schema, DecodeLimits limits) {
        return BatchRows.withAllocator(
                allocator -> RowDecoder.decode(format, ByteBuffer.wrap(body), schema, limits, allocator));
    }

    static List<List<Object>> read(TableSchema schema, List<EncodedRows> batches) {
        List<List<Object>> values = new ArrayList<>();
        batches.forEach(rows -> values.addAll(BatchRows.read(schema.columns(), rows)));
        return values;
    }
}
