package io.weir.sharding;

import com.typesafe.config.Config;
import io.weir.actors.bucket.BucketSettings;
import io.weir.persistence.kv.LevelDbSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** The settings of a node; the keys of {@code weir}, where each is explained. */
public record NodeSettings(
        Path dataDirectory,
        long arrowMemory,
        String host,
        int port,
        List<String> seeds,
        List<String> roles,
        Duration stableAfter,
        Duration catalogTimeout,
        Duration handOverTimeout,
        Duration bucketIdleTimeout,
        BucketSettings bucket,
        int kvOpenMax,
        long kvCacheBytes,
        LevelDbSettings kv,
        RemoteSettings remote,
        LakeSettings lake,
        WorkerSettings tiering) {
    public NodeSettings {
        seeds = List.copyOf(seeds);
        roles = List.copyOf(roles);
        if (!seeds.isEmpty() && port == 0) {
            throw new IllegalArgumentException("weir.cluster.port has to be set where weir.cluster.seeds is");
        }
        for (String seed : seeds) {
            if (!seed.matches("[^:,\\s]+:\\d{1,5}")) {
                throw new IllegalArgumentException("weir.cluster.seeds: '" + seed + "' is not host:port");
            }
        }
        if (stableAfter.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("weir.cluster.stable-after is less than 1 s");
        }
    }

    /** @param config the whole, resolved configuration */
    public static NodeSettings from(Config config) {
        Config weir = config.getConfig("weir");
        Config cluster = weir.getConfig("cluster");
        Path data = Path.of(weir.getString("data-dir")).toAbsolutePath().normalize();
        List<String> seeds = list(cluster.getString("seeds"));
        return new NodeSettings(
                data,
                weir.getBytes("arrow-memory"),
                cluster.getString("host"),
                cluster.getInt("port"),
                seeds,
                list(cluster.getString("roles")),
                cluster.getDuration("stable-after"),
                cluster.getDuration("catalog-timeout"),
                cluster.getDuration("hand-over-timeout"),
                weir.getDuration("bucket.idle-timeout"),
                BucketSettings.from(config),
                weir.getInt("kv.open-max"),
                Math.min(weir.getBytes("kv.cache"), Runtime.getRuntime().maxMemory() / 8),
                new LevelDbSettings(
                        Math.toIntExact(weir.getBytes("kv.write-buffer")),
                        weir.getBytes("kv.block-cache"),
                        weir.getInt("kv.open-files"),
                        weir.getBytes("kv.disk-reserve")),
                RemoteSettings.from(weir, data, seeds.isEmpty()),
                LakeSettings.from(weir, data, seeds.isEmpty()),
                WorkerSettings.from(weir.getConfig("tiering"), list(cluster.getString("roles"))));
    }

    static List<String> list(String commaSeparated) {
        return Arrays.stream(commaSeparated.split(",", -1))
                .map(String::trim)
                .filter(item -> !item.isEmpty())
                .toList();
    }

    /** True where this node keeps the journal: the first seed, or the only node. */
    public boolean holdsJournal() {
        return seeds.isEmpty() || seeds.get(0).equals(host + ":" + port);
    }

    Path logs() {
        return dataDirectory.resolve("log");
    }

    Path incoming() {
        return dataDirectory.resolve("incoming");
    }
}
