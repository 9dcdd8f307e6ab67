package io.weir.actors.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.journal.JournalSetup;
import io.weir.codec.ErrorCode;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogTest {
    @TempDir
    Path data;

    @TempDir
    Path other;

    private final CatalogMirror mirror = new CatalogMirror();
    private ActorTestKit kit;
    private ActorRef<Catalog.Command> catalog;
    private TestProbe<Catalog.Reply> replies;

    @BeforeEach
    void start() {
        kit = ActorTestKit.create(JournalSetup.config(data).withFallback(ConfigFactory.load()));
        catalog = kit.spawn(CatalogBehavior.create(
                Clock.fixed(Instant.parse("2026-01-01T00:00:00.123456Z"), ZoneOffset.UTC), mirror));
        replies = kit.createTestProbe();
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private Catalog.Reply ask(Function<ActorRef<Catalog.Reply>, Catalog.Command> question) {
        catalog.tell(question.apply(replies.ref()));
        return replies.receiveMessage(Duration.ofSeconds(10));
    }

    private static void assertRefused(Catalog.Reply reply, ErrorCode code) {
        assertThat(reply).isInstanceOfSatisfying(Catalog.Refused.class, r -> assertThat(r.code())
                .isEqualTo(code));
    }

    private Catalog.Reply create(String database, String table, boolean createDatabase) {
        return ask(r -> new Catalog.CreateTable(
                database,
                new Catalog.TableDefinition(table, TestRows.COLUMNS, List.of("id"), 4, Map.of("log.ttl", "1d")),
                createDatabase,
                r));
    }

    @Test
    void databasesComeAndGo() {
        assertThat(ask(r -> new Catalog.CreateDatabase("b", r))).isEqualTo(new Catalog.Done());
        assertThat(ask(r -> new Catalog.CreateDatabase("a", r))).isEqualTo(new Catalog.Done());
        assertRefused(ask(r -> new Catalog.CreateDatabase("a", r)), ErrorCode.DATABASE_EXISTS);
        assertRefused(ask(r -> new Catalog.CreateDatabase("-a", r)), ErrorCode.INVALID_REQUEST);
        assertThat(ask(Catalog.ListDatabases::new)).isEqualTo(new Catalog.Databases(List.of("a", "b")));
        assertThat(ask(r -> new Catalog.GetDatabase("a", r))).isEqualTo(new Catalog.Done());
        assertThat(ask(r -> new Catalog.DropDatabase("a", false, r))).isEqualTo(new Catalog.Done());
        assertRefused(ask(r -> new Catalog.GetDatabase("a", r)), ErrorCode.DATABASE_NOT_FOUND);
        assertRefused(ask(r -> new Catalog.ListTables("a", r)), ErrorCode.DATABASE_NOT_FOUND);
    }

    @Test
    void tablesComeAndGoAndIdsAreNotReused() {
        assertRefused(create("db", "t", false), ErrorCode.DATABASE_NOT_FOUND);
        TableInfo first = ((Catalog.Table) create("db", "t", true)).info();
        assertThat(first.tableId()).isEqualTo(1);
        assertThat(first.createdAt()).isEqualTo(Instant.parse("2026-01-01T00:00:00.123Z"));
        assertRefused(create("db", "t", false), ErrorCode.TABLE_EXISTS);
        assertThat(ask(r -> new Catalog.GetTable("db", "t", r))).isEqualTo(new Catalog.Table(first));
        assertThat(ask(r -> new Catalog.GetTableById(1, 0, r))).isEqualTo(new Catalog.Table(first));
        assertRefused(ask(r -> new Catalog.DropDatabase("db", false, r)), ErrorCode.DATABASE_NOT_EMPTY);
        assertThat(ask(r -> new Catalog.DropTable("db", "t", r))).isEqualTo(new Catalog.Done());
        assertRefused(ask(r -> new Catalog.GetTableById(1, 0, r)), ErrorCode.TABLE_NOT_FOUND);
        assertThat(((Catalog.Table) create("db", "t", false)).info().tableId()).isEqualTo(2);
        assertThat(ask(r -> new Catalog.DropDatabase("db", true, r))).isEqualTo(new Catalog.Done());
        assertThat(ask(Catalog.ListTableIds::new)).isEqualTo(new Catalog.TableIds(Set.of(), 2, Set.of(), 0));
        assertRefused(ask(r -> new Catalog.GetTable("db", "t", r)), ErrorCode.DATABASE_NOT_FOUND);
    }

    @Test
    void everythingIsThereAgainAfterARestartWithSnapshots() {
        for (int i = 0; i < 120; i++) {
            create("db", "t" + i, true);
        }
        Catalog.TableChange change = new Catalog.TableChange(
                List.of(new Column(0, "more", new DataType.Decimal(9, 2), true)),
                Map.of("name", "title"),
                Map.of(),
                List.of(),
                Map.of(),
                Set.of());
        Catalog.Reply altered = ask(r -> new Catalog.AlterTable("db", "t7", change, r));
        assertThat(altered).isInstanceOf(Catalog.Table.class);
        assertThat(ask(r -> new Catalog.AlterTable(
                        "db",
                        "t7",
                        new Catalog.TableChange(List.of(), Map.of(), Map.of(), List.of("absent"), Map.of(), Set.of()),
                        r)))
                .isInstanceOf(Catalog.Refused.class);
        Catalog.Reply tables = ask(r -> new Catalog.ListTables("db", r));

        kit.stop(catalog);
        catalog = kit.spawn(CatalogBehavior.create(Clock.systemUTC(), new CatalogMirror()));
        assertThat(ask(r -> new Catalog.GetTable("db", "t7", r))).isEqualTo(altered);
        assertThat(ask(r -> new Catalog.ListTables("db", r))).isEqualTo(tables);
        assertThat(((Catalog.TableIds) ask(Catalog.ListTableIds::new)).lastTableId())
                .isEqualTo(120);
    }

    @Test
    void theClusterIsNamedOnce() {
        assertRefused(ask(r -> new Catalog.NameCluster("not/a/name", r)), ErrorCode.INVALID_REQUEST);
        assertRefused(ask(r -> new Catalog.NameCluster("", r)), ErrorCode.INVALID_REQUEST);
        assertThat(ask(Catalog.GetClusterName::new)).isEqualTo(new Catalog.ClusterName(""));
        assertThat(ask(r -> new Catalog.NameCluster("one", r))).isEqualTo(new Catalog.ClusterName("one"));
        assertThat(ask(Catalog.GetClusterName::new)).isEqualTo(new Catalog.ClusterName("one"));
        assertThat(ask(r -> new Catalog.NameCluster("two", r))).isEqualTo(new Catalog.ClusterName("one"));
        kit.stop(catalog);
        catalog = kit.spawn(CatalogBehavior.create(Clock.systemUTC(), new CatalogMirror()));
        assertThat(ask(r -> new Catalog.NameCluster("three", r))).isEqualTo(new Catalog.ClusterName("one"));
    }

    @Test
    void aCatalogIsRestoredWithItsIdsAndOnlyWhereThereWasNone() {
        create("db", "kept", true);
        create("db", "dropped", true);
        ask(r -> new Catalog.DropTable("db", "dropped", r));
        ask(r -> new Catalog.NameCluster("one", r));
        CatalogState lost = mirror.get().orElseThrow();
        assertThat(lost.version()).isEqualTo(4);
        CatalogState.Snapshot copy = CatalogCopy.decode(CatalogCopy.encode(lost));
        assertRefused(ask(r -> new Catalog.Restore(copy, r)), ErrorCode.INVALID_REQUEST);

        kit.shutdownTestKit();
        data = other;
        start();
        assertThat(ask(r -> new Catalog.Restore(copy, r))).isEqualTo(new Catalog.Done());
        assertRefused(ask(r -> new Catalog.Restore(copy, r)), ErrorCode.INVALID_REQUEST);
        // Above the copy's, so that no two copies of different content have one version.
        assertThat(mirror.get().orElseThrow().version()).isEqualTo(5);
        assertThat(ask(r -> new Catalog.NameCluster("two", r))).isEqualTo(new Catalog.ClusterName("one"));
        kit.stop(catalog);
        catalog = kit.spawn(CatalogBehavior.create(Clock.systemUTC(), mirror));
        assertThat(ask(r -> new Catalog.ListTables("db", r))).isEqualTo(new Catalog.Tables(List.of("kept")));
        assertThat(((Catalog.Table) create("db", "new", false)).info().tableId())
                .isEqualTo(3);
    }
}
