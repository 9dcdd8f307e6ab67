package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.persistence.file.DiskFileStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A store with a directory as its object store, for tests that look behind it. */
final class TieredStore {
    private final Path data;
    private final Path objects;

    TieredStore(Path directory) {
        this.data = directory.resolve("data");
        this.objects = directory.resolve("objects");
    }

    /** Whatever no manifest names is an orphan after 4 s. */
    StoreProcess start() {
        return StoreProcess.start(
                data, Map.of("WEIR_OBJECT_STORE", objects.toUri().toString()), "weir.remote.reaper-grace=4s");
    }

    /** Waits until all sealed segments of the table are on the object store. */
    static void awaitUploads(StoreProcess store, String table) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
            for (JsonNode bucket : store.get(table + "/buckets").json().path("buckets")) {
                if (bucket.path("upload_backlog_segments").asInt(-1) != 0) {
                    return false;
                }
            }
            return true;
        });
    }

    /** Rows of the table, by bucket, up to which everything is on the object store. */
    static List<Long> remoteOffsets(StoreProcess store, String table) throws IOException {
        return Stream.of(store.get(table + "/buckets").json().path("buckets"))
                .flatMap(buckets -> {
                    Stream.Builder<Long> offsets = Stream.builder();
                    buckets.forEach(
                            bucket -> offsets.add(bucket.path("remote_offset").asLong(0)));
                    return offsets.build();
                })
                .toList();
    }

    /** The reaper runs until there is nothing left for it; what is left then has to be live. */
    void reap(StoreProcess store) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            JsonNode report = store.post("/v1/remote:reap?dry_run=false", "application/json", "")
                    .json();
            assertThat(report.path("problems")).as(report.toString()).isEmpty();
            assertThat(report.path("young").asInt(-1)).as(report.toString()).isZero();
            assertThat(report.path("orphans").asInt(-1)).as(report.toString()).isZero();
            assertThat(report.path("live").asInt()).as(report.toString()).isPositive();
        });
    }

    /** All but the journal is lost; the store does not run. */
    void loseDisk() throws IOException {
        for (String name : new DiskFileStore().list(data)) {
            if (!List.of("journal", "snapshots").contains(name)) {
                Path lost = data.resolve(name);
                if (Files.isDirectory(lost)) {
                    new DiskFileStore().deleteTree(lost);
                } else {
                    Files.delete(lost);
                }
            }
        }
    }

    /** Everything is lost but what is on the object store. */
    void loseDiskAndJournal() throws IOException {
        new DiskFileStore().deleteTree(data);
    }

    Path data() {
        return data;
    }

    Path objects() {
        return objects;
    }
}
