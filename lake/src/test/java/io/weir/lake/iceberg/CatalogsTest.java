package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import io.weir.persistence.objects.S3Server;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the lake may be: SQLite used by several at once, and S3. */
class CatalogsTest {
    private static final TableSchema SCHEMA = LakeFixture.schema(1, new Column(1, "id", DataType.Simple.BIGINT, false));

    @TempDir
    Path directory;

    private static LakeTableSpec spec(long id, String name) {
        return new LakeTableSpec(id, "db", name, SCHEMA, List.of(), List.of(), List.of(), 1, LakeFixture.MAINTENANCE);
    }

    private static void rounds(IcebergLake lake, LakeTableSpec spec, int count) {
        LakeTable table = lake.open(spec);
        for (long epoch = 1; epoch <= count; epoch++) {
            try (LakeRound round = table.begin(table.state(), epoch)) {
                round.append(LakeFixture.rows(SCHEMA, 0, epoch, List.of(List.of(epoch))));
                assertThat(round.commit(Map.of("b", epoch))).isInstanceOf(LakeRound.Committed.class);
            }
        }
    }

    @Test
    void severalNodesCommitToDifferentTablesOfOneSqliteFileAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (LakeFixture fixture = new LakeFixture(directory)) {
            List<Future<?>> running = new ArrayList<>();
            for (int node = 0; node < 2; node++) {
                IcebergLake lake = new IcebergLake(fixture.settings, Clock.systemUTC());
                for (int thread = 0; thread < 2; thread++) {
                    LakeTableSpec spec = spec(10 * node + thread, "t" + node + "_" + thread);
                    running.add(threads.submit(() -> rounds(lake, spec, 6)));
                }
            }
            for (Future<?> each : running) {
                each.get();
            }
            for (int node = 0; node < 2; node++) {
                for (int thread = 0; thread < 2; thread++) {
                    assertThat(fixture.read(spec(10 * node + thread, "t" + node + "_" + thread)))
                            .hasSize(6);
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aCommitToSqliteIsOnTheDiskWithTheDirectoryItIsIn() throws Exception {
        Properties given = new Properties();
        IcebergSettings.embedded(directory).catalogProperties().forEach((name, value) -> {
            if (name.startsWith("jdbc.")) {
                given.put(name.substring("jdbc.".length()), value);
            }
        });
        try (Connection connection =
                        DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("catalog.db"), given);
                ResultSet found = connection.createStatement().executeQuery("PRAGMA synchronous")) {
            assertThat(found.getInt(1)).as("3 is EXTRA").isEqualTo(3);
        }
    }

    @Test
    void oneTableIsMadeOnceByTwoAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (LakeFixture fixture = new LakeFixture(directory);
                IcebergLake other = new IcebergLake(fixture.settings, Clock.systemUTC())) {
            Future<?> one = threads.submit(() -> fixture.lake.open(spec(1, "t")));
            Future<?> two = threads.submit(() -> other.open(spec(1, "t")));
            one.get();
            two.get();
            rounds(other, spec(1, "t"), 1);
            assertThat(fixture.read(spec(1, "t"))).hasSize(1);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aLakeInS3TakesRowsAndAnAbandonedRoundLeavesNothing() throws Exception {
        try (S3Server server = new S3Server(directory.resolve("s3"))) {
            IcebergSettings settings = new IcebergSettings(
                    directory.resolve("node"),
                    "s3://" + S3Server.BUCKET + "/lake",
                    Map.of(
                            "s3.endpoint",
                            "http://127.0.0.1:" + server.port(),
                            "s3.path-style-access",
                            "true",
                            "s3.access-key-id",
                            S3Server.ACCESS_KEY,
                            "s3.secret-access-key",
                            S3Server.SECRET_KEY,
                            "client.region",
                            "us-east-1"));
            try (LakeFixture fixture = new LakeFixture(settings)) {
                assertThat(fixture.lake.describe()).contains("s3://weir/lake").doesNotContain(S3Server.SECRET_KEY);
                rounds(fixture.lake, spec(1, "t"), 2);
                LakeTable table = fixture.lake.open(spec(1, "t"));
                try (LakeRound round = table.begin(table.state(), 3)) {
                    round.append(LakeFixture.rows(SCHEMA, 0, 9, List.of(List.of(9L))));
                }
                assertThat(fixture.read(spec(1, "t"))).hasSize(2);
                assertThat(fixture.table(spec(1, "t")).location()).isEqualTo("s3://weir/lake/db/t");
                try (var files = java.nio.file.Files.walk(directory.resolve("s3"))) {
                    assertThat(files.filter(f -> f.toString().endsWith(".parquet")))
                            .hasSize(2);
                }
            }
        }
    }
}
