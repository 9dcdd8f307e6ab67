package io.weir.actors.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.tiering.Tiering.Assignment;
import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Failed;
import io.weir.actors.tiering.Tiering.Finished;
import io.weir.actors.tiering.Tiering.Heartbeat;
import io.weir.actors.tiering.Tiering.Orders;
import io.weir.actors.tiering.Tiering.RoundEnded;
import io.weir.actors.tiering.Tiering.RoundNoted;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class TieringWorkerTest {
    private static final ActorTestKit KIT = ActorTestKit.create(ConfigFactory.load());
    private static final Attempt ATTEMPT = new Attempt(1, 1);
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(1_000), ZoneOffset.UTC);

    private final SimLake lake = new SimLake(new SplittableRandom(1));
    private final SimTables tables = new SimTables(new SplittableRandom(2), () -> 1_000);
    private final TestProbe<Tiering.Command> coordinator = KIT.createTestProbe();

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    private ActorRef<TieringWorker.Command> start(CountDownLatch gate) {
        tables.create(1, false, false, 1, 10);
        SimBucket bucket = tables.living().get(0);
        bucket.append(1, 1_000);
        bucket.commit();
        TieringWorker.Settings settings =
                new TieringWorker.Settings("node:1", "", 1, Duration.ofMillis(100), Duration.ofMinutes(1));
        return KIT.spawn(TieringWorker.create(
                settings,
                "w1",
                coordinator.getRef(),
                lake,
                () -> {
                    RoundPorts ports = tables.ports();
                    return new GatedPorts(ports, gate);
                },
                CLOCK,
                new SplittableRandom(3)));
    }

    private Heartbeat heartbeat(Predicate<Heartbeat> such) {
        while (true) {
            if (coordinator.receiveMessage() instanceof Heartbeat heartbeat && such.test(heartbeat)) {
                return heartbeat;
            }
        }
    }

    private RoundEnded ended() {
        while (true) {
            if (coordinator.receiveMessage() instanceof RoundEnded ended) {
                return ended;
            }
        }
    }

    private static Orders begin() {
        return new Orders(List.of(new Assignment(ATTEMPT, false, false)), List.of(), List.of());
    }

    @Test
    void doesARoundAndTellsOfItUntilThatIsNoted() {
        start(new CountDownLatch(0));
        Heartbeat first = heartbeat(any -> true);
        assertThat(first.freeSlots()).isEqualTo(1);
        assertThat(first.working()).isEmpty();

        first.replyTo().tell(begin());
        first.replyTo().tell(begin());
        RoundEnded ended = ended();

        assertThat(ended.attempt()).isEqualTo(ATTEMPT);
        assertThat(((Finished) ended.outcome()).rows()).isEqualTo(1);
        assertThat(ended()).isEqualTo(ended);
        heartbeat(beat -> beat.freeSlots() == 1 && beat.working().size() == 1);

        ended.replyTo().tell(new RoundNoted(ATTEMPT, false));
        heartbeat(beat -> beat.freeSlots() == 1 && beat.working().isEmpty());
        assertThat(lake.commits).isEqualTo(1);
    }

    @Test
    void anAbandonedRoundEndsAtItsNextStep() {
        CountDownLatch gate = new CountDownLatch(1);
        start(gate);
        Heartbeat first = heartbeat(any -> true);
        first.replyTo().tell(begin());
        heartbeat(beat -> beat.freeSlots() == 0 && beat.working().size() == 1);

        first.replyTo().tell(new Orders(List.of(), List.of(), List.of(ATTEMPT)));
        first.replyTo().tell(new Orders(List.of(), List.of(), List.of()));
        // The mailbox is in order: with the next heartbeat but one, the order has been followed.
        heartbeat(any -> true);
        heartbeat(any -> true);
        gate.countDown();

        assertThat(ended().outcome()).isInstanceOf(Failed.class);
        assertThat(lake.commits).isZero();
    }

    /** A node supervises it: what fails in the worker itself must not leave rounds that nobody knows of. */
    @Test
    void aWorkerThatIsStartedAnewGivesItsRoundsUp() {
        CountDownLatch gate = new CountDownLatch(1);
        AtomicInteger rounds = new AtomicInteger();
        tables.create(1, false, false, 1, 10);
        TieringWorker.Settings settings =
                new TieringWorker.Settings("node:1", "", 2, Duration.ofMillis(100), Duration.ofMinutes(1));
        AtomicInteger starts = new AtomicInteger();
        KIT.spawn(Behaviors.supervise(Behaviors.<TieringWorker.Command>setup(context -> TieringWorker.create(
                        settings,
                        "w" + starts.incrementAndGet(),
                        coordinator.getRef(),
                        lake,
                        () -> {
                            if (rounds.incrementAndGet() == 2) {
                                throw new IllegalStateException("simulated");
                            }
                            return new GatedPorts(tables.ports(), gate);
                        },
                        CLOCK,
                        new SplittableRandom(3))))
                .onFailure(SupervisorStrategy.restart()));
        Heartbeat first = heartbeat(any -> true);
        first.replyTo().tell(begin());
        heartbeat(beat -> !beat.working().isEmpty());

        Assignment other = new Assignment(new Attempt(2, 1), false, false);
        first.replyTo().tell(new Orders(List.of(other), List.of(), List.of()));

        RoundEnded ended = ended();
        assertThat(ended.attempt()).isEqualTo(ATTEMPT);
        assertThat(((Failed) ended.outcome()).unknown()).isTrue();
        heartbeat(beat -> beat.worker().id().equals("w2") && beat.working().isEmpty());
        gate.countDown();
    }

    @Test
    void aWorkerThatStopsSaysSo() {
        CountDownLatch gate = new CountDownLatch(1);
        ActorRef<TieringWorker.Command> worker = start(gate);
        heartbeat(any -> true).replyTo().tell(begin());
        heartbeat(beat -> !beat.working().isEmpty());

        KIT.stop(worker);

        Failed failed = (Failed) ended().outcome();
        assertThat(failed.reason()).contains("shuts down");
        assertThat(failed.unknown()).isTrue();
        gate.countDown();
    }
}
