package io.weir.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;

/** Rows of 100 bytes with a BIGINT key: {@code id, version, a, b, text}. A body may be sent again with another version, as an update. */
final class KeyedRows {
    private static final String TABLES = "/v1/databases/bench/tables";
    static final String TABLE = TABLES + "/keyed";
    static final String WARM_UP = TABLES + "/warm";
    static final int KEYS = 1_000_000;
    static final int ROW_BYTES = 100;
    private static final int TEXT_BYTES = 68;
    private static final long MARK = 0x5bd1e9955bd1e995L;

    private final byte[] body;
    private final int versions;
    private final int rows;

    private KeyedRows(byte[] body, int versions, int rows) {
        this.body = body;
        this.versions = versions;
        this.rows = rows;
    }

    /** The table, and one like it to warm up with. */
    static void createTables(Store store, int buckets, String properties) throws IOException {
        try (RawHttp http = new RawHttp(store.uri())) {
            AppendBench.check(http.send("POST", "/v1/databases", "application/json", ascii("{\"name\":\"bench\"}")));
        }
        createTable(store, "warm", buckets, properties);
        createTable(store, "keyed", buckets, properties);
    }

    private static void createTable(Store store, String name, int buckets, String properties) throws IOException {
        try (RawHttp http = new RawHttp(store.uri())) {
            AppendBench.check(http.send(
                    "POST",
                    TABLES,
                    "application/json",
                    ascii("{\"name\":\"" + name + "\",\"buckets\":" + buckets
                            + ",\"primary_key\":[\"id\"],\"columns\":["
                            + "{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false},"
                            + "{\"name\":\"version\",\"type\":\"BIGINT\"},{\"name\":\"a\",\"type\":\"DOUBLE\"},"
                            + "{\"name\":\"b\",\"type\":\"BIGINT\"},{\"name\":\"text\",\"type\":\"STRING\"}],"
                            + "\"properties\":{" + properties + "}}")));
        }
    }

    /** A body of these keys. */
    static KeyedRows of(long[] keys, SplittableRandom random) {
        byte[] text = new byte[TEXT_BYTES];
        try (BufferAllocator allocator = new RootAllocator();
                BigIntVector id = new BigIntVector("id", allocator);
                BigIntVector version = new BigIntVector("version", allocator);
                Float8Vector a = new Float8Vector("a", allocator);
                BigIntVector b = new BigIntVector("b", allocator);
                VarCharVector texts = new VarCharVector("text", allocator)) {
            texts.allocateNew((long) keys.length * TEXT_BYTES, keys.length);
            for (int i = 0; i < keys.length; i++) {
                id.setSafe(i, keys[i]);
                version.setSafe(i, MARK);
                a.setSafe(i, random.nextDouble());
                b.setSafe(i, random.nextLong());
                texts.set(i, Shape.letters(text, random));
            }
            VectorSchemaRoot root = new VectorSchemaRoot(List.of(id, version, a, b, texts));
            root.setRowCount(keys.length);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(keys.length * (ROW_BYTES + 20));
            try (ArrowStreamWriter writer = new ArrowStreamWriter(root, null, bytes)) {
                writer.start();
                writer.writeBatch();
                writer.end();
            }
            return new KeyedRows(bytes.toByteArray(), indexOfMark(bytes.toByteArray()), keys.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int indexOfMark(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        while (in.getLong(at) != MARK) {
            at++;
        }
        return at;
    }

    /** The body, with another version in each row than it had before. Not for two threads at once. */
    byte[] withVersion(long version) {
        ByteBuffer out = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < rows; i++) {
            out.putLong(versions + 8 * i, version);
        }
        return body;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
