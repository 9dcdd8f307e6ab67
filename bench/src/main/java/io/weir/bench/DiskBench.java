package io.weir.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the disk itself does: 2 GiB in a row, synced every 4 MiB and every 16 MiB. The yardstick of the append benchmark. */
final class DiskBench {
    private DiskBench() {}

    static void run(Path home, Path work) throws IOException {
        for (int mebibytes : new int[] {4, 16}) {
            System.out.printf(
                    "disk write, fdatasync every %2d MiB: %6.0f MB/s%n",
                    mebibytes, megabytesPerSecond(work, mebibytes));
        }
    }

    static double megabytesPerSecond(Path work, int syncEveryMebibytes) throws IOException {
        Files.createDirectories(work);
        Path file = Files.createTempFile(work, "disk-", ".bin");
        ByteBuffer block = ByteBuffer.allocateDirect(1 << 20);
        long total = 2L << 30;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long begin = System.nanoTime();
            for (long written = 0, sinceSync = 0; written < total; ) {
                int n = channel.write(block.clear());
                written += n;
                sinceSync += n;
                if (sinceSync >= (long) syncEveryMebibytes << 20) {
                    channel.force(false);
                    sinceSync = 0;
                }
            }
            return total / 1e6 / ((System.nanoTime() - begin) / 1e9);
        } finally {
            Files.delete(file);
        }
    }
}
