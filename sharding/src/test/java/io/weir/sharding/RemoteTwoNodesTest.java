package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.TableInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes that share an object store, of which one goes, with its disk or without. */
class RemoteTwoNodesTest {
    private static final int BUCKETS = 4;
    private static final int ROWS = 5000;
    private static final int BATCHES = 4;

    @TempDir
    Path directory;

    private static List<Long> rows(long to) {
        return LongStream.range(0, to).boxed().toList();
    }

    private static void write(WeirNode node, BucketId bucket, int number) {
        assertThat(TestNodes.append(node, bucket, number, TestRows.range((long) ROWS * number, ROWS)))
                .isEqualTo(new Bucket.Appended((long) ROWS * number, (long) ROWS * (number + 1)));
    }

    /** Buckets with rows on the object store alone: all but the last batch. */
    private static List<BucketId> uploadedBuckets(WeirNode node, String name) {
        TableInfo table = TestNodes.createTable(
                node, name, BUCKETS, Map.of("log.segment-size", "64kb", "log.local-segments", "0"));
        List<BucketId> buckets = IntStream.range(0, BUCKETS)
                .mapToObj(bucket -> new BucketId(table.tableId(), bucket))
                .toList();
        for (BucketId bucket : buckets) {
            for (int i = 0; i < BATCHES; i++) {
                write(node, bucket, i);
            }
        }
        for (BucketId bucket : buckets) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> ((Bucket.Description) TestNodes.describe(node, bucket))
                                    .remote()
                                    .hotStartOffset()
                            == ROWS * (BATCHES - 1));
        }
        return buckets;
    }

    private static BucketId ledElsewhere(WeirNode node, List<BucketId> buckets, String here) {
        return buckets.stream()
                .filter(bucket -> !TwoNodesTest.leader(node, bucket).equals(here))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aBucketThatMovesTakesItsRemoteRowsAlongAndThoseOfALostNodeComeFromTheStore() throws Exception {
        // Of two nodes, the one with the lower address goes on when they lose each other.
        int[] ports = IntStream.of(TestNodes.freePort(), TestNodes.freePort())
                .sorted()
                .toArray();
        String seeds = "127.0.0.1:" + ports[0];
        String lostAddress = "127.0.0.1:" + ports[1];
        String store = directory.resolve("objects").toUri().toString();
        WeirNode here = TestNodes.start(
                directory.resolve("a"),
                ports[0],
                seeds,
                Map.of(
                        "weir.object-store", store,
                        "weir.remote.lost-nodes", lostAddress,
                        "weir.cluster.stable-after", "2s"));
        WeirNode leaving = TestNodes.start(
                directory.resolve("b"), TestNodes.freePort(), seeds, Map.of("weir.object-store", store));
        Process there = null;
        try {
            TwoNodesTest.awaitTwo(here);
            List<BucketId> buckets = uploadedBuckets(here, "first");
            BucketId moving = ledElsewhere(here, buckets, seeds);
            assertThat(TwoNodesTest.ids(here, moving)).isEqualTo(rows(ROWS * BATCHES));
            TestNodes.get(leaving.stop());
            assertThat(TwoNodesTest.leader(here, moving)).isEqualTo(seeds);
            assertThat(TwoNodesTest.ids(here, moving))
                    .as("moved, to the last row")
                    .isEqualTo(rows(ROWS * BATCHES));
            write(here, moving, BATCHES);

            // The second node has another disk, and never comes back; its buckets are those of a new table.
            there = TestNodes.spawn(directory.resolve("c"), ports[1], seeds, store);
            TwoNodesTest.awaitTwo(here);
            List<BucketId> more = uploadedBuckets(here, "second");
            BucketId lost = ledElsewhere(here, more, seeds);
            there.destroyForcibly();
            assertThat(there.waitFor(10, TimeUnit.SECONDS)).isTrue();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptionsMatching(failure -> failure instanceof AssertionError)
                    .until(() -> TestNodes.get(here.cluster()
                                    .<Bucket.DescribeReply>askBucket(lost, Bucket.Describe::new, Duration.ofSeconds(2)))
                            instanceof Bucket.Description);
            int end = ROWS * (BATCHES - 1);
            assertThat(TwoNodesTest.ids(here, lost))
                    .as("restored, to the last upload")
                    .isEqualTo(rows(end));
            assertThat(TestNodes.append(here, lost, BATCHES - 2, TestRows.range(0, 1)))
                    .as("what was uploaded is known to be there")
                    .isEqualTo(new Bucket.Appended(end - ROWS, end));
            write(here, lost, BATCHES - 1);
        } finally {
            if (there != null) {
                there.destroyForcibly();
            }
            TestNodes.get(here.stop());
        }
    }
}
