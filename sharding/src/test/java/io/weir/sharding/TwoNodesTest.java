package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.batch.EncodedRows;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes in two processes: this one, and one that leaves in order. */
class TwoNodesTest {
    private static final int BUCKETS = 8;

    @TempDir
    Path directory;

    @Test
    void bucketsOfANodeThatLeavesGoOnWithAllTheirRowsAndWriters() throws Exception {
        int port = TestNodes.freePort();
        String seeds = "127.0.0.1:" + port;
        WeirNode here = TestNodes.start(directory.resolve("a"), port, seeds);
        Process there = TestNodes.spawn(directory.resolve("b"), TestNodes.freePort(), seeds, "none");
        try {
            awaitTwo(here);
            TableInfo table = TestNodes.createTable(here, "t", BUCKETS);
            List<BucketId> buckets = IntStream.range(0, BUCKETS)
                    .mapToObj(bucket -> new BucketId(table.tableId(), bucket))
                    .toList();
            Map<BucketId, Bucket.AppendReply> first = new HashMap<>();
            for (BucketId bucket : buckets) {
                first.put(bucket, TestNodes.append(here, bucket, 1, rows(bucket)));
                assertThat(first.get(bucket)).isEqualTo(new Bucket.Appended(0, 1000));
            }
            List<BucketId> remote = buckets.stream()
                    .filter(bucket -> !leader(here, bucket).equals(seeds))
                    .toList();
            assertThat(remote).isNotEmpty().hasSizeLessThan(BUCKETS);

            BucketId big = remote.get(0);
            EncodedRows[] large = IntStream.range(0, 8)
                    .mapToObj(i -> TestRows.range(i * 100_000L, 100_000))
                    .toArray(EncodedRows[]::new);
            assertThat(TestNodes.append(here, big, 2, large)).isEqualTo(new Bucket.Appended(1000, 801_000));
            for (BucketId bucket : remote) {
                assertThat(ids(here, bucket).subList(0, 1000)).isEqualTo(expected(bucket));
            }

            there.destroy();
            assertThat(there.waitFor(50, TimeUnit.SECONDS)).isTrue();

            for (BucketId bucket : buckets) {
                assertThat(leader(here, bucket)).isEqualTo(seeds);
                assertThat(ids(here, bucket).subList(0, 1000)).isEqualTo(expected(bucket));
                assertThat(TestNodes.append(here, bucket, 1, rows(bucket))).isEqualTo(first.get(bucket));
            }
            assertThat(ids(here, big)).hasSize(801_000);
            assertThat(TestNodes.append(here, big, 3, TestRows.range(0, 5)))
                    .isEqualTo(new Bucket.Appended(801_000, 801_005));
        } finally {
            there.destroyForcibly();
            TestNodes.get(here.stop());
        }
    }

    @Test
    void killedNodeTakesItsBucketsAwayUntilItIsBackWithItsDisk() throws Exception {
        // Of two nodes, the one with the lower address goes on when they lose each other.
        int[] ports = IntStream.of(TestNodes.freePort(), TestNodes.freePort())
                .sorted()
                .toArray();
        int port = ports[0];
        int otherPort = ports[1];
        String seeds = "127.0.0.1:" + port;
        WeirNode here = TestNodes.start(directory.resolve("a"), port, seeds);
        Process there = TestNodes.spawn(directory.resolve("b"), otherPort, seeds, "none");
        try {
            awaitTwo(here);
            TableInfo table = TestNodes.createTable(here, "t", 4);
            List<BucketId> buckets = IntStream.range(0, 4)
                    .mapToObj(bucket -> new BucketId(table.tableId(), bucket))
                    .toList();
            for (BucketId bucket : buckets) {
                assertThat(TestNodes.append(here, bucket, 1, rows(bucket))).isEqualTo(new Bucket.Appended(0, 1000));
            }
            BucketId lost = buckets.stream()
                    .filter(bucket -> !leader(here, bucket).equals(seeds))
                    .findFirst()
                    .orElseThrow();
            there.destroyForcibly();
            assertThat(there.waitFor(10, TimeUnit.SECONDS)).isTrue();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptionsMatching(failure -> failure instanceof AssertionError)
                    .until(() -> TestNodes.get(here.cluster()
                                            .<Bucket.DescribeReply>askBucket(
                                                    lost, Bucket.Describe::new, Duration.ofSeconds(2)))
                                    instanceof Bucket.Refused refused
                            && refused.code() == io.weir.codec.ErrorCode.BUCKET_UNAVAILABLE);
            there = TestNodes.spawn(directory.resolve("b"), otherPort, seeds, "none");
            Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(
                            TestNodes.append(here, lost, 2, TestRows.range(7, 1)))
                    .isEqualTo(new Bucket.Appended(1000, 1001)));
            assertThat(ids(here, lost).subList(0, 1000)).isEqualTo(expected(lost));
            assertThat(TestNodes.append(here, lost, 1, rows(lost))).isEqualTo(new Bucket.Appended(0, 1000));
        } finally {
            there.destroyForcibly();
            TestNodes.get(here.stop());
        }
    }

    static void awaitTwo(WeirNode node) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .until(() -> TestNodes.get(node.cluster().members()).stream()
                                .filter(member -> member.state().equals("up") && member.bucketsLed() >= 0)
                                .count()
                        == 2);
    }

    private static EncodedRows rows(BucketId bucket) {
        return TestRows.range(bucket.bucket() * 10_000L, 1000);
    }

    private static List<Long> expected(BucketId bucket) {
        long from = bucket.bucket() * 10_000L;
        return LongStream.range(from, from + 1000).boxed().toList();
    }

    static String leader(WeirNode node, BucketId bucket) {
        return ((Bucket.Description) TestNodes.describe(node, bucket)).node();
    }

    static List<Long> ids(WeirNode node, BucketId bucket) {
        List<Long> ids = new ArrayList<>();
        long from = 0;
        while (true) {
            Bucket.Fetched fetched = (Bucket.Fetched) TestNodes.fetch(node, bucket, from);
            ids.addAll(TestRows.ids(fetched));
            if (fetched.nextOffset() >= fetched.highWatermark()) {
                return ids;
            }
            from = fetched.nextOffset();
        }
    }
}
