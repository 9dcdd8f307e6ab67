package io.weir.actors.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.tiering.Tiering.Assignment;
import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Failed;
import io.weir.actors.tiering.Tiering.Orders;
import io.weir.actors.tiering.Tiering.RoundEnded;
import io.weir.actors.tiering.Tiering.Work;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class WorkerDeskTest {
    private static final Attempt FIRST = new Attempt(1, 1);
    private static final Attempt SECOND = new Attempt(1, 2);

    private long nowMs = 1_000;
    private final SimLake lake = new SimLake(new SplittableRandom(1));
    private final SimTables tables = new SimTables(new SplittableRandom(2), () -> nowMs);
    private final TestInbox<Orders> orders = TestInbox.create();
    private final TestInbox<Tiering.RoundNoted> noted = TestInbox.create();
    private final WorkerDesk desk = new WorkerDesk(
            TieringDesk.worker("a"),
            2,
            60_000,
            assignment ->
                    new TieringRound(assignment, lake, tables.ports(), RoundLimits.DEFAULT, new SplittableRandom(3)),
            nowMs);

    private TieringRound start(Assignment assignment) {
        List<TieringRound> started = desk.orders(new Orders(List.of(assignment), List.of(), List.of()), nowMs);
        assertThat(started).hasSize(1);
        return started.get(0);
    }

    private List<Attempt> working() {
        desk.orders(new Orders(List.of(), List.of(), List.of()), nowMs);
        return desk.heartbeat(orders.getRef(), nowMs).working().stream()
                .map(Work::attempt)
                .toList();
    }

    @Test
    void aRoundWhoseStepDoesNotComeBackIsNamedNoMoreAndKeepsItsSlot() {
        tables.create(1, false, false, 1, 10);
        TieringRound hanging = start(new Assignment(FIRST, false, false));
        hanging.step();
        nowMs += TieringRound.STUCK_MS;
        assertThat(working()).containsExactly(FIRST);
        nowMs++;
        assertThat(working()).isEmpty();
        assertThat(desk.heartbeat(orders.getRef(), nowMs).freeSlots()).isEqualTo(1);

        // Another attempt of the table would hang too: it is refused, with a reason, and its slot is free again.
        TieringRound next = start(new Assignment(SECOND, true, false));
        next.step();
        assertThat(next.outcome()).isInstanceOfSatisfying(Failed.class, failed -> {
            assertThat(failed.reason()).contains("hangs on node host-a");
            assertThat(failed.passing()).isTrue();
        });
        desk.ended(SECOND, next.outcome());
        desk.left(SECOND);
        RoundEnded told = desk.tell(SECOND, noted.getRef());
        assertThat(told).isNotNull();
        assertThat(told.outcome()).isEqualTo(next.outcome());

        // It comes back after all, and ends.
        hanging.step();
        assertThat(hanging.outcome()).isInstanceOf(Failed.class);
        desk.left(FIRST);
        assertThat(desk.heartbeat(orders.getRef(), nowMs).freeSlots()).isEqualTo(2);
        assertThat(lake.commits).isZero();
    }

    @Test
    void aRoundThatGetsOnIsNotTakenForOneThatHangs() {
        tables.create(1, false, false, 3, 10);
        TieringRound round = start(new Assignment(FIRST, false, false));
        for (int step = 0; step < 3; step++) {
            nowMs += TieringRound.STUCK_MS - 1;
            assertThat(working()).containsExactly(FIRST);
            round.step();
        }
    }

    @Test
    void maintenanceOfATableThatIsUnderWayIsNotBegunBesideIt() {
        tables.create(1, false, false, 1, 10);
        TieringRound first = start(new Assignment(FIRST, false, true));
        while (first.outcome() == null) {
            first.step();
        }
        assertThat(first.wantsMaintenance()).isTrue();
        first.maintain("a");
        assertThat(start(new Assignment(SECOND, false, true)).assignment())
                .isEqualTo(new Assignment(SECOND, false, false));
    }
}
