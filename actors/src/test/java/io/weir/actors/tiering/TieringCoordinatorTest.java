package io.weir.actors.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogBehavior;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.journal.JournalSetup;
import io.weir.actors.tiering.Tiering.Assignment;
import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.State;
import io.weir.actors.tiering.Tiering.Worker;
import io.weir.codec.ErrorCode;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TieringCoordinatorTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Worker A = TieringDesk.worker("a");
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);

    @TempDir
    Path data;

    private final CatalogMirror catalogMirror = new CatalogMirror();
    private final TieringMirror mirror = new TieringMirror();
    private ActorTestKit kit;
    private ActorRef<Catalog.Command> catalog;
    private ActorRef<Tiering.Command> coordinator;
    private TestProbe<Tiering.Reply> replies;
    private TestProbe<Tiering.Orders> orders;
    private TestProbe<Tiering.RoundNoted> noted;
    private long sequence;

    @BeforeEach
    void start() {
        kit = ActorTestKit.create(JournalSetup.config(data).withFallback(ConfigFactory.load()));
        replies = kit.createTestProbe();
        orders = kit.createTestProbe();
        noted = kit.createTestProbe();
        catalog = kit.spawn(CatalogBehavior.create(CLOCK, catalogMirror));
        coordinator = spawn();
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private ActorRef<Tiering.Command> spawn() {
        return kit.spawn(
                TieringCoordinator.create(CLOCK, catalogMirror, mirror, TieringSettings.DEFAULT, "file:///lake"));
    }

    private void restart() {
        kit.stop(coordinator);
        coordinator = spawn();
    }

    private long create(String name, Map<String, String> properties) {
        TestProbe<Catalog.Reply> created = kit.createTestProbe();
        catalog.tell(new Catalog.CreateTable(
                "db",
                new Catalog.TableDefinition(name, TestRows.COLUMNS, List.of("id"), 4, properties),
                true,
                created.ref()));
        return ((Catalog.Table) created.receiveMessage(SOON)).info().tableId();
    }

    private long lakeTable(String name, String freshness) {
        return create(name, Map.of("datalake.enabled", "true", "datalake.freshness", freshness));
    }

    private Tiering.Reply ask(Function<ActorRef<Tiering.Reply>, Tiering.Command> question) {
        coordinator.tell(question.apply(replies.ref()));
        return replies.receiveMessage(SOON);
    }

    private Tiering.Status status() {
        return (Tiering.Status) ask(Tiering.GetStatus::new);
    }

    private List<Assignment> beat(int free, Attempt... working) {
        coordinator.tell(new Tiering.Heartbeat(
                A,
                ++sequence,
                free,
                List.of(working).stream().map(TieringDesk::reading).toList(),
                orders.ref()));
        return orders.receiveMessage(SOON).start();
    }

    private boolean end(Attempt attempt, Tiering.Outcome outcome) {
        coordinator.tell(new Tiering.RoundEnded(A.id(), attempt, outcome, noted.ref()));
        return !noted.receiveMessage(SOON).stale();
    }

    private static Tiering.Finished finished(long rows) {
        return new Tiering.Finished(1, true, Map.of("1-0", rows), rows, 2, 3, 4, 5, 6);
    }

    @Test
    void queueEpochsAndAttemptsSurviveARestartAndLostOrdersAreGivenAgain() {
        long slow = lakeTable("slow", "2m");
        long fast = lakeTable("fast", "1m");
        assertThat(status().queue()).containsExactly(fast, slow);
        Assignment first = new Assignment(new Attempt(fast, 1), false, false);
        assertThat(beat(1)).containsExactly(first);
        assertThat(beat(1)).containsExactly(first);
        restart();
        assertThat(status().queue()).containsExactly(slow);
        assertThat(status().tables())
                .filteredOn(table -> table.tableId() == fast)
                .allMatch(table -> table.state() == State.TIERING && table.epoch() == 1);
        assertThat(beat(1)).containsExactly(first);
        assertThat(beat(0, first.attempt())).isEmpty();
        assertThat(end(first.attempt(), finished(9))).isTrue();
        assertThat(end(first.attempt(), finished(9))).isTrue();
        restart();
        assertThat(end(first.attempt(), finished(9))).isTrue();
        assertThat(end(new Attempt(fast, 2), finished(9))).isFalse();
        assertThat(beat(2))
                .extracting(assignment -> assignment.attempt().tableId())
                .containsExactly(slow);
        assertThat(ask(r -> new Tiering.Trigger(fast, r))).isInstanceOf(Tiering.Done.class);
        assertThat(beat(1, new Attempt(slow, 1))).containsExactly(new Assignment(new Attempt(fast, 2), false, false));
    }

    @Test
    void aLongHistoryIsReadFromASnapshot() {
        long id = lakeTable("t", "1h");
        // It has looked at the catalog when it answers.
        assertThat(status().queue()).containsExactly(id);
        for (int i = 1; i <= 150; i++) {
            assertThat(beat(1)).extracting(Assignment::attempt).containsExactly(new Attempt(id, i));
            assertThat(end(new Attempt(id, i), i == 149 ? new Tiering.Failed("no", true) : finished(i)))
                    .isTrue();
            ask(r -> new Tiering.Trigger(id, r));
        }
        ask(r -> new Tiering.Pause(id, r));
        List<Tiering.TableStatus> before = status().tables();
        Awaitility.await().atMost(SOON).until(() -> {
            String[] files = data.resolve("snapshots").toFile().list((directory, name) -> name.contains("tiering"));
            return files != null && files.length > 0;
        });
        restart();
        assertThat(status().tables()).isEqualTo(before);
        assertThat(before.get(0).rounds()).isEqualTo(149);
        ask(r -> new Tiering.Resume(id, r));
        assertThat(beat(1)).extracting(Assignment::attempt).containsExactly(new Attempt(id, 151));
    }

    @Test
    void theMirrorFollowsByItself() {
        long id = lakeTable("t", "1h");
        Awaitility.await().atMost(SOON).until(() -> mirror.get()
                .filter(status -> status.queue().equals(List.of(id)))
                .isPresent());
        kit.stop(coordinator);
        Awaitility.await().atMost(SOON).until(() -> mirror.get().isEmpty());
    }

    @Test
    void whoAsksForATableThatDoesNotGoToTheLakeIsToldWhatToDo() {
        long id = create("plain", Map.of());
        assertThat(ask(r -> new Tiering.Trigger(id, r))).isInstanceOfSatisfying(Tiering.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
            assertThat(refused.detail()).contains("db.plain", "datalake.enabled");
        });
        assertThat(ask(r -> new Tiering.Pause(99, r))).isInstanceOfSatisfying(Tiering.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(ErrorCode.TABLE_NOT_FOUND);
        });
    }

    @Test
    void withoutALakeThereIsNothingToDo() {
        coordinator = kit.spawn(TieringCoordinator.none(CLOCK));
        assertThat(status()).isEqualTo(new Tiering.Status(CLOCK.millis(), null, List.of(), List.of(), List.of()));
        assertThat(ask(r -> new Tiering.Resume(1, r))).isInstanceOfSatisfying(Tiering.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(ErrorCode.NOT_SUPPORTED);
            assertThat(refused.detail()).contains("WEIR_LAKE_WAREHOUSE");
        });
        assertThat(beat(1, new Attempt(1, 1))).isEmpty();
        assertThat(end(new Attempt(1, 1), finished(1))).isFalse();
    }
}
