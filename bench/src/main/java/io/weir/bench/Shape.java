package io.weir.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;

/**
 * The rows of a benchmark: some 8-byte numbers and then strings of random letters, which do not compress below 6 of 8 bits.
 *
 * @param name of the table
 * @param numbers BIGINT and DOUBLE columns in turn
 * @param strings STRING columns
 * @param stringBytes length of each string
 */
record Shape(String name, int numbers, int strings, int stringBytes) {
    /** 2,032 bytes of values in 20 columns. */
    static final Shape WIDE = new Shape("wide", 4, 16, 125);

    /** 100 bytes of values in 5 columns. */
    static final Shape NARROW = new Shape("narrow", 4, 1, 68);

    private static final byte[] LETTERS =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".getBytes(StandardCharsets.US_ASCII);

    int rowBytes() {
        return numbers * 8 + strings * stringBytes;
    }

    List<String> columns() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < numbers; i++) {
            names.add("n" + i);
        }
        for (int i = 0; i < strings; i++) {
            names.add("s" + i);
        }
        return names;
    }

    /** The body of a request that creates the table. */
    byte[] definition(int buckets) {
        StringBuilder json = new StringBuilder("{\"name\":\"" + name + "\",\"buckets\":" + buckets + ",\"columns\":[");
        for (int i = 0; i < numbers + strings; i++) {
            String type = i >= numbers ? "STRING" : i % 2 == 0 ? "BIGINT" : "DOUBLE";
            json.append(i == 0 ? "" : ",").append("{\"name\":\"" + columns().get(i) + "\",\"type\":\"" + type + "\"}");
        }
        return json.append("]}").toString().getBytes(StandardCharsets.UTF_8);
    }

    /** An Arrow stream of one uncompressed record batch. */
    byte[] arrow(int rows, long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot root = new VectorSchemaRoot(vectors(allocator, rows, random));
                ByteArrayOutputStream bytes = new ByteArrayOutputStream(rows * rowBytes());
                ArrowStreamWriter writer = new ArrowStreamWriter(root, null, bytes)) {
            writer.start();
            writer.writeBatch();
            writer.end();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<FieldVector> vectors(BufferAllocator allocator, int rows, RandomGenerator random) {
        List<FieldVector> vectors = new ArrayList<>();
        byte[] text = new byte[stringBytes];
        for (int c = 0; c < numbers + strings; c++) {
            String column = columns().get(c);
            if (c >= numbers) {
                VarCharVector vector = new VarCharVector(column, allocator);
                vector.allocateNew((long) rows * stringBytes, rows);
                for (int r = 0; r < rows; r++) {
                    vector.set(r, letters(text, random));
                }
                vectors.add(vector);
            } else if (c % 2 == 0) {
                BigIntVector vector = new BigIntVector(column, allocator);
                vector.allocateNew(rows);
                for (int r = 0; r < rows; r++) {
                    vector.set(r, random.nextLong());
                }
                vectors.add(vector);
            } else {
                Float8Vector vector = new Float8Vector(column, allocator);
                vector.allocateNew(rows);
                for (int r = 0; r < rows; r++) {
                    vector.set(r, random.nextDouble());
                }
                vectors.add(vector);
            }
            vectors.get(c).setValueCount(rows);
        }
        return vectors;
    }

    byte[] ndjson(int rows, long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        byte[] text = new byte[stringBytes];
        StringBuilder lines = new StringBuilder(rows * rowBytes() * 2);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < numbers + strings; c++) {
                lines.append(c == 0 ? '{' : ',')
                        .append('"')
                        .append(columns().get(c))
                        .append("\":");
                if (c >= numbers) {
                    lines.append('"')
                            .append(new String(letters(text, random), StandardCharsets.US_ASCII))
                            .append('"');
                } else if (c % 2 == 0) {
                    lines.append(random.nextInt());
                } else {
                    lines.append(random.nextInt(1_000_000) / 1000.0);
                }
            }
            lines.append("}\n");
        }
        return lines.toString().getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] letters(byte[] text, RandomGenerator random) {
        for (int i = 0; i < text.length; i++) {
            text[i] = LETTERS[random.nextInt(LETTERS.length)];
        }
        return text;
    }
}
