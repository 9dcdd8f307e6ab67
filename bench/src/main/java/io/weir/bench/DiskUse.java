package io.weir.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Looks four times a second how much a directory holds. */
final class DiskUse implements AutoCloseable {
    private static final int SHOWN = 12;

    private final Path directory;
    private final List<Long> samples = new ArrayList<>();
    private final Thread thread;

    DiskUse(Path directory) {
        this.directory = directory;
        thread = new Thread(this::run, "disk-use");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                long bytes = StoreWatch.bytesOnDisk(directory);
                synchronized (samples) {
                    samples.add(bytes);
                }
                Thread.sleep(250);
            }
        } catch (IOException | InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    long max() {
        synchronized (samples) {
            return samples.stream().mapToLong(Long::longValue).max().orElse(0);
        }
    }

    /** A few values from first to last, in MB. */
    String course() {
        synchronized (samples) {
            int step = Math.max(1, (samples.size() + SHOWN - 1) / SHOWN);
            List<Long> shown = new ArrayList<>();
            for (int i = 0; i < samples.size(); i += step) {
                shown.add(samples.get(i) / 1_000_000);
            }
            return shown.stream().map(mb -> "%,d".formatted(mb)).collect(Collectors.joining(" "))
                    + " MB, one each %.1f s".formatted(step * 0.25);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
