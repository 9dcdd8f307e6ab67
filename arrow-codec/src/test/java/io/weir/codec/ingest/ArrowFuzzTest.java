package io.weir.codec.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.RandomRows;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.batch.Compression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Damaged bodies: the outcome is a refusal, or rows that Arrow's own reader takes; never another exception, and the allocator ends
 * empty (both are checked by the helpers). jqwik prints the seed of a failure, and replays it.
 */
class ArrowFuzzTest {
    private static final DecodeLimits LIMITS = new DecodeLimits(8 << 20, 100_000, 1 << 20);

    @Property(tries = 1000)
    void damagedStreamsAreRefusedOrRead(
            @ForAll long seed, @ForAll @IntRange(max = 3) int depth, @ForAll Compression compression) {
        TableSchema schema = depth == 0 ? RandomRows.everyLeaf() : RandomRows.schema(seed % 50, depth);
        byte[] body = ArrowBodies.stream(schema, seed % 50, 12, compression);

        decodeDamaged(RowFormat.ARROW_STREAM, damage(body, new SplittableRandom(seed)), schema);
    }

    @Property(tries = 300)
    void damagedFilesAreRefusedOrRead(@ForAll long seed, @ForAll @IntRange(max = 2) int depth) {
        TableSchema schema = RandomRows.schema(seed % 20, depth);
        byte[] body = BatchRows.withAllocator(allocator -> {
            try (VectorSchemaRoot root = RandomRows.root(schema, seed % 20, 12, allocator)) {
                return ArrowBodies.file(root, null);
            }
        });

        decodeDamaged(RowFormat.ARROW_FILE, damage(body, new SplittableRandom(seed)), schema);
    }

    /** Every byte of a small stream, the metadata flatbuffers included, each with two wrong values. */
    @Property(tries = 3)
    void everyByteMayBeWrong(@ForAll @IntRange(max = 2) int which) {
        TableSchema schema = RandomRows.schema(which, 1);
        byte[] body = ArrowBodies.stream(schema, which, 3, Compression.values()[which % 3]);
        int[] wrong = {1, 0xFF};
        for (int i = 0; i < body.length; i++) {
            byte right = body[i];
            for (int value : wrong) {
                body[i] = (byte) value;
                decodeDamaged(RowFormat.ARROW_STREAM, body, schema);
            }
            body[i] = right;
        }
    }

    @Property(tries = 200)
    void randomBytesAreRefused(@ForAll long seed, @ForAll boolean file) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] body = new byte[random.nextInt(400)];
        random.nextBytes(body);

        decodeDamaged(file ? RowFormat.ARROW_FILE : RowFormat.ARROW_STREAM, body, RandomRows.everyLeaf());
    }

    static void decodeDamaged(RowFormat format, byte[] body, TableSchema schema) {
        List<EncodedRows> rows;
        try {
            rows = ArrowBodies.decode(format, body, schema, LIMITS);
        } catch (WeirException e) {
            assertThat(e.detail()).isNotBlank();
            return;
        }
        assertThat(ArrowBodies.read(schema, rows)).isNotEmpty();
        rows.forEach(batch ->
                assertThat(BatchStatistics.measure(schema, batch).columns()).hasSameSizeAs(schema.columns()));
    }

    static byte[] damage(byte[] body, SplittableRandom random) {
        byte[] damaged = body.clone();
        ByteBuffer out = ByteBuffer.wrap(damaged).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        long[] lies = {-1, 0, 1, 7, 8, 255, 65_536, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
        };
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            int at = random.nextInt(damaged.length);
            switch (random.nextInt(6)) {
                case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> damaged[at] = (byte) random.nextInt(256);
                case 2 -> out.putInt(Math.min(at & ~3, damaged.length - 4), (int) lies[random.nextInt(lies.length)]);
                case 3 -> out.putLong(Math.min(at & ~7, damaged.length - 8), lies[random.nextInt(lies.length)]);
                case 4 -> {
                    int from = Math.min(at & ~3, damaged.length - 4);
                    int to = Math.min(random.nextInt(damaged.length) & ~3, damaged.length - 4);
                    int value = out.getInt(from);
                    out.putInt(from, out.getInt(to)).putInt(to, value);
                }
                default -> {
                    int at4 = Math.min(at & ~3, damaged.length - 4);
                    out.putInt(at4, out.getInt(at4) + random.nextInt(-2, 3));
                }
            }
        }
        return random.nextInt(12) == 0 ? Arrays.copyOf(damaged, random.nextInt(damaged.length)) : damaged;
    }
}
