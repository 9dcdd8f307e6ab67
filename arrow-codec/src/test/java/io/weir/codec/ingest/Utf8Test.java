package io.weir.codec.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class Utf8Test {
    @Test
    void everySequenceOfUpToThreeBytesIsJudgedAsTheJdkDoes() {
        byte[] bytes = new byte[4];
        for (int first = 0x80; first < 256; first++) {
            for (int second = 0; second < 256; second++) {
                for (int third : new int[] {0, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF}) {
                    for (int fourth : new int[] {0x41, 0x80, 0xBF, 0xC0}) {
                        bytes[0] = (byte) first;
                        bytes[1] = (byte) second;
                        bytes[2] = (byte) third;
                        bytes[3] = (byte) fourth;
                        check(bytes);
                    }
                }
            }
        }
    }

    @Property(tries = 3000)
    void damagedTextIsJudgedAsTheJdkDoes(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(60); i > 0; i--) {
            text.appendCodePoint(random.nextInt(3) > 0 ? random.nextInt(0x80) : random.nextInt(0xD800));
        }
        text.append("\uD83D\uDE80");
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        check(bytes);
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        check(bytes);
    }

    private static void check(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        boolean valid = Utf8.validEnd(in, 0, bytes.length) == bytes.length;
        // The JDK puts U+FFFD in the place of what is damaged, so only whole text comes back as the same bytes.
        String text = new String(bytes, StandardCharsets.UTF_8);
        boolean expected = Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes);
        if (valid != expected) {
            assertThat(valid).as(HexFormat.of().formatHex(bytes)).isEqualTo(expected);
        }
        if (valid && Utf8.codePoints(in, 0, bytes.length) != text.codePointCount(0, text.length())) {
            assertThat(Utf8.codePoints(in, 0, bytes.length)).isEqualTo(text.codePointCount(0, text.length()));
        }
    }
}
