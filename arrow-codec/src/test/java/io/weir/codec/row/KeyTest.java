package io.weir.codec.row;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class KeyTest {
    @Test
    void consecutiveNumbersHaveDifferentHashes() {
        Set<Integer> hashes = new HashSet<>();
        for (long i = 0; i < 100_000; i++) {
            hashes.add(new Key(ByteBuffer.allocate(9).put((byte) 1).putLong(i).array()).hashCode());
        }
        assertThat(hashes).hasSizeGreaterThan(99_000);
    }

    @Test
    void everyByteCounts() {
        for (int length = 1; length < 40; length++) {
            Set<Integer> hashes = new HashSet<>(Set.of(Key.hash(new byte[length])));
            for (int i = 0; i < length; i++) {
                byte[] bytes = new byte[length];
                bytes[i] = 1;
                hashes.add(Key.hash(bytes));
                assertThat(new Key(bytes)).isEqualTo(new Key(Arrays.copyOf(bytes, length)));
            }
            assertThat(hashes).hasSize(length + 1);
        }
    }
}
