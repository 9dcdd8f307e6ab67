package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.TestRows;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.objects.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node whose object store is a part of a bucket on a real S3 server. */
class S3NodeTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int ROWS = 5000;
    private static final Map<String, String> SMALL = Map.of("log.segment-size", "64kb", "log.local-segments", "0");

    @TempDir
    Path directory;

    private Config settings() {
        return ConfigFactory.parseMap(Map.of(
                "weir.data-dir",
                directory.resolve("data").toString(),
                "weir.cluster.port",
                0,
                "weir.object-store",
                "s3://" + S3Server.BUCKET + "/stores/one",
                "weir.remote.retry-min",
                "100ms",
                "weir.remote.retry-max",
                "500ms",
                "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook",
                "off"));
    }

    private static Map<String, String> environment(int port, String secret) {
        return Map.of(
                "AWS_ACCESS_KEY_ID",
                S3Server.ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY",
                secret,
                "AWS_ENDPOINT_URL_S3",
                "http://127.0.0.1:" + port);
    }

    private WeirNode start(int port, String secret) {
        WeirNode node = WeirNode.start(settings(), environment(port, secret));
        TestNodes.get(node.ready());
        return node;
    }

    private static BucketId write(WeirNode node) {
        BucketId bucket =
                new BucketId(TestNodes.createTable(node, "t", 1, SMALL).tableId(), 0);
        for (int i = 0; i < 4; i++) {
            assertThat(TestNodes.append(node, bucket, i, TestRows.range((long) ROWS * i, ROWS)))
                    .isInstanceOf(Bucket.Appended.class);
        }
        return bucket;
    }

    private static Bucket.RemoteDescription remote(WeirNode node, BucketId bucket) {
        return ((Bucket.Description) TestNodes.describe(node, bucket)).remote();
    }

    private static List<Long> rows(long to) {
        return LongStream.range(0, to).boxed().toList();
    }

    private void lose(String what) throws IOException {
        new DiskFileStore().deleteTree(directory.resolve("data").resolve(what));
    }

    @Test
    void aStoreThatComesLaterGetsTheRowsAndGivesThemBack() throws Exception {
        int port = TestNodes.freePort();
        String secret = S3Server.SECRET_KEY;
        WeirNode node = start(port, secret);
        BucketId bucket = write(node);
        Awaitility.await().atMost(LONG).untilAsserted(() -> assertThat(
                        remote(node, bucket).problem())
                .contains("not known yet")
                .containsAnyOf("refused", "connect", "Connect"));
        assertThat(TestNodes.get(node.cluster().askReaper(false, LONG))).isInstanceOf(Reaper.Refused.class);

        try (S3Server server = new S3Server(directory.resolve("s3"), port)) {
            Awaitility.await().atMost(LONG).untilAsserted(() -> {
                assertThat(remote(node, bucket).hotStartOffset()).isEqualTo(3L * ROWS);
                assertThat(remote(node, bucket).problem()).isNull();
            });
            assertThat(TwoNodesTest.ids(node, bucket)).isEqualTo(rows(4L * ROWS));
            assertThat(directory.resolve("s3").resolve(S3Server.BUCKET).resolve("stores/one/weir.json"))
                    .exists();
            Awaitility.await()
                    .atMost(LONG)
                    .until(() -> Files.isDirectory(
                            directory.resolve("s3").resolve(S3Server.BUCKET).resolve("stores/one/catalog")));
            TestNodes.get(node.stop());

            lose("log");
            WeirNode restored = start(server.port(), secret);
            assertThat(TwoNodesTest.ids(restored, bucket)).isEqualTo(rows(3L * ROWS));
            assertThat(((Reaper.Report) TestNodes.get(restored.cluster().askReaper(false, LONG))).problems())
                    .isEmpty();
            TestNodes.get(restored.stop());

            lose("");
            WeirNode refused = WeirNode.start(settings(), environment(server.port(), secret));
            assertThatThrownBy(() -> TestNodes.get(refused.ready()))
                    .hasStackTraceContaining("the journal of this node is new")
                    .hasStackTraceContaining("weir recover");
            TestNodes.get(refused.stop());
            // Its journal holds nothing, and is no hindrance.
            RecoveryReport report = StoreRecovery.run(
                    settings(), environment(server.port(), secret), StoreRecovery.Mode.RECOVER, (found, about) -> {});
            assertThat(report.losses()).isEmpty();
            assertThat(report.written()).isTrue();
            WeirNode recovered = start(server.port(), secret);
            assertThat(TwoNodesTest.ids(recovered, bucket)).isEqualTo(rows(3L * ROWS));
            assertThatThrownBy(() -> StoreRecovery.run(
                            settings(),
                            environment(server.port(), secret),
                            StoreRecovery.Mode.DRY_RUN,
                            (found, about) -> {}))
                    .hasMessageContaining("another process uses");
            TestNodes.get(recovered.stop());
            assertThatThrownBy(() -> StoreRecovery.run(
                            settings(),
                            environment(server.port(), secret),
                            StoreRecovery.Mode.RECOVER,
                            (found, about) -> {}))
                    .hasMessageContaining("is a journal");
        }
    }

    @Test
    void wrongCredentialsAreSaidWhereAnOperatorLooks() throws Exception {
        try (S3Server server = new S3Server(directory.resolve("s3"))) {
            WeirNode node = start(server.port(), "wrong");
            BucketId bucket = write(node);
            Awaitility.await().atMost(LONG).untilAsserted(() -> assertThat(
                            remote(node, bucket).problem())
                    .contains("403")
                    .contains("check the credentials (key test-key)"));
            TestNodes.get(node.stop());
            assertThat(directory.resolve("s3").resolve(S3Server.BUCKET)).isEmptyDirectory();
        }
    }

    @Test
    void missingCredentialsFailTheStart() {
        Map<String, String> none = new HashMap<>(environment(1, "x"));
        none.remove("AWS_ACCESS_KEY_ID");
        assertThatThrownBy(() -> WeirNode.start(settings(), none)).hasMessageContaining("AWS_ACCESS_KEY_ID");
    }
}
