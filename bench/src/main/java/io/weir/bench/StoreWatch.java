package io.weir.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** What a store says of itself, by its metrics and by {@code GET T/buckets}, and what it takes on its disk. */
final class StoreWatch {
    private static final ObjectMapper JSON = new ObjectMapper();

    private StoreWatch() {}

    interface Condition {
        boolean holds() throws IOException;
    }

    /** The value of a metric without labels. */
    static long metric(Store store, String name) throws IOException {
        try (RawHttp http = new RawHttp(store.uri());
                InputStream body = http.get("/metrics", "text/plain")) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(name + " "))
                    .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no metric " + name));
        }
    }

    /** @param table path of the table */
    static List<JsonNode> buckets(Store store, String table) throws IOException {
        try (RawHttp http = new RawHttp(store.uri());
                InputStream body = http.get(table + "/buckets?page_size=1000", "application/json")) {
            List<JsonNode> buckets = new ArrayList<>();
            JSON.readTree(body.readAllBytes()).path("buckets").forEach(buckets::add);
            return buckets;
        }
    }

    /** Of a number that each bucket has; null counts as 0. */
    static long sum(Store store, String table, String field) throws IOException {
        return buckets(store, table).stream()
                .mapToLong(bucket -> bucket.path(field).asLong())
                .sum();
    }

    /** @return seconds waited */
    static double await(String what, Duration atMost, Condition condition) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        while (!condition.holds()) {
            if (System.nanoTime() - begin > atMost.toNanos()) {
                throw new IOException("after " + atMost.toSeconds() + " s still not: " + what);
            }
            Thread.sleep(100);
        }
        return (System.nanoTime() - begin) / 1e9;
    }

    /** Of all files below a directory that somebody writes to. */
    static long bytesOnDisk(Path directory) throws IOException {
        AtomicLong bytes = new AtomicLong();
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                bytes.addAndGet(attributes.size());
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException deletedMeanwhile) {
                return FileVisitResult.CONTINUE;
            }
        });
        return bytes.get();
    }
}
