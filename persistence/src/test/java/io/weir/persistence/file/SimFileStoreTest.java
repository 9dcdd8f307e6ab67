package io.weir.persistence.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** That the simulated disk is as bad as it says: each fault is seen to happen on some seed. */
final class SimFileStoreTest {
    private static final Path DIRECTORY = Path.of("/d");
    private static final Path FILE = DIRECTORY.resolve("f");

    private static ByteBuffer filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    private static byte[] content(SimFileStore files, Path file) throws IOException {
        try (StoredFile in = files.openForRead(file)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) in.size());
            in.read(bytes, 0);
            return bytes.array();
        }
    }

    @Test
    void syncedBytesAndNamesSurviveAndOthersMayNot() throws IOException {
        Set<String> seen = new HashSet<>();
        for (int seed = 0; seed < 100; seed++) {
            SimFileStore files = new SimFileStore(new SplittableRandom(seed));
            StoredFile out = files.create(FILE);
            files.syncDirectory(DIRECTORY);
            out.write(List.of(filled(1000, 1)), 0);
            out.sync();
            out.write(List.of(filled(2000, 2)), 1000);
            files.create(DIRECTORY.resolve("g"));
            files.restart(true);
            byte[] after = content(files, FILE);
            assertThat(Arrays.copyOf(after, 1000)).containsOnly(1);
            boolean torn = after.length == 3000
                    && new String(after, java.nio.charset.StandardCharsets.ISO_8859_1).contains("\0");
            seen.add(
                    after.length + (torn ? " torn" : "") + files.list(DIRECTORY).size());
        }
        assertThat(seen).contains("10001", "10002", "30001", "3000 torn1", "3000 torn2");
    }

    @Test
    void aFailedSyncDropsPagesThatStillLookPresentAndALaterSyncDoesNotBringThemBack() throws IOException {
        int dropped = 0;
        for (int seed = 0; seed < 100; seed++) {
            SimFileStore files = new SimFileStore(new SplittableRandom(seed));
            StoredFile out = files.create(FILE);
            files.syncDirectory(DIRECTORY);
            out.write(List.of(filled(4096, 5)), 0);
            files.failureRate(1);
            assertThatThrownBy(out::sync).isInstanceOf(IOException.class);
            files.failureRate(0);
            out.sync();
            assertThat(content(files, FILE)).containsOnly(5);
            files.restart(true);
            byte[] after = content(files, FILE);
            dropped += new String(after, java.nio.charset.StandardCharsets.ISO_8859_1).contains("\0") ? 1 : 0;
        }
        assertThat(dropped).isGreaterThan(50);
    }

    @Test
    void aFullDiskTakesPartOfAWriteAndTheRestWhenSpaceIsBack() throws IOException {
        SimFileStore files = new SimFileStore(new SplittableRandom(1));
        StoredFile out = files.create(FILE);
        files.capacity(100);
        assertThatThrownBy(() -> out.write(List.of(filled(150, 1)), 0)).isInstanceOf(DiskFullException.class);
        assertThat(out.size()).isEqualTo(100);
        out.write(List.of(filled(100, 2)), 0);
        files.capacity(200);
        out.write(List.of(filled(150, 1)), 0);
        assertThat(out.size()).isEqualTo(150);
    }

    @Test
    void aCrashStopsEverythingUntilRestart() throws IOException {
        SimFileStore files = new SimFileStore(new SplittableRandom(1));
        StoredFile out = files.create(FILE);
        files.crashAfter(1);
        assertThatThrownBy(() -> out.write(List.of(filled(10, 1)), 0)).isInstanceOf(SimFileStore.Crash.class);
        assertThatThrownBy(() -> files.list(DIRECTORY)).isInstanceOf(SimFileStore.Crash.class);
        files.restart(false);
        assertThatThrownBy(out::size).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> files.openForRead(DIRECTORY.resolve("x"))).isInstanceOf(NoSuchFileException.class);
    }
}
