package io.weir.actors.tiering;

import static io.weir.actors.tiering.TieringDesk.worker;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.tiering.Tiering.Assignment;
import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Failed;
import io.weir.actors.tiering.Tiering.State;
import io.weir.actors.tiering.Tiering.Worker;
import io.weir.codec.ErrorCode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TieringRulesTest {
    private static final Worker A = worker("a");
    private static final Worker B = worker("b");
    private static final long WINDOW_MS =
            TieringSettings.DEFAULT.livenessWindow().toMillis();
    private static final long PATIENCE_MS = TieringSettings.DEFAULT.patience().toMillis();

    private final TieringDesk desk = new TieringDesk();

    private TieringControls controls() {
        return new TieringControls(desk.rules);
    }

    private Tiering.Reply trigger(long id) {
        return reply(controls().trigger(desk.state, id, desk.nowMs));
    }

    private Tiering.Reply pause(long id) {
        return reply(controls().pause(desk.state, id, desk.nowMs));
    }

    private Tiering.Reply resume(long id) {
        return reply(controls().resume(desk.state, id, desk.nowMs));
    }

    private Tiering.Reply reply(TieringDecision<Tiering.Reply> decision) {
        Tiering.Reply reply = Optional.ofNullable(desk.apply(decision)).orElseThrow();
        desk.check();
        return reply;
    }

    @Test
    void aTableIsDueAtOnceAndThenItsFreshnessAfterEachCompletion() {
        long id = desk.create("1m");
        assertThat(desk.events)
                .extracting(Object::getClass)
                .containsExactly(
                        TieringEvent.TableFound.class,
                        TieringEvent.TableInitialized.class,
                        TieringEvent.RoundScheduled.class,
                        TieringEvent.RoundDue.class);
        Assignment first = desk.take(A);
        assertThat(first).isEqualTo(new Assignment(new Attempt(id, 1), false, false));
        assertThat(desk.stateOf(id)).isEqualTo(State.TIERING);
        desk.pass(20_000);
        assertThat(desk.end(A, first.attempt(), desk.finished(true, Map.of("1-1-0", 5L))))
                .isTrue();
        assertThat(desk.stateOf(id)).isEqualTo(State.SCHEDULED);
        desk.pass(59_000);
        assertThat(desk.beat(A, 1).start()).isEmpty();
        desk.pass(1_000);
        assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
        assertThat(desk.take(A).attempt()).isEqualTo(new Attempt(id, 2));
        assertThat(desk.table(id).lake().offsets()).isEqualTo(Map.of("1-1-0", 5L));
    }

    @Test
    void theQueueGoesByDeadlineAndThenByArrival() {
        long slow = desk.create("10m");
        long fast = desk.create("1m");
        long fastToo = desk.create("1m");
        assertThat(desk.beat(A, 3).start())
                .extracting(a -> a.attempt().tableId())
                .containsExactly(fast, fastToo, slow);
    }

    @Test
    void aWorkerGetsNoMoreThanItTakesAndOnlyOfItsGroup() {
        desk.create("1m", "datalake.group", "big");
        long plain = desk.create("5m");
        desk.create("10m");
        assertThat(desk.beat(A, 1).start())
                .extracting(a -> a.attempt().tableId())
                .containsExactly(plain);
        assertThat(desk.beat(new Worker("g", "host-g", "other"), 5).start()).isEmpty();
        assertThat(desk.beat(new Worker("h", "host-h", "big"), 5).start()).hasSize(1);
        assertThat(desk.beat(B, 0).start()).isEmpty();
    }

    @Test
    void anOrderThatWasLostIsGivenAgainAndTakesItsPlace() {
        desk.create("1m");
        desk.create("2m");
        Assignment first = desk.take(A);
        desk.pass(5_000);
        assertThat(desk.beat(A, 1).start()).containsExactly(first);
        assertThat(desk.beat(A, 0, first.attempt()).start()).isEmpty();
        assertThat(desk.beat(A, 2, first.attempt()).start()).hasSize(1);
    }

    @Test
    void anOrderThatIsNeverTakenIsFencedAfterAWhile() {
        long id = desk.create("1m");
        Assignment first = desk.take(A);
        desk.pass(PATIENCE_MS + 1_000);
        assertThat(desk.beat(A, 0).start()).isEmpty();
        assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
        assertThat(desk.take(B)).isEqualTo(new Assignment(new Attempt(id, 2), true, false));
        assertThat(desk.beat(A, 1, first.attempt()).abandon()).containsExactly(first.attempt());
    }

    @Test
    void anAttemptThatItsWorkerNamesNoMoreIsFencedOnlyAfterAWhile() {
        long id = desk.create("1m");
        Attempt first = desk.take(A).attempt();
        desk.beat(A, 0, first);
        desk.pass(PATIENCE_MS - 1_000);
        // Its end may be on the way: it must not be started again.
        assertThat(desk.beat(A, 0).start()).isEmpty();
        assertThat(desk.stateOf(id)).isEqualTo(State.TIERING);
        desk.pass(2_000);
        assertThat(desk.beat(A, 0).start()).isEmpty();
        assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
    }

    @Test
    void aSilentWorkerIsFencedAndItsTableKeepsItsPlace() {
        long id = desk.create("1m");
        Attempt first = desk.take(A).attempt();
        long due = desk.table(id).place().dueMs();
        long later = desk.create("1m");
        desk.pass(WINDOW_MS - 1_000);
        assertThat(desk.stateOf(id)).isEqualTo(State.TIERING);
        desk.pass(2_000);
        assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
        assertThat(desk.table(id).place().dueMs()).isEqualTo(due);
        assertThat(desk.beat(B, 2).start())
                .containsExactly(
                        new Assignment(new Attempt(later, 1), false, false),
                        new Assignment(new Attempt(id, 2), true, false));
        // The zombie comes back: neither of its words counts, but what it committed is believed.
        assertThat(desk.beat(A, 0, first).abandon()).containsExactly(first);
        assertThat(desk.end(A, first, desk.finished(true, Map.of("1-1-0", 9L)))).isFalse();
        assertThat(desk.stateOf(id)).isEqualTo(State.TIERING);
        assertThat(desk.table(id).lake().offsets()).isEqualTo(Map.of("1-1-0", 9L));
        assertThat(desk.end(A, first, desk.finished(true, Map.of("1-1-0", 8L)))).isFalse();
        assertThat(desk.table(id).lake().offsets()).isEqualTo(Map.of("1-1-0", 9L));
        assertThat(desk.end(A, first, new Failed("late", false))).isFalse();
        assertThat(desk.end(B, new Attempt(id, 2), desk.finished(true, Map.of("1-1-0", 7L))))
                .isTrue();
        assertThat(desk.table(id).lake().offsets()).isEqualTo(Map.of("1-1-0", 7L));
        assertThat(desk.table(id).attempts().unaccounted()).isFalse();
    }

    @Test
    void anotherStartOfANodesWorkerFencesTheFormerOneAtOnce() {
        long id = desk.create("1m");
        desk.take(A);
        Worker again = new Worker("a2", A.node(), "");
        assertThat(desk.beat(again, 1).start()).containsExactly(new Assignment(new Attempt(id, 2), true, false));
        // The last words of the former one get no work, but do not fence the new one.
        desk.create("1m");
        assertThat(desk.beat(A, 1).start()).isEmpty();
        assertThat(desk.stateOf(id)).isEqualTo(State.TIERING);
        assertThat(desk.beat(again, 0, new Attempt(id, 2)).abandon()).isEmpty();
        // Should it live after all, it is taken for a worker again.
        assertThat(desk.beat(A, 1).start()).hasSize(1);
    }

    @Test
    void aNodeThatComesBackWithAnotherAddressIsTheSameNode() {
        long id = desk.create("1m");
        desk.take(new Worker(Worker.id("node.a", "1"), "host:1", ""));
        assertThat(desk.beat(new Worker(Worker.id("node.b", "2"), "host:2", ""), 1)
                        .start())
                .isEmpty();
        assertThat(desk.beat(new Worker(Worker.id("node.a", "3"), "host:3", ""), 1)
                        .start())
                .containsExactly(new Assignment(new Attempt(id, 2), true, false));
    }

    @Test
    void heartbeatsThatWereOvertakenArePassedOver() {
        desk.create("1m");
        assertThat(desk.beat(A, 5, 0, List.of())).isNotNull();
        assertThat(desk.beat(A, 4, 1, List.of())).isNull();
        assertThat(desk.beat(A, 5, 1, List.of())).isNull();
        assertThat(desk.stateOf(1)).isEqualTo(State.PENDING);
    }

    @Test
    void heartbeatsThatChangeNothingStoreNothing() {
        desk.create("1m");
        Attempt first = desk.take(A).attempt();
        int before = desk.events.size();
        for (int i = 0; i < 10; i++) {
            desk.beat(A, 3, first);
            desk.pass(1_000);
        }
        assertThat(desk.events).hasSize(before);
    }

    @Test
    void afterARestartWorkersHaveTheWindowToTellOfTheirWork() throws Exception {
        long id = desk.create("1m");
        long other = desk.create("1m");
        Attempt first = desk.take(A).attempt();
        Attempt second = desk.take(B).attempt();
        desk.nowMs += 10 * WINDOW_MS;
        desk.restart(false);
        desk.pass(WINDOW_MS / 2);
        assertThat(desk.beat(A, 0, first).abandon()).isEmpty();
        desk.pass(WINDOW_MS / 2 + 1_000);
        assertThat(desk.stateOf(id)).isEqualTo(State.TIERING);
        assertThat(desk.stateOf(other)).isEqualTo(State.PENDING);
        assertThat(desk.end(B, second, desk.finished())).isFalse();
        assertThat(desk.end(A, first, desk.finished())).isTrue();
    }

    @Test
    void aCoordinatorThatSleptBlamesNobody() {
        long id = desk.create("1m");
        Attempt first = desk.take(A).attempt();
        desk.nowMs += 3_600_000;
        desk.tick();
        assertThat(desk.stateOf(id)).isEqualTo(State.TIERING);
        desk.pass(WINDOW_MS + 1_000);
        assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
        assertThat(desk.beat(A, 0, first).abandon()).containsExactly(first);
    }

    @Test
    void aClockThatIsSetBackHoldsUpNobody() {
        long id = desk.create("1m");
        desk.end(A, desk.take(A).attempt(), desk.finished());
        desk.nowMs -= 3_600_000;
        desk.tick();
        assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
    }

    @Test
    void aRoundThatReadsLongerThanItsFreshnessIsToFinish() {
        long id = desk.create("1m");
        Attempt first = desk.take(A).attempt();
        desk.pass(60_000);
        assertThat(desk.beat(A, 0, first).finishEarly()).isEmpty();
        desk.pass(1_000);
        assertThat(desk.beat(A, 0, first).finishEarly()).containsExactly(first);
        for (Tiering.Phase phase : List.of(Tiering.Phase.PLANNING, Tiering.Phase.COMMITTING)) {
            assertThat(desk.beat(A, 0, List.of(new Tiering.Work(first, phase, 0, 0))))
                    .isEqualTo(new Tiering.Orders(List.of(), List.of(), List.of()));
        }
        desk.end(A, first, desk.finished(false, Map.of()));
        assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
        assertThat(desk.table(id).rounds().plannedMs()).isZero();
        assertThat(desk.take(B).attempt()).isEqualTo(new Attempt(id, 2));
    }

    @Test
    void anEndThatIsToldAgainIsNotedOnce() {
        long id = desk.create("1m");
        Attempt first = desk.take(A).attempt();
        assertThat(desk.end(A, first, desk.finished())).isTrue();
        int before = desk.events.size();
        assertThat(desk.end(A, first, desk.finished())).isTrue();
        desk.pass(60_000);
        desk.take(B);
        assertThat(desk.end(A, first, desk.finished())).isTrue();
        assertThat(desk.table(id).rounds().count()).isEqualTo(1);
        assertThat(desk.events).hasSize(before + 2);
        // It may still be named by a heartbeat that was on its way.
        assertThat(desk.beat(A, 0, first).abandon()).isEmpty();
    }

    @Test
    void failuresBackOffAndEndInQuarantineWithoutHoldingUpOthers() {
        long bad = desk.create("1s");
        long good = desk.create("1s");
        long waitMs = 0;
        for (int i = 1; i <= TieringRules.STRIKES_MAX; i++) {
            assertThat(desk.table(bad).switches().quarantined()).isFalse();
            desk.pass(waitMs);
            for (Assignment assignment : desk.beat(A, 5).start()) {
                boolean isBad = assignment.attempt().tableId() == bad;
                desk.end(A, assignment.attempt(), isBad ? new Failed("x".repeat(5000), false) : desk.finished());
            }
            assertThat(desk.table(bad).attempts().failures()).isEqualTo(i);
            assertThat(desk.stateOf(bad)).isEqualTo(State.FAILED);
            waitMs = Math.min(1000L << (i - 1), 300_000);
            assertThat(TieringRules.retryMs(i)).isEqualTo(waitMs);
        }
        assertThat(desk.table(bad).switches().quarantined()).isTrue();
        assertThat(desk.table(bad).attempts().problem()).hasSizeLessThan(1100);
        assertThat(desk.table(good).rounds().count()).isEqualTo(TieringRules.STRIKES_MAX);
        desk.pass(3_600_000);
        assertThat(desk.stateOf(bad)).isEqualTo(State.FAILED);
        assertThat(trigger(bad)).isInstanceOfSatisfying(Tiering.Refused.class, refused -> assertThat(refused.detail())
                .contains("resume"));
        assertThat(resume(bad)).isInstanceOf(Tiering.Done.class);
        assertThat(desk.stateOf(bad)).isEqualTo(State.PENDING);
        assertThat(desk.table(bad).attempts().failures()).isZero();
        assertThat(TieringRules.retryMs(1000)).isEqualTo(300_000);
    }

    /** Such as one whose rows take more memory than there is: its node would do nothing else than start. */
    @Test
    void aTableThatTakesItsWorkersWithItWaitsLongerAndLonger() {
        long id = desk.create("1m");
        long due = desk.table(id).place().dueMs();
        Worker now = A;
        for (int i = 1; i <= 12; i++) {
            desk.beat(now, 0);
            desk.take(now);
            now = new Worker("a" + i, A.node(), "");
            desk.beat(now, 0);
            assertThat(desk.table(id).attempts().problem()).contains("started anew");
            assertThat(desk.table(id).attempts().failures()).isEqualTo(i);
            if (i == 1) {
                // Nodes end for all kinds of reasons.
                assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
                assertThat(desk.table(id).place().dueMs()).isEqualTo(due);
            } else {
                long waitMs = TieringRules.retryMs(i - 1);
                assertThat(desk.stateOf(id)).isEqualTo(State.FAILED);
                desk.pass(waitMs - 1);
                assertThat(desk.stateOf(id)).isEqualTo(State.FAILED);
                desk.pass(1);
                assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
            }
            desk.check();
        }
        assertThat(desk.table(id).switches().quarantined()).isFalse();
        Assignment last = desk.take(now);
        assertThat(last.claim()).isTrue();
        desk.end(now, last.attempt(), desk.finished());
        assertThat(desk.table(id).attempts().failures()).isZero();
        assertThat(desk.stateOf(id)).isEqualTo(State.SCHEDULED);
    }

    @Test
    void aRoundThatMovesNothingStoresLittle() {
        long id = desk.create("1m");
        desk.end(A, desk.take(A).attempt(), desk.finished(true, Map.of("1-1-0", 5L, "1-1-1", 6L)));
        int before = desk.events.size();
        desk.pass(60_000);
        desk.end(A, desk.take(A).attempt(), desk.finished(true, Map.of("1-1-0", 5L, "1-1-1", 7L)));
        List<TieringEvent> events = desk.events.subList(before, desk.events.size());
        assertThat(events)
                .extracting(Object::getClass)
                .containsExactly(
                        TieringEvent.RoundDue.class,
                        TieringEvent.RoundAssigned.class,
                        TieringEvent.RoundFinished.class);
        assertThat(((TieringEvent.RoundFinished) events.get(2)).finished().lakeOffsets())
                .isEqualTo(Map.of("1-1-1", 7L));
        assertThat(desk.table(id).lake().offsets()).isEqualTo(Map.of("1-1-0", 5L, "1-1-1", 7L));
    }

    @Test
    void aLakeThatIsAwayQuarantinesNothing() {
        long id = desk.create("1s");
        for (int i = 0; i < 30; i++) {
            desk.end(A, desk.take(A).attempt(), new Failed("away", false, true, 0));
            desk.pass(300_000);
        }
        assertThat(desk.table(id).switches().quarantined()).isFalse();
        assertThat(desk.table(id).attempts().failures()).isEqualTo(30);
        desk.end(A, desk.take(A).attempt(), desk.finished());
        assertThat(desk.table(id).attempts().failures()).isZero();
        assertThat(desk.table(id).attempts().problem()).isNull();
    }

    @Test
    void aChangedTableLeavesQuarantine() {
        long id = desk.create("1s");
        for (int i = 0; i < TieringRules.STRIKES_MAX; i++) {
            desk.end(A, desk.take(A).attempt(), new Failed("bad", false));
            desk.pass(300_000);
        }
        assertThat(desk.table(id).switches().quarantined()).isTrue();
        desk.set(id, "log.ttl", "2d");
        assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
    }

    @Test
    void anUnknownOutcomeMakesTheNextAttemptsClaimUntilOneIsThrough() {
        long id = desk.create("1s");
        desk.end(A, desk.take(A).attempt(), new Failed("lost", true));
        desk.pass(10_000);
        Assignment second = desk.take(A);
        assertThat(second.claim()).isTrue();
        desk.end(A, second.attempt(), new Failed("no", false));
        desk.pass(10_000);
        Assignment third = desk.take(A);
        assertThat(third.claim()).isTrue();
        desk.end(A, third.attempt(), desk.finished());
        desk.pass(10_000);
        assertThat(desk.take(A)).isEqualTo(new Assignment(new Attempt(id, 4), false, false));
    }

    /** The journal was lost, the lake was not. */
    @Test
    void epochsGoAboveTheOneThatTheLakeHas() {
        long id = desk.create("1s");
        desk.end(A, desk.take(A).attempt(), new Failed("the lake has epoch 17", false, true, 17));
        desk.pass(2_000);
        assertThat(desk.take(A)).isEqualTo(new Assignment(new Attempt(id, 18), true, false));
    }

    @Test
    void aTriggerMakesARoundDueNowOrLetsOneFollow() {
        long id = desk.create("1h");
        Attempt first = desk.take(A).attempt();
        assertThat(trigger(id)).isInstanceOf(Tiering.Done.class);
        int before = desk.events.size();
        trigger(id);
        assertThat(desk.events).hasSize(before);
        desk.end(A, first, desk.finished());
        assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
        desk.end(A, desk.take(A).attempt(), desk.finished());
        assertThat(desk.stateOf(id)).isEqualTo(State.SCHEDULED);
        assertThat(trigger(id)).isInstanceOfSatisfying(Tiering.Done.class, done -> assertThat(
                        done.table().state())
                .isEqualTo(State.PENDING));
    }

    @Test
    void aPausedTableFinishesItsRoundAndStartsNoOther() throws Exception {
        long id = desk.create("1m");
        Attempt first = desk.take(A).attempt();
        assertThat(pause(id)).isInstanceOf(Tiering.Done.class);
        assertThat(desk.stateOf(id)).isEqualTo(State.TIERING);
        assertThat(desk.end(A, first, desk.finished())).isTrue();
        assertThat(desk.stateOf(id)).isEqualTo(State.TIERED);
        desk.restart(true);
        desk.pass(3_600_000);
        assertThat(desk.beat(A, 1).start()).isEmpty();
        assertThat(trigger(id)).isInstanceOf(Tiering.Refused.class);
        resume(id);
        assertThat(desk.take(A).attempt()).isEqualTo(new Attempt(id, 2));
        pause(id);
        desk.end(A, new Attempt(id, 2), new Failed("no", false));
        assertThat(desk.stateOf(id)).isEqualTo(State.FAILED);
        desk.pass(3_600_000);
        assertThat(desk.stateOf(id)).isEqualTo(State.FAILED);
    }

    @Test
    void commandsOfOtherTablesAreRefusedWithWhatToDo() {
        desk.put(7, Map.of());
        assertThat(trigger(7)).isInstanceOfSatisfying(Tiering.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
            assertThat(refused.detail()).contains("datalake.enabled", "db.t7");
        });
        assertThat(pause(8)).isInstanceOfSatisfying(Tiering.Refused.class, refused -> assertThat(refused.code())
                .isEqualTo(ErrorCode.TABLE_NOT_FOUND));
        assertThat(resume(8)).isInstanceOf(Tiering.Refused.class);
    }

    @Test
    void aTableThatIsDisabledAndEnabledAgainGoesOnWithItsEpochs() {
        long id = desk.create("1m");
        Attempt first = desk.take(A).attempt();
        desk.set(id, "datalake.enabled", "false");
        desk.check();
        assertThat(desk.beat(A, 1, first).abandon()).containsExactly(first);
        assertThat(desk.end(A, first, desk.finished())).isFalse();
        assertThat(trigger(id)).isInstanceOf(Tiering.Refused.class);
        desk.set(id, "datalake.enabled", "true");
        assertThat(desk.take(A)).isEqualTo(new Assignment(new Attempt(id, 2), true, false));
        desk.drop(id);
        assertThat(desk.state.tables()).isEmpty();
        assertThat(desk.beat(A, 1, new Attempt(id, 2)).abandon()).containsExactly(new Attempt(id, 2));
        assertThat(desk.end(A, new Attempt(id, 2), desk.finished())).isFalse();
    }

    @Test
    void anotherFreshnessCountsFromTheLastCompletion() {
        long id = desk.create("1h");
        desk.end(A, desk.take(A).attempt(), desk.finished());
        long completed = desk.nowMs;
        desk.pass(10_000);
        desk.set(id, "datalake.freshness", "1m");
        assertThat(desk.table(id).place().dueMs()).isEqualTo(completed + 60_000);
        desk.set(id, "datalake.group", "g");
        assertThat(desk.table(id).place().dueMs()).isEqualTo(completed + 60_000);
        desk.set(id, "datalake.freshness", "5s");
        assertThat(desk.stateOf(id)).isEqualTo(State.PENDING);
        assertThat(desk.beat(A, 1).start()).isEmpty();
    }

    @Test
    void offsetsOfDroppedPartitionsAreForgotten() {
        long id = desk.create("1s");
        desk.partitions(id, 1L, 2L);
        desk.end(A, desk.take(A).attempt(), desk.finished(true, Map.of("1-1-0", 5L, "1-2-0", 6L)));
        desk.partitions(id, 2L, 3L);
        desk.pass(1_000);
        // Partition 4 is newer than the catalog that was seen.
        desk.end(A, desk.take(A).attempt(), desk.finished(true, Map.of("1-4-0", 7L)));
        assertThat(desk.table(id).lake().offsets()).isEqualTo(Map.of("1-2-0", 6L, "1-4-0", 7L));
    }

    @Test
    void maintenanceIsOrderedOncePerInterval() {
        long id = desk.create("1s", "datalake.maintenance", "1m");
        int ordered = 0;
        for (int i = 0; i < 180; i++) {
            Assignment assignment = desk.take(A);
            ordered += assignment.maintain() ? 1 : 0;
            desk.end(A, assignment.attempt(), desk.finished());
            // The worker is still at it: not to be given up.
            Tiering.Work maintaining = new Tiering.Work(assignment.attempt(), Tiering.Phase.MAINTAINING, 0, 0);
            assertThat(desk.beat(A, 0, List.of(maintaining)).abandon()).isEmpty();
            desk.pass(1_000);
        }
        assertThat(ordered).isEqualTo(2);
        desk.apply(desk.rules.maintained(desk.state, new Tiering.Maintained("a", id, 1, 2, 3, 4, null), 99));
        assertThat(desk.table(id).lake().maintainedMs()).isEqualTo(99);
        assertThat(desk.table(id).lake().files()).isEqualTo(4);
        desk.apply(desk.rules.maintained(desk.state, new Tiering.Maintained("a", id, 0, 0, 0, 0, "no"), 100));
        assertThat(desk.table(id).lake().maintainedMs()).isEqualTo(99);
        desk.apply(desk.rules.maintained(desk.state, new Tiering.Maintained("a", 99, 0, 0, 0, 0, null), 100));
    }

    @Test
    void workersThatAreManyOrSilentAreForgotten() {
        for (int i = 0; i < 3 * TieringWorkers.KNOWN_MAX; i++) {
            desk.beat(worker("w" + i), 1L, 1, List.of());
        }
        assertThat(desk.rules.workers(desk.nowMs)).hasSize(TieringWorkers.KNOWN_MAX);
        desk.pass(WINDOW_MS + 1_000);
        assertThat(desk.rules.workers(desk.nowMs)).noneMatch(Tiering.WorkerStatus::alive);
        desk.pass(TieringWorkers.FORGOTTEN_MS);
        assertThat(desk.rules.workers(desk.nowMs)).isEmpty();
    }

    @Test
    void theStatusSaysWhatIsGoingOn() {
        long busy = desk.create("1m");
        long waits = desk.create("2m");
        desk.put(9, Map.of());
        Attempt first = desk.take(A).attempt();
        desk.beat(A, 0, first);
        Tiering.Status status =
                TieringStatus.of(desk.state, desk.rules.workers(desk.nowMs), "file:///lake", desk.nowMs);
        assertThat(status.tables()).extracting(Tiering.TableStatus::tableId).containsExactly(busy, waits);
        assertThat(status.queue()).containsExactly(waits);
        assertThat(status.tables().get(0).work()).isEqualTo(TieringDesk.reading(first));
        assertThat(status.tables().get(0).worker()).isEqualTo("a");
        assertThat(status.tables().get(1).pendingMs()).isEqualTo(desk.nowMs);
        assertThat(status.workers()).hasSize(1).allMatch(Tiering.WorkerStatus::alive);
    }
}
