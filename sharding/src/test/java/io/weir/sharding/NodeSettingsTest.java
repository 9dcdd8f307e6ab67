package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.BucketSettings;
import io.weir.persistence.kv.LevelDbSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeSettingsTest {
    private static NodeSettings settings(Map<String, Object> set) {
        Config config = ConfigFactory.parseMap(set)
                .withFallback(ConfigFactory.parseMap(Map.of("weir.data-dir", "/data")))
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve();
        return NodeSettings.from(config);
    }

    @Test
    void defaultsAreThese() {
        assertThat(settings(Map.of()))
                .isEqualTo(new NodeSettings(
                        Path.of("/data"),
                        1L << 30,
                        "127.0.0.1",
                        0,
                        List.of(),
                        List.of(),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(45),
                        Duration.ofMinutes(10),
                        new BucketSettings(
                                64L << 20,
                                16 << 20,
                                64 << 10,
                                4 << 10,
                                1000,
                                1000,
                                200_000,
                                Duration.ofMinutes(1),
                                Duration.ofMillis(200),
                                Duration.ofSeconds(10)),
                        128,
                        Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 8),
                        new LevelDbSettings(4 << 20, 4 << 20, 200, 64 << 20),
                        new RemoteSettings(
                                "file:///data/objects",
                                2,
                                4,
                                64 << 20,
                                8 << 20,
                                8,
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(1),
                                Duration.ofMinutes(1),
                                Duration.ofHours(1),
                                Duration.ofHours(1),
                                List.of()),
                        new LakeSettings("file:///data/lake/warehouse", Path.of("/data/lake"), Map.of()),
                        new WorkerSettings(2, "", Duration.ofSeconds(1), Duration.ofMinutes(2))));
    }

    private static final Map<String, Object> SEVERAL = Map.of("weir.cluster.port", 1, "weir.cluster.seeds", "a:1");

    private static NodeSettings several(Map<String, Object> more) {
        Map<String, Object> all = new HashMap<>(SEVERAL);
        all.putAll(more);
        return settings(all);
    }

    @Test
    void aClusterOfOneHasALakeOfItsOwnAndOneOfSeveralNeedsACatalogThatAllReach() {
        assertThat(settings(Map.of()).lake().hasLake()).isTrue();
        assertThat(settings(Map.of("weir.lake.warehouse", "none")).lake().hasLake())
                .isFalse();
        assertThat(settings(Map.of("weir.lake.warehouse", "/my lake/w")).lake().warehouse())
                .isEqualTo("file:///my%20lake/w");
        assertThat(several(Map.of()).lake().hasLake()).isFalse();
        assertThatThrownBy(() -> several(Map.of("weir.lake.warehouse", "s3://b/lake")))
                .hasMessageContaining("weir.lake.catalog");
        Map<String, String> catalog = several(Map.of(
                        "weir.lake.warehouse",
                        "s3://b/lake",
                        "weir.lake.catalog",
                        Map.of("type", "rest", "uri", "http://h", "s3.endpoint", "http://s")))
                .lake()
                .catalog();
        assertThat(catalog).isEqualTo(Map.of("type", "rest", "uri", "http://h", "s3.endpoint", "http://s"));
    }

    @Test
    void aLakeOnS3TakesItsKeysFromTheEnvironmentUnlessTheCatalogHasSome() {
        Map<String, String> environment = Map.of(
                "AWS_ACCESS_KEY_ID", "id",
                "AWS_SECRET_ACCESS_KEY", "secret",
                "AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000");
        LakeSettings lake =
                settings(Map.of("weir.lake.warehouse", "s3://b/lake")).lake();
        assertThat(lake.iceberg(environment).catalog())
                .isEqualTo(Map.of(
                        "s3.access-key-id", "id",
                        "s3.secret-access-key", "secret",
                        "client.region", "us-east-1",
                        "s3.endpoint", "http://127.0.0.1:9000",
                        "s3.path-style-access", "true"));
        assertThatThrownBy(() -> lake.iceberg(Map.of())).hasMessageContaining("AWS_ACCESS_KEY_ID");
        Map<String, String> own = Map.of("type", "rest", "s3.access-key-id", "other");
        assertThat(new LakeSettings("s3://b", Path.of("/d"), own)
                        .iceberg(environment)
                        .catalog())
                .isEqualTo(own);
    }

    @Test
    void rolesSayWhoHasATieringWorker() {
        assertThat(settings(Map.of("weir.cluster.roles", "other")).tiering().rounds())
                .isZero();
        assertThat(settings(Map.of("weir.cluster.roles", "other, tiering"))
                        .tiering()
                        .rounds())
                .isEqualTo(2);
    }

    @Test
    void aLakeThatCannotWorkIsRefused() {
        Map<String, String> wrong = Map.of(
                "lake.warehouse", "ftp://x",
                "tiering.rounds", "65",
                "tiering.group", "a b",
                "tiering.heartbeat", "1 ms",
                "tiering.liveness-window", "2 s");
        wrong.forEach((key, value) -> assertThatThrownBy(() -> settings(Map.of("weir." + key, value)))
                .as(key)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key.substring(key.indexOf('.') + 1)));
    }

    private static String store(Map<String, Object> set) {
        return settings(set).remote().store();
    }

    @Test
    void aClusterOfOneHasADirectoryForItsObjectsAndOneOfSeveralNoneUnlessTold() {
        Map<String, Object> several = Map.of("weir.cluster.port", 1, "weir.cluster.seeds", "a:1");
        assertThat(store(Map.of("weir.data-dir", "/da ta"))).isEqualTo("file:///da%20ta/objects");
        assertThat(settings(several).remote().hasStore()).isFalse();
        assertThat(settings(Map.of("weir.object-store", "none")).remote().hasStore())
                .isFalse();
        assertThat(store(Map.of("weir.object-store", "s3://b/p", "weir.cluster.port", 1, "weir.cluster.seeds", "a:1")))
                .isEqualTo("s3://b/p");
        assertThat(settings(Map.of("weir.remote.lost-nodes", "a, b:2")).remote().lostNodes())
                .containsExactly("a", "b:2");
    }

    @Test
    void aRemoteTierThatCannotWorkIsRefused() {
        Map<String, String> wrong = Map.of(
                "object-store", "",
                "remote.uploads", "0",
                "remote.reads-max", "0",
                "remote.read-timeout", "0 s",
                "remote.retry-max", "1 ms",
                "remote.reaper-grace", "1 s",
                "remote.reaper-interval", "-1 s");
        wrong.forEach((key, value) -> assertThatThrownBy(() -> settings(Map.of("weir." + key, value)))
                .as(key)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key.substring(key.indexOf('.') + 1)));
    }

    @Test
    void theFirstSeedHoldsTheJournal() {
        Map<String, Object> seeds =
                Map.of("weir.cluster.host", "a", "weir.cluster.port", 1, "weir.cluster.seeds", "a:1, b:2");
        assertThat(settings(seeds).holdsJournal()).isTrue();
        assertThat(settings(Map.of("weir.cluster.port", 2, "weir.cluster.seeds", "a:1,b:2"))
                        .holdsJournal())
                .isFalse();
        assertThat(settings(Map.of()).holdsJournal()).isTrue();
    }

    @Test
    void whatCannotWorkIsRefused() {
        assertThatThrownBy(() -> settings(Map.of("weir.cluster.seeds", "a:1"))).hasMessageContaining("port");
        assertThatThrownBy(() -> settings(Map.of("weir.cluster.port", 1, "weir.cluster.seeds", "a")))
                .hasMessageContaining("host:port");
        assertThatThrownBy(() -> settings(Map.of("weir.cluster.stable-after", "100 ms")))
                .hasMessageContaining("stable-after");
    }
}
