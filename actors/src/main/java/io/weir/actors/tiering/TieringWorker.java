package io.weir.actors.tiering;

import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Orders;
import io.weir.actors.tiering.Tiering.Outcome;
import io.weir.actors.tiering.Tiering.RoundEnded;
import io.weir.actors.tiering.Tiering.RoundNoted;
import io.weir.actors.tiering.Tiering.Worker;
import io.weir.lake.Lake;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Does rounds on a node: tells the coordinator by heartbeats that it is there and what it is at, and takes its orders. Each round runs on a
 * thread of its own of {@code weir.dispatchers.tiering}, which looks between two steps at what this actor has told it.
 * {@link WorkerDesk} keeps the books.
 *
 * <p>How a round ended is told until the coordinator has noted it. Who hears nothing of the coordinator for the liveness window gives its
 * rounds up, because they are somebody else's by then; should one be committed all the same, the lake decides.
 */
public final class TieringWorker extends AbstractBehavior<TieringWorker.Command> {
    private static final String DISPATCHER = "weir.dispatchers.tiering";

    public sealed interface Command {}

    private enum Beat implements Command {
        INSTANCE
    }

    private record Ordered(Orders orders) implements Command {}

    private record Noted(RoundNoted noted) implements Command {}

    /** From the round's thread: it is through with the round, but perhaps not with the table's maintenance. */
    private record Ended(Attempt attempt, Outcome outcome) implements Command {}

    /** From the round's thread: the slot is free. */
    private record Left(Attempt attempt) implements Command {}

    private record TellAgain(Attempt attempt) implements Command {}

    /**
     * @param node {@code host:port} of this node
     * @param group empty for the group of tables that name none
     * @param slots rounds at once, at most as many as the dispatcher has threads
     * @param heartbeat time between two heartbeats
     * @param liveness as the coordinator has it
     */
    public record Settings(String node, String group, int slots, Duration heartbeat, Duration liveness) {
        public Settings {
            if (slots < 1) {
                throw new IllegalArgumentException("a tiering worker needs at least one slot: " + slots);
            }
        }
    }

    private final String id;
    private final ActorRef<Tiering.Command> coordinator;
    private final WorkerDesk desk;
    private final Clock clock;
    private final TimerScheduler<Command> timers;
    private final Executor threads;
    private final ActorRef<Command> self;
    private final ActorRef<Orders> orders;
    private final ActorRef<RoundNoted> noted;
    private volatile boolean stopping;

    private TieringWorker(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            Settings settings,
            String id,
            ActorRef<Tiering.Command> coordinator,
            Lake lake,
            Supplier<RoundPorts> ports,
            Clock clock,
            RandomGenerator random) {
        super(context);
        this.id = id;
        this.coordinator = coordinator;
        this.clock = clock;
        this.timers = timers;
        this.desk = new WorkerDesk(
                new Worker(id, settings.node(), settings.group()),
                settings.slots(),
                settings.liveness().toMillis(),
                assignment -> new TieringRound(
                        assignment, lake, ports.get(), RoundLimits.DEFAULT, new SplittableRandom(random.nextLong())),
                clock.millis());
        this.threads = context.getSystem().dispatchers().lookup(DispatcherSelector.fromConfig(DISPATCHER));
        this.self = context.getSelf();
        this.orders = context.messageAdapter(Orders.class, Ordered::new);
        this.noted = context.messageAdapter(RoundNoted.class, Noted::new);
        timers.startTimerWithFixedDelay(Beat.INSTANCE, Duration.ZERO, settings.heartbeat());
    }

    /**
     * @param id of this start of the worker; never used again
     * @param ports those of one round
     */
    public static Behavior<Command> create(
            Settings settings,
            String id,
            ActorRef<Tiering.Command> coordinator,
            Lake lake,
            Supplier<RoundPorts> ports,
            Clock clock,
            RandomGenerator random) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new TieringWorker(context, timers, settings, id, coordinator, lake, ports, clock, random)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Beat.class, beat -> beat())
                .onMessage(Ordered.class, ordered -> onOrders(ordered.orders()))
                .onMessage(Ended.class, this::onEnded)
                .onMessage(Left.class, this::onLeft)
                .onMessage(Noted.class, this::onNoted)
                .onMessage(TellAgain.class, again -> tell(again.attempt()))
                .onSignal(PostStop.class, stopped -> onStop())
                .onSignal(PreRestart.class, failed -> onStop())
                .build();
    }

    private Behavior<Command> beat() {
        coordinator.tell(desk.heartbeat(orders, clock.millis()));
        return this;
    }

    private Behavior<Command> onOrders(Orders given) {
        List<TieringRound> started = desk.orders(given, clock.millis());
        started.forEach(this::start);
        return started.isEmpty() ? this : beat();
    }

    private void start(TieringRound round) {
        try {
            threads.execute(() -> run(round));
        } catch (RejectedExecutionException e) {
            getContext().getLog().info("tiering round not begun, the node shuts down: {}", round.assignment());
            round.close();
            desk.left(round.assignment().attempt());
        }
    }

    /** On the round's thread. */
    private void run(TieringRound round) {
        Attempt attempt = round.assignment().attempt();
        try {
            Outcome outcome = round.outcome();
            while (outcome == null) {
                round.step();
                outcome = round.outcome();
            }
            self.tell(new Ended(attempt, outcome));
            if (round.wantsMaintenance() && !stopping) {
                coordinator.tell(round.maintain(id));
            }
        } finally {
            self.tell(new Left(attempt));
        }
    }

    private Behavior<Command> onEnded(Ended ended) {
        desk.ended(ended.attempt(), ended.outcome());
        return tell(ended.attempt());
    }

    private Behavior<Command> tell(Attempt attempt) {
        RoundEnded ended = desk.tell(attempt, noted);
        if (ended != null) {
            coordinator.tell(ended);
            timers.startSingleTimer(attempt, new TellAgain(attempt), Duration.ofMillis(desk.tellAgainMs(attempt)));
        }
        return this;
    }

    private Behavior<Command> onNoted(Noted reply) {
        timers.cancel(reply.noted().attempt());
        desk.noted(reply.noted(), clock.millis());
        return beat();
    }

    private Behavior<Command> onLeft(Left left) {
        desk.left(left.attempt());
        return beat();
    }

    private Behavior<Command> onStop() {
        stopping = true;
        ActorRef<RoundNoted> nobody = getContext().getSystem().ignoreRef();
        desk.stop(nobody).forEach(coordinator::tell);
        return this;
    }
}
