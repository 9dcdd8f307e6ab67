package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogBehavior;
import io.weir.actors.catalog.CatalogCopy;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.journal.JournalSetup;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.SimFaults;
import io.weir.persistence.objects.SimObjectStore;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.stream.Materializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogCopiesTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path data;

    private final CatalogMirror mirror = new CatalogMirror();
    private ActorTestKit kit;
    private SimObjectStore store;
    private RemoteTier tier;
    private ActorRef<Catalog.Command> catalog;
    private TestProbe<Catalog.Reply> replies;

    @BeforeEach
    void start() {
        kit = ActorTestKit.create(JournalSetup.config(data).withFallback(ConfigFactory.load()));
        Materializer materializer = Materializer.matFromSystem(kit.system());
        store = new SimObjectStore(5, materializer);
        tier = SimTier.over(store, materializer);
        catalog = kit.spawn(CatalogBehavior.create(Clock.systemUTC(), mirror));
        replies = kit.createTestProbe();
        kit.spawn(CatalogCopies.create(mirror, tier, Duration.ofMillis(20)));
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private void createDatabase(String name) {
        catalog.tell(new Catalog.CreateDatabase(name, replies.ref()));
        replies.expectMessage(SOON, new Catalog.Done());
    }

    private void awaitCopies(Long... versions) {
        List<ObjectName> names =
                List.of(versions).stream().map(RemoteNames::catalog).toList();
        Awaitility.await().atMost(SOON).until(() -> store.names().equals(names));
    }

    @Test
    void theNewestTwoCopiesAreKept() {
        tier.confirm();
        for (long i = 1; i <= 5; i++) {
            createDatabase("db" + i);
            long version = i;
            Awaitility.await().atMost(SOON).until(() -> store.names().contains(RemoteNames.catalog(version)));
        }
        awaitCopies(4L, 5L);
        CatalogState.Snapshot copy = CatalogCopy.decode(store.bytes(RemoteNames.catalog(5)));
        assertThat(copy).isEqualTo(mirror.get().orElseThrow().snapshot());
        assertThat(copy.databases()).hasSize(5);
    }

    @Test
    void nothingIsPutBeforeTheStoreIsKnownToBeOurs() {
        createDatabase("db");
        kit.createTestProbe().expectNoMessage(Duration.ofMillis(300));
        assertThat(store.names()).isEmpty();
        assertThat(store.requests(SimObjectStore.Operation.LIST)).isZero();
        tier.confirm();
        awaitCopies(1L);
    }

    @Test
    void aCatalogThatDoesNotChangeIsCopiedOnce() {
        tier.confirm();
        createDatabase("db");
        awaitCopies(1L);
        kit.createTestProbe().expectNoMessage(Duration.ofMillis(300));
        assertThat(store.requests(SimObjectStore.Operation.PUT)).isEqualTo(1);
    }

    @Test
    void aStoreThatFailsIsTriedAgain() {
        tier.confirm();
        store.faults(SimFaults.errors(0.15).withListLag(0.3));
        for (int i = 1; i <= 8; i++) {
            createDatabase("db" + i);
        }
        Awaitility.await().atMost(SOON).until(() -> store.names().contains(RemoteNames.catalog(8)));
        store.faults(SimFaults.NONE);
        store.settle();
        createDatabase("last");
        Awaitility.await()
                .atMost(SOON)
                .until(() -> store.names().contains(RemoteNames.catalog(9))
                        && store.names().size() <= 2);
        assertThat(CatalogCopy.decode(store.bytes(RemoteNames.catalog(9))).databases())
                .hasSize(9);
    }

    @Test
    void copiesOfANewerCatalogAreLeftAlone() {
        store.store(RemoteNames.catalog(1000), new byte[] {1});
        tier.confirm();
        for (long i = 1; i <= 3; i++) {
            createDatabase("db" + i);
            long version = i;
            Awaitility.await().atMost(SOON).until(() -> store.names().contains(RemoteNames.catalog(version)));
        }
        awaitCopies(2L, 3L, 1000L);
    }
}
