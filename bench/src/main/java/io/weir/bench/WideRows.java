package io.weir.bench;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.memory.util.ByteFunctionHelpers;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;

/**
 * Rows of 2,032 bytes in 20 columns that can be checked when they are read back. The first column, {@code n0}, is the row's number from 0
 * in the order of writing; the others follow from it. A request has {@link #ROWS} rows, which stay together in one bucket.
 */
final class WideRows implements AutoCloseable {
    static final int ROWS = 2_000;
    private static final int KINDS = 8;
    private static final String ID = "n0";

    private final BufferAllocator allocator = new RootAllocator();
    private final Shape shape;
    private final List<byte[]> bodies = new ArrayList<>();
    private final List<Integer> idsAt = new ArrayList<>();
    private final List<ArrowStreamReader> expected = new ArrayList<>();

    WideRows(String table) throws IOException {
        shape = new Shape(table, Shape.WIDE.numbers(), Shape.WIDE.strings(), Shape.WIDE.stringBytes());
        for (int kind = 0; kind < KINDS; kind++) {
            byte[] body = shape.arrow(ROWS, kind);
            ArrowStreamReader reader = new ArrowStreamReader(new ByteArrayInputStream(body), allocator);
            reader.loadNextBatch();
            bodies.add(body);
            expected.add(reader);
            idsAt.add(indexOf((BigIntVector) reader.getVectorSchemaRoot().getVector(ID), body));
        }
    }

    /** Where the values of the vector stand in the stream that it was read from. */
    private static int indexOf(BigIntVector vector, byte[] body) {
        ByteBuffer in = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        while (in.getLong(at) != vector.get(0) || in.getLong(at + 8) != vector.get(1)) {
            at++;
        }
        return at;
    }

    String path() {
        return "/v1/databases/bench/tables/" + shape.name();
    }

    /** The table, and its database where there is none yet. @param properties JSON members */
    void createTable(Store store, int buckets, String properties) throws IOException {
        String definition = new String(shape.definition(buckets), StandardCharsets.UTF_8);
        String whole = definition.substring(0, definition.length() - 1) + ",\"properties\":{" + properties + "}}";
        try (RawHttp http = new RawHttp(store.uri())) {
            RawHttp.Answer database =
                    http.send("POST", "/v1/databases", "application/json", KeyedRows.ascii("{\"name\":\"bench\"}"));
            if (database.status() != 409) {
                AppendBench.check(database);
            }
            AppendBench.check(http.send(
                    "POST", "/v1/databases/bench/tables", "application/json", whole.getBytes(StandardCharsets.UTF_8)));
        }
    }

    /** The body of a request; valid until the next call. @param request 0, 1, … */
    byte[] body(int request) {
        byte[] body = bodies.get(request % KINDS);
        ByteBuffer out = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
        int at = idsAt.get(request % KINDS);
        for (int row = 0; row < ROWS; row++) {
            out.putLong(at + 8 * row, (long) request * ROWS + row);
        }
        return body;
    }

    /** Writes requests one after the other. */
    void load(Store store, int requests) throws IOException {
        try (RawHttp http = new RawHttp(store.uri())) {
            for (int request = 0; request < requests; request++) {
                AppendBench.check(
                        http.send("POST", path() + "/rows", "application/vnd.apache.arrow.stream", body(request)));
            }
        }
    }

    /** What was read, of all buckets. */
    final class Check {
        private final BitSet requests = new BitSet();
        private long rows;

        /** Reads one bucket's stream to its end; every byte of every row is compared with what was written. */
        void bucket(InputStream stream) throws IOException {
            try (ArrowStreamReader reader = new ArrowStreamReader(stream, allocator)) {
                long last = -1;
                while (reader.loadNextBatch()) {
                    last = batch(reader.getVectorSchemaRoot(), last);
                }
            }
        }

        private long batch(VectorSchemaRoot batch, long lastId) throws IOException {
            BigIntVector ids = (BigIntVector) batch.getVector(ID);
            long last = lastId;
            for (int at = 0; at < batch.getRowCount(); ) {
                long id = ids.get(at);
                int row = (int) (id % ROWS);
                int count = Math.min(ROWS - row, batch.getRowCount() - at);
                boolean inOrder = row == 0 ? id > last : id == last + 1;
                if (!inOrder || (row == 0 && requests.get((int) (id / ROWS)))) {
                    throw new IOException("row " + id + " came after row " + last);
                }
                for (int i = 1; i < count; i++) {
                    if (ids.get(at + i) != id + i) {
                        throw new IOException("row " + ids.get(at + i) + " came after row " + (id + i - 1));
                    }
                }
                compare(batch, at, (int) (id / ROWS % KINDS), row, count);
                requests.set((int) (id / ROWS));
                last = id + count - 1;
                at += count;
                rows += count;
            }
            return last;
        }

        private void compare(VectorSchemaRoot batch, int at, int kind, int row, int count) throws IOException {
            VectorSchemaRoot right = expected.get(kind).getVectorSchemaRoot();
            for (FieldVector wanted : right.getFieldVectors()) {
                FieldVector found = batch.getVector(wanted.getName());
                if (!wanted.getName().equals(ID) && !equal(found, at, wanted, row, count)) {
                    throw new IOException("column " + wanted.getName() + " of request kind " + kind + ", rows " + row
                            + " to " + (row + count) + ", is not as it was written");
                }
            }
        }

        long rows() {
            return rows;
        }
    }

    private boolean equal(FieldVector found, int from, FieldVector wanted, int wantedFrom, int count) {
        if (found.getNullCount() != 0) {
            return false;
        }
        if (!(found instanceof VarCharVector strings)) {
            return equal(found.getDataBuffer(), 8L * from, wanted.getDataBuffer(), 8L * wantedFrom, 8L * count);
        }
        int size = shape.stringBytes();
        int begin = strings.getStartOffset(from);
        for (int i = 1; i <= count; i++) {
            if (strings.getEndOffset(from + i - 1) != begin + i * size) {
                return false;
            }
        }
        return equal(
                found.getDataBuffer(), begin, wanted.getDataBuffer(), (long) size * wantedFrom, (long) size * count);
    }

    private static boolean equal(ArrowBuf a, long aFrom, ArrowBuf b, long bFrom, long length) {
        return ByteFunctionHelpers.equal(a, aFrom, aFrom + length, b, bFrom, bFrom + length) == 1;
    }

    static int rowBytes() {
        return Shape.WIDE.rowBytes();
    }

    @Override
    public void close() throws IOException {
        for (ArrowStreamReader reader : expected) {
            reader.close();
        }
        allocator.close();
    }
}
