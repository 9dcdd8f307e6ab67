package io.weir.codec.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class Lz4FramesTest {
    /** Frame of two linked blocks, written by hand: the second repeats bytes of the first. */
    private static final byte[] LINKED = linkedFrame();

    private static byte[] linkedFrame() {
        ByteBuffer out = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0x184D2204).put((byte) 0x40).put((byte) 0x40).put((byte) 0xC0); // version, 64 KiB, header hash
        byte[] first = {(byte) 0x50, 'a', 'b', 'c', 'd', 'e'};
        out.putInt(first.length).put(first);
        // '-', seven bytes from six back (they overlap), and the literals that end a block
        byte[] second = {0x13, '-', 6, 0, 0x50, '1', '2', '3', '4', '!'};
        out.putInt(second.length).put(second);
        out.putInt(0);
        return Arrays.copyOf(out.array(), out.position());
    }

    @Example
    void blocksThatRepeatBytesOfFormerOnesAreRead() {
        byte[] out = new byte[20];

        int length = Lz4Frames.decode(LINKED, out, 1, 19);

        assertThat(new String(out, 1, length, StandardCharsets.US_ASCII)).isEqualTo("abcde-abcde-a1234!");
        assertThat(out[0]).isZero();
        assertThat(out[19]).isZero();
        assertThatThrownBy(() -> Lz4Frames.decode(LINKED, out, 1, 18)).isInstanceOf(IllegalArgumentException.class);
    }

    @Property(tries = 3000)
    void damagedFramesNeverWriteOutsideTheirPlace(@ForAll long seed, @ForAll boolean linked) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] frame = linked ? LINKED.clone() : frame(random);
        for (int i = random.nextInt(3); i > 0; i--) {
            frame[random.nextInt(frame.length)] = (byte) random.nextInt(256);
        }
        if (random.nextInt(5) == 0) {
            frame = Arrays.copyOf(frame, random.nextInt(frame.length));
        }
        byte[] out = new byte[600];
        try {
            assertThat(Lz4Frames.decode(frame, out, 100, 500)).isBetween(0, 400);
        } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
            assertThat(e).isNotNull();
        }
        for (int i = 0; i < 100; i++) {
            assertThat(out[i]).isZero();
            assertThat(out[500 + i]).isZero();
        }
    }

    private static byte[] frame(SplittableRandom random) throws IOException {
        byte[] plain = new byte[400];
        for (int i = 0; i < plain.length; i++) {
            plain[i] = (byte) (1 + random.nextInt(3));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (LZ4FrameOutputStream frame = new LZ4FrameOutputStream(out)) {
            frame.write(plain);
        }
        return out.toByteArray();
    }
}
