package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.jdbc.JdbcCatalog;
import org.awaitility.Awaitility;

/** Looks at tables in the lake of a store: through the store, and behind it, with nothing but Iceberg. */
final class TieredTables {
    /** Of a table whose rounds follow each other and whose files are looked after all the time. */
    static final String PROPERTIES = "\"datalake.enabled\":\"true\",\"datalake.freshness\":\"1s\","
            + "\"datalake.maintenance\":\"1s\",\"datalake.compact-files\":\"3\",\"datalake.snapshot-retention\":\"5s\","
            + "\"datalake.orphan-grace\":\"5s\"";

    private TieredTables() {}

    /** All that is in the table now is in the lake when it returns. */
    static void awaitAllInLake(StoreProcess store, String table) throws IOException {
        StoreProcess.Answer answer = store.post(table + "/tiering:trigger?wait=60s", "application/json", "");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    }

    /** Rows of the table in the lake, by their id; none twice. */
    static Map<Long, JsonNode> lakeRows(StoreProcess store, String table) throws IOException {
        StoreProcess.Answer answer = store.get(table + "/scan?source=lake");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        Map<Long, JsonNode> rows = new TreeMap<>();
        for (JsonNode row : answer.json().path("rows")) {
            assertThat(rows.put(row.path("id").asLong(), row))
                    .as("no row twice in the lake: %s", row)
                    .isNull();
        }
        return rows;
    }

    /** How many attempts the coordinator gave out, and how many rounds came through. */
    record Rounds(long epochs, long through) {}

    static Rounds rounds(StoreProcess store, String name) throws IOException {
        for (JsonNode table : store.get("/v1/tiering").json().path("tables")) {
            if (table.path("table").asText().equals(name)) {
                return new Rounds(
                        table.path("epoch").asLong(), table.path("rounds").asLong());
            }
        }
        throw new AssertionError("no table " + name);
    }

    /** Asks for round after round, and waits for some of them a while, so that kills meet them at any of their steps. */
    static final class Triggers extends KilledStore.Writer {
        private final AtomicReference<StoreProcess> store;
        private final String table;
        private final int waitMaxMs;
        private final SplittableRandom random;

        Triggers(AtomicReference<StoreProcess> store, String table, int waitMaxMs, SplittableRandom random) {
            this.store = store;
            this.table = table;
            this.waitMaxMs = waitMaxMs;
            this.random = random;
        }

        @Override
        void request(long sequence) throws InterruptedException {
            boolean done = false;
            while (!done) {
                try {
                    String wait = "?wait=" + random.nextInt(waitMaxMs) + "ms";
                    int status = store.get()
                            .post(table + "/tiering:trigger" + wait, "application/json", "")
                            .status();
                    done = status == 200 || status == 202;
                } catch (IOException killed) {
                    done = false;
                }
                TimeUnit.MILLISECONDS.sleep(30);
            }
        }
    }

    /** Waits until the table's directory holds no file that the lake's metadata does not name. */
    static void awaitNoOrphans(Path data, String database, String table) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() -> {
                    // First the directory: what comes to it later may be of a round under way.
                    Set<Path> there = new TreeSet<>();
                    Path warehouse = data.resolve("lake/warehouse");
                    try (Stream<Path> files = Files.walk(warehouse.resolve(database + "/" + table))) {
                        files.filter(Files::isRegularFile).forEach(there::add);
                    }
                    there.removeAll(named(data, database, table));
                    there.removeIf(file -> !Files.exists(file));
                    assertThat(there).as("files that nothing names").isEmpty();
                });
    }

    /** Every file that the table's metadata names, itself included. */
    private static Set<Path> named(Path data, String database, String name) throws IOException {
        Set<Path> named = new HashSet<>();
        try (JdbcCatalog catalog = new JdbcCatalog()) {
            Map<String, String> properties = new HashMap<>();
            properties.put("uri", "jdbc:sqlite:" + data.resolve("lake/catalog.db"));
            properties.put("warehouse", data.resolve("lake/warehouse").toUri().toString());
            properties.put("jdbc.schema-version", "V1");
            properties.put("io-impl", "io.weir.lake.iceberg.LocalFileIO");
            properties.put("init-catalog-tables", "false");
            catalog.initialize("weir", properties);
            Table table = catalog.loadTable(TableIdentifier.of(database, name));
            var metadata = ((org.apache.iceberg.BaseTable) table).operations().current();
            named.add(path(metadata.metadataFileLocation()));
            metadata.previousFiles().forEach(file -> named.add(path(file.file())));
            for (Snapshot snapshot : table.snapshots()) {
                named.add(path(snapshot.manifestListLocation()));
                for (ManifestFile manifest : snapshot.allManifests(table.io())) {
                    named.add(path(manifest.path()));
                    addFiles(table, manifest, named);
                }
            }
        }
        return named;
    }

    private static void addFiles(Table table, ManifestFile manifest, Set<Path> named) throws IOException {
        if (manifest.content() == org.apache.iceberg.ManifestContent.DATA) {
            try (var files = ManifestFiles.read(manifest, table.io(), table.specs())) {
                files.forEach((ContentFile<?> file) -> named.add(path(file.location())));
            }
        } else {
            try (CloseableIterable<DeleteFile> files =
                    ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs())) {
                files.forEach(file -> named.add(path(file.location())));
            }
        }
    }

    private static Path path(String location) {
        return location.startsWith("file:") ? Path.of(URI.create(location).getPath()) : Path.of(location);
    }
}
