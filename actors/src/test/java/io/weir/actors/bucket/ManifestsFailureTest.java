package io.weir.actors.bucket;

import static io.weir.actors.bucket.ManifestSamples.BUCKET;
import static io.weir.actors.bucket.ManifestSamples.NODE;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Clock;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManifestsFailureTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String ID = "manifest|" + BUCKET.entityId();

    private ActorTestKit kit;
    private PersistenceTestKit journal;
    private TestProbe<BucketManifest.Reply> replies;

    @BeforeEach
    void start() {
        kit = ActorTestKit.create(PersistenceTestKitPlugin.config()
                .withFallback(PersistenceTestKitSnapshotPlugin.config())
                .withFallback(ConfigFactory.load()));
        journal = PersistenceTestKit.create(kit.system());
        replies = kit.createTestProbe();
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    /** What was asked when the journal failed is not answered; what is asked later is, and the manifest still stops when it is idle. */
    @Test
    void aManifestComesBackWhenTheJournalDoes() {
        ActorRef<BucketManifest.Command> manifests =
                kit.spawn(Manifests.create(Clock.systemUTC(), Duration.ofSeconds(1)));
        journal.failNextPersisted(ID);
        manifests.tell(new BucketManifest.RaiseEpoch(BUCKET, 0, NODE, replies.ref()));
        replies.expectNoMessage(Duration.ofMillis(100));
        Awaitility.await()
                .atMost(SOON)
                .ignoreExceptionsInstanceOf(AssertionError.class)
                .until(() -> {
                    TestProbe<BucketManifest.Reply> asker = kit.createTestProbe();
                    manifests.tell(new BucketManifest.GetManifest(BUCKET, asker.ref()));
                    return asker.receiveMessage(Duration.ofMillis(500)).equals(Manifest.EMPTY);
                });
        manifests.tell(new BucketManifest.RaiseEpoch(BUCKET, 0, NODE, replies.ref()));
        assertThat(replies.expectMessageClass(Manifest.class, SOON).epoch()).isEqualTo(1);
        Awaitility.await().atMost(SOON).until(() -> ManifestsTest.children(manifests) == 0);
    }
}
