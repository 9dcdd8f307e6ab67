package io.weir.actors.journal;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogBehavior;
import io.weir.actors.catalog.CatalogMirror;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The other way round does not work: the native LevelDB compresses tables with Snappy, which the pure-Java one lacks here. */
class JournalSetupTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path data;

    @Test
    void pureJavaJournalKeepsEventsAndTheNativeOneReadsThem() {
        create("first", false);
        create("second", false);
        if (JournalSetup.nativeLevelDbLoads()) {
            create("third", true);
        }
        expectDatabases(JournalSetup.nativeLevelDbLoads());
    }

    private void create(String database, boolean nativeLibrary) {
        run(nativeLibrary, (kit, catalog) -> {
            TestProbe<Catalog.Reply> replies = kit.createTestProbe();
            catalog.tell(new Catalog.CreateDatabase(database, replies.ref()));
            replies.expectMessage(SOON, new Catalog.Done());
        });
    }

    private void expectDatabases(boolean all) {
        run(all, (kit, catalog) -> {
            TestProbe<Catalog.Reply> replies = kit.createTestProbe();
            catalog.tell(new Catalog.ListDatabases(replies.ref()));
            replies.expectMessage(
                    SOON,
                    new Catalog.Databases(all ? List.of("first", "second", "third") : List.of("first", "second")));
        });
    }

    private interface Use {
        void with(ActorTestKit kit, ActorRef<Catalog.Command> catalog);
    }

    private void run(boolean nativeLibrary, Use use) {
        ActorTestKit kit =
                ActorTestKit.create(JournalSetup.config(data, nativeLibrary).withFallback(ConfigFactory.load()));
        try {
            use.with(kit, kit.spawn(CatalogBehavior.create(Clock.systemUTC(), new CatalogMirror())));
        } finally {
            kit.shutdownTestKit();
        }
    }
}
