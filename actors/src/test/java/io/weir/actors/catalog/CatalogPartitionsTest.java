package io.weir.actors.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.weir.codec.ErrorCode;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CatalogPartitionsTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final List<Column> COLUMNS =
            List.of(new Column(0, "k", DataType.Simple.INT, false), new Column(0, "ds", DataType.Simple.STRING, false));

    /** Time stands still until it is set. */
    private static final class SetClock extends Clock {
        private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-23T17:00:00Z"));

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now.get();
        }
    }

    private final SetClock clock = new SetClock();
    private final CatalogMirror mirror = new CatalogMirror();
    private final AtomicLong plannedMs = new AtomicLong();
    private ActorTestKit kit;
    private PersistenceTestKit journal;
    private ActorRef<Catalog.Command> catalog;
    private TestProbe<Catalog.Reply> replies;

    @BeforeEach
    void start() {
        Config config = PersistenceTestKitPlugin.getInstance()
                .config()
                .withFallback(PersistenceTestKitSnapshotPlugin.config())
                .withFallback(ConfigFactory.load());
        kit = ActorTestKit.create(config);
        journal = PersistenceTestKit.create(kit.system());
        catalog = kit.spawn(CatalogBehavior.create(clock, mirror, tableId -> plannedMs.get()));
        replies = kit.createTestProbe();
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private Catalog.Reply ask(Function<ActorRef<Catalog.Reply>, Catalog.Command> question) {
        catalog.tell(question.apply(replies.ref()));
        return replies.receiveMessage(SOON);
    }

    private void assertRefused(
            ErrorCode code, Function<ActorRef<Catalog.Reply>, Catalog.Command> question, String... words) {
        assertThat(ask(question)).isInstanceOfSatisfying(Catalog.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(code);
            assertThat(refused.detail()).contains(words);
        });
    }

    private TableInfo createTable(String name, String... properties) {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < properties.length; i += 2) {
            map.put(properties[i], properties[i + 1]);
        }
        Catalog.TableDefinition definition =
                new Catalog.TableDefinition(name, COLUMNS, List.of("k", "ds"), List.of(), List.of("ds"), 1, map);
        return ((Catalog.Table) ask(r -> new Catalog.CreateTable("db", definition, true, r))).info();
    }

    private List<PartitionInfo> ensure(long tableId, String... names) {
        List<List<String>> values = IntStream.range(0, names.length)
                .mapToObj(i -> List.of(names[i]))
                .toList();
        return ((Catalog.Partitions) ask(r -> new Catalog.EnsurePartitions(tableId, values, r))).partitions();
    }

    private List<String> names(String table) {
        return ((Catalog.Partitions) ask(r -> new Catalog.ListPartitions("db", table, r)))
                .partitions().stream().map(PartitionInfo::name).toList();
    }

    private void restart() {
        kit.stop(catalog);
        catalog = kit.spawn(CatalogBehavior.create(clock, mirror, tableId -> plannedMs.get()));
    }

    @Test
    void partitionsComeAndGoAndIdsAreNotReused() {
        long t = createTable("t").tableId();
        PartitionInfo a =
                ((Catalog.Partition) ask(r -> new Catalog.CreatePartition("db", "t", List.of("a"), r))).info();
        assertThat(a).isEqualTo(new PartitionInfo(1, "a", List.of("a"), clock.instant()));
        assertRefused(ErrorCode.PARTITION_EXISTS, r -> new Catalog.CreatePartition("db", "t", List.of("a"), r), "'a'");
        assertRefused(
                ErrorCode.INVALID_REQUEST, r -> new Catalog.CreatePartition("db", "t", List.of("../a"), r), "'../a'");
        assertThat(ask(r -> new Catalog.GetTableById(t, 1, r))).isInstanceOf(Catalog.Table.class);
        long other = createTable("other").tableId();
        assertRefused(ErrorCode.PARTITION_NOT_FOUND, r -> new Catalog.GetTableById(other, 1, r), "1");
        assertThat(ensure(other, "a").get(0).partitionId()).isEqualTo(2);

        assertThat(ask(r -> new Catalog.DropPartition("db", "t", "a", r))).isEqualTo(new Catalog.Done());
        assertRefused(ErrorCode.PARTITION_NOT_FOUND, r -> new Catalog.DropPartition("db", "t", "a", r), "'a'");
        assertRefused(ErrorCode.PARTITION_NOT_FOUND, r -> new Catalog.GetTableById(t, 1, r), "1");
        assertThat(ensure(t, "a").get(0).partitionId()).isEqualTo(3);
        assertThat(ask(Catalog.ListTableIds::new))
                .isEqualTo(new Catalog.TableIds(Set.of(t, other), other, Set.of(2L, 3L), 3));
        ask(r -> new Catalog.DropTable("db", "t", r));
        assertThat(ask(Catalog.ListTableIds::new)).isEqualTo(new Catalog.TableIds(Set.of(other), other, Set.of(2L), 3));
        ask(r -> new Catalog.DropDatabase("db", true, r));
        assertThat(ask(Catalog.ListTableIds::new)).isEqualTo(new Catalog.TableIds(Set.of(), other, Set.of(), 3));
    }

    @Test
    void ensuringTwiceGivesTheSameAndOneBadValueCreatesNone() {
        long t = createTable("t").tableId();
        List<PartitionInfo> first = ensure(t, "b", "a", "b");
        assertThat(first).extracting(PartitionInfo::partitionId).containsExactly(1L, 2L, 1L);
        assertThat(ensure(t, "b", "a", "b")).isEqualTo(first);
        assertRefused(
                ErrorCode.INVALID_REQUEST,
                r -> new Catalog.EnsurePartitions(t, List.of(List.of("c"), List.of("d/e")), r),
                "'d/e'");
        assertRefused(
                ErrorCode.INVALID_REQUEST, r -> new Catalog.EnsurePartitions(t, List.of(List.of("a", "b")), r), "[ds]");
        assertThat(names("t")).containsExactly("b", "a");
        assertRefused(ErrorCode.TABLE_NOT_FOUND, r -> new Catalog.EnsurePartitions(99, List.of(), r), "99");
    }

    @Test
    void aTableHasNotMoreThanTenThousandPartitions() {
        long t = createTable("t").tableId();
        ensure(t, IntStream.range(0, 10_000).mapToObj(i -> "p" + i).toArray(String[]::new));
        assertRefused(
                ErrorCode.INVALID_REQUEST,
                r -> new Catalog.EnsurePartitions(t, List.of(List.of("p0"), List.of("x")), r),
                "10000");
        assertRefused(ErrorCode.INVALID_REQUEST, r -> new Catalog.CreatePartition("db", "t", List.of("x"), r), "10000");
        assertThat(ensure(t, "p9999").get(0).partitionId()).isEqualTo(10_000);
    }

    @Test
    void partitionsAreThereAgainAfterARestartWithSnapshots() {
        long t = createTable("t").tableId();
        for (int i = 0; i < 120; i++) {
            ensure(t, "p" + i);
        }
        ask(r -> new Catalog.DropPartition("db", "t", "p119", r));
        Catalog.Reply before = ask(r -> new Catalog.ListPartitions("db", "t", r));
        restart();
        assertThat(ask(r -> new Catalog.ListPartitions("db", "t", r))).isEqualTo(before);
        assertThat(ensure(t, "new").get(0).partitionId()).isEqualTo(121);
    }

    @Test
    void partitionsFollowTheClock() {
        TableInfo table = createTable(
                "t",
                "partition.auto.enabled",
                "true",
                "partition.auto.unit",
                "day",
                "partition.auto.retention",
                "2",
                "partition.auto.pre-create",
                "1");
        assertThat(names("t")).as("there at once").containsExactly("2026-11-23", "2026-11-24");
        ensure(table.tableId(), "2026-11-21", "2030-01-01");
        assertRefused(
                ErrorCode.INVALID_REQUEST,
                r -> new Catalog.EnsurePartitions(table.tableId(), List.of(List.of("2026-11-20")), r),
                "'2026-11-20'",
                "partition.auto.retention",
                "'2026-11-21'");
        assertRefused(
                ErrorCode.INVALID_REQUEST,
                r -> new Catalog.CreatePartition("db", "t", List.of("today"), r),
                "'today'",
                "2026-11-23");

        clock.now.set(Instant.parse("2026-11-24T00:00:00Z"));
        catalog.tell(Catalog.ApplyAutoPartitions.INSTANCE);
        assertThat(names("t")).containsExactly("2026-11-23", "2026-11-24", "2030-01-01", "2026-11-25");
        clock.now.set(Instant.parse("2026-12-24T00:00:00Z"));
        restart();
        Awaitility.await("the rule is applied at start").atMost(SOON).untilAsserted(() -> assertThat(names("t"))
                .containsExactly("2030-01-01", "2026-12-24", "2026-12-25"));
        Catalog.TableChange more = new Catalog.TableChange(
                List.of(), Map.of(), Map.of(), List.of(), Map.of("partition.auto.pre-create", "2"), Set.of());
        ask(r -> new Catalog.AlterTable("db", "t", more, r));
        assertThat(names("t")).endsWith("2026-12-25", "2026-12-26");
    }

    @Test
    void partitionsOfATableInTheLakeWaitForARoundThatHasThemWhole() {
        long t = createTable(
                        "t",
                        "datalake.enabled",
                        "true",
                        "partition.auto.enabled",
                        "true",
                        "partition.auto.retention",
                        "1",
                        "partition.auto.pre-create",
                        "0")
                .tableId();
        ensure(t, "2026-11-22");
        clock.now.set(Instant.parse("2026-11-24T00:00:00Z"));
        applyRule();
        plannedMs.set(Instant.parse("2026-11-24T00:01:59Z").toEpochMilli());
        clock.now.set(Instant.parse("2026-11-24T00:05:00Z"));
        applyRule();
        assertThat(names("t")).as("rows may have come after it").contains("2026-11-22");
        assertRefused(
                ErrorCode.INVALID_REQUEST,
                r -> new Catalog.EnsurePartitions(t, List.of(List.of("2026-11-22")), r),
                "retention");
        plannedMs.set(Instant.parse("2026-11-24T00:02:00Z").toEpochMilli());
        applyRule();
        assertThat(names("t")).containsExactly("2026-11-23", "2026-11-24");

        clock.now.set(Instant.parse("2026-11-25T00:05:00Z"));
        plannedMs.set(Instant.parse("2026-11-25T00:04:00Z").toEpochMilli());
        restart();
        applyRule();
        assertThat(names("t"))
                .as("a new catalog does not know since when the rule is so")
                .contains("2026-11-23");
        alter("partition.auto.enabled", "false");
        alter("datalake.enabled", "false");
        alter("partition.auto.enabled", "true");
        assertThat(names("t")).as("not in the lake any more").containsExactly("2026-11-24", "2026-11-25");
    }

    private void applyRule() {
        catalog.tell(Catalog.ApplyAutoPartitions.INSTANCE);
    }

    private void alter(String property, String value) {
        Catalog.TableChange change =
                new Catalog.TableChange(List.of(), Map.of(), Map.of(), List.of(), Map.of(property, value), Set.of());
        assertThat(ask(r -> new Catalog.AlterTable("db", "t", change, r))).isInstanceOf(Catalog.Table.class);
    }

    @Test
    void manyTablesFollowTheClockInSteps() {
        for (int i = 0; i < 250; i++) {
            createTable("t" + i, "partition.auto.enabled", "true", "partition.auto.pre-create", "0");
        }
        clock.now.set(Instant.parse("2026-11-24T00:00:00Z"));
        catalog.tell(Catalog.ApplyAutoPartitions.INSTANCE);
        Awaitility.await().atMost(SOON).untilAsserted(() -> {
            CatalogState state = mirror.get().orElseThrow();
            assertThat(state.partitionIds()).hasSize(500);
        });
    }

    @Test
    void anAnswerIsNeverAheadOfTheMirror() {
        List<String> late = new ArrayList<>();
        TestProbe<Integer> done = kit.createTestProbe();
        int count = 300;
        ActorRef<Catalog.Reply> watcher = kit.spawn(Behaviors.receiveMessage(reply -> {
            PartitionInfo answered = ((Catalog.Partition) reply).info();
            boolean seen = mirror.get()
                    .flatMap(state -> state.partition(1, answered.name()))
                    .isPresent();
            if (!seen) {
                late.add(answered.name());
            }
            if (answered.partitionId() == count) {
                done.ref().tell(late.size());
            }
            return Behaviors.same();
        }));
        createTable("t");
        for (int i = 0; i < count; i++) {
            catalog.tell(new Catalog.CreatePartition("db", "t", List.of("p" + i), watcher));
        }
        assertThat(done.receiveMessage(SOON))
                .as("answers before the mirror had it")
                .isZero();
    }

    @Test
    void theMirrorShowsNothingThatIsNotStoredAndNothingWhenTheCatalogIsGone() {
        createTable("t");
        assertThat(mirror.get().orElseThrow().table("db", "t")).isPresent();
        journal.failNextPersisted(CatalogBehavior.PERSISTENCE_ID.id());
        catalog.tell(new Catalog.CreatePartition("db", "t", List.of("lost"), replies.ref()));
        Awaitility.await("restarted").atMost(SOON).until(() -> names("t"), List::isEmpty);
        replies.expectNoMessage(Duration.ofMillis(100));
        assertThat(mirror.get().orElseThrow().partitions(1)).isEmpty();
        kit.stop(catalog);
        assertThat(mirror.get()).isEmpty();
    }
}
