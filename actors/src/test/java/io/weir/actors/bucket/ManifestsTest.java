package io.weir.actors.bucket;

import static io.weir.actors.bucket.ManifestSamples.BUCKET;
import static io.weir.actors.bucket.ManifestSamples.NODE;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.journal.JournalSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestsTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path data;

    private ActorTestKit kit;
    private ActorRef<BucketManifest.Command> manifests;
    private TestProbe<BucketManifest.Reply> replies;

    @BeforeEach
    void start() {
        kit = ActorTestKit.create(JournalSetup.config(data).withFallback(ConfigFactory.load()));
        replies = kit.createTestProbe();
        manifests = kit.spawn(Manifests.create(Clock.systemUTC(), Duration.ofHours(1)));
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private BucketManifest.Reply ask(Function<ActorRef<BucketManifest.Reply>, BucketManifest.Command> question) {
        manifests.tell(question.apply(replies.ref()));
        return replies.receiveMessage(SOON);
    }

    private Manifest raise(BucketId bucket) {
        return (Manifest) ask(r -> new BucketManifest.RaiseEpoch(bucket, 0, NODE, r));
    }

    private Manifest get(BucketId bucket) {
        return (Manifest) ask(r -> new BucketManifest.GetManifest(bucket, r));
    }

    static int children(ActorRef<?> parent) {
        return Adapter.toClassic(parent) instanceof org.apache.pekko.actor.ActorRefWithCell cell
                ? cell.underlying().childrenRefs().children().size()
                : -1;
    }

    @Test
    void eachBucketHasItsOwnManifestAndKeepsItOverARestart() {
        BucketId other = new BucketId(7, 4, 0);
        raise(BUCKET);
        assertThat(raise(BUCKET).epoch()).isEqualTo(2);
        assertThat(raise(other).epoch()).isEqualTo(1);
        assertThat(get(new BucketId(1, 0))).isEqualTo(Manifest.EMPTY);
        assertThat(ask(r -> new BucketManifest.AddSegment(BUCKET, 1, ManifestSamples.segment(0, 10), 0, r)))
                .isInstanceOf(BucketManifest.Refused.class);
        Manifest added =
                (Manifest) ask(r -> new BucketManifest.AddSegment(BUCKET, 2, ManifestSamples.segment(0, 10), 0, r));
        kit.stop(manifests);
        manifests = kit.spawn(Manifests.create(Clock.systemUTC()));
        assertThat(get(BUCKET)).isEqualTo(added);
        assertThat(get(other).node()).isEqualTo(NODE);
    }

    @Test
    void manifestsThatNobodyAsksAreStopped() {
        kit.stop(manifests);
        manifests = kit.spawn(Manifests.create(Clock.systemUTC(), Duration.ofMillis(500)));
        for (int i = 0; i < 50; i++) {
            assertThat(raise(new BucketId(9, i)).epoch()).isEqualTo(1);
        }
        assertThat(children(manifests)).isPositive();
        Awaitility.await().atMost(SOON).until(() -> children(manifests) == 0);
        assertThat(raise(new BucketId(9, 7)).epoch()).isEqualTo(2);
    }

    /** They are idle after no time at all, so that nearly every command meets one that stops. */
    @Test
    void noCommandIsLostWhereManifestsStop() {
        kit.stop(manifests);
        manifests = kit.spawn(Manifests.create(Clock.systemUTC(), Duration.ofMillis(1)));
        int rounds = 40;
        for (int round = 0; round < rounds; round++) {
            // Told by hand too: at the worst of times, and more than once.
            manifests.tell(new BucketManifest.RaiseEpoch(BUCKET, 0, NODE, replies.ref()));
            manifests.tell(new BucketManifest.Idle(BUCKET));
            manifests.tell(new BucketManifest.RaiseEpoch(BUCKET, 0, NODE, replies.ref()));
            manifests.tell(new BucketManifest.Idle(BUCKET));
            manifests.tell(new BucketManifest.RaiseEpoch(BUCKET, 0, NODE, replies.ref()));
            for (int i = 1; i <= 3; i++) {
                assertThat(((Manifest) replies.receiveMessage(SOON)).epoch()).isEqualTo(3 * round + i);
            }
        }
        assertThat(get(BUCKET).version()).isEqualTo(3L * rounds);
    }

    @Test
    void aWordToStopThatWasLostIsSaidAgain() {
        manifests.tell(new BucketManifest.Idle(BUCKET));
        assertThat(raise(BUCKET).epoch()).isEqualTo(1);
    }

    @Test
    void aLongHistoryIsReadFromASnapshotAndWithoutOneToo() throws IOException {
        raise(BUCKET);
        for (int i = 0; i < 250; i++) {
            int base = 10 * i;
            manifests.tell(new BucketManifest.AddSegment(
                    BUCKET, 1, ManifestSamples.segment(base, base + 10), i, replies.ref()));
        }
        replies.receiveSeveralMessages(250, SOON);
        Manifest before = get(BUCKET);
        assertThat(before.version()).isEqualTo(251);
        Awaitility.await().atMost(SOON).until(() -> snapshots().size() == 2);
        restart();
        assertThat(get(BUCKET)).isEqualTo(before);
        // Cut by a crash, as they are not synced: the events say it all.
        for (Path file : snapshots()) {
            Files.write(file, new byte[] {1, 2, 3});
        }
        restart();
        assertThat(get(BUCKET)).isEqualTo(before);
    }

    private void restart() {
        kit.shutdownTestKit();
        start();
    }

    private List<Path> snapshots() throws IOException {
        try (Stream<Path> files = Files.list(data.resolve("snapshots"))) {
            return files.toList();
        }
    }
}
