package io.weir.sharding;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.batch.EncodedRows;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** What tests with whole nodes do over and over. */
final class TestNodes {
    private TestNodes() {}

    static WeirNode start(Path data, int port, String seeds) {
        return start(data, port, seeds, Map.of());
    }

    static WeirNode start(Path data, int port, String seeds, Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put("weir.data-dir", data.toString());
        settings.put("weir.cluster.port", port);
        settings.put("weir.cluster.seeds", seeds);
        settings.put("pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off");
        WeirNode node = WeirNode.start(ConfigFactory.parseMap(settings));
        get(node.ready());
        return node;
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static <T> T get(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    static TableInfo createTable(WeirNode node, String name, int buckets) {
        return createTable(node, name, buckets, Map.of());
    }

    static TableInfo createTable(WeirNode node, String name, int buckets, Map<String, String> properties) {
        Catalog.TableDefinition definition =
                new Catalog.TableDefinition(name, TestRows.COLUMNS, List.of(), buckets, properties);
        Catalog.Reply reply =
                get(node.cluster().askCatalog(replyTo -> new Catalog.CreateTable("db", definition, true, replyTo)));
        return ((Catalog.Table) reply).info();
    }

    static Bucket.AppendReply append(WeirNode node, BucketId bucket, long sequence, EncodedRows... rows) {
        return get(node.cluster()
                .<Bucket.AppendReply>askBucket(
                        bucket,
                        replyTo -> new Bucket.Append(
                                List.of(rows), new Bucket.WriterSequence("writer", sequence), replyTo),
                        Duration.ofSeconds(30)));
    }

    static Bucket.FetchReply fetch(WeirNode node, BucketId bucket, long from) {
        return get(node.cluster()
                .<Bucket.FetchReply>askBucket(
                        bucket,
                        replyTo -> new Bucket.Fetch(
                                from,
                                Long.MAX_VALUE,
                                16 << 20,
                                Integer.MAX_VALUE,
                                List.of(),
                                null,
                                Duration.ZERO,
                                replyTo),
                        Duration.ofSeconds(30)));
    }

    static Bucket.DescribeReply describe(WeirNode node, BucketId bucket) {
        return get(
                node.cluster().<Bucket.DescribeReply>askBucket(bucket, Bucket.Describe::new, Duration.ofSeconds(30)));
    }

    /** A node in a process of its own. */
    static Process spawn(Path data, int port, String seeds, String objectStore) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--add-opens=java.base/java.nio=ALL-UNNAMED");
        if (Runtime.version().feature() >= 24) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(List.of(
                "-Xmx512m",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                NodeMain.class.getName(),
                data.toString(),
                Integer.toString(port),
                seeds,
                objectStore));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
