package io.weir.actors.tiering;

import io.weir.actors.tiering.Tiering.Assignment;
import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Failed;
import io.weir.actors.tiering.Tiering.Heartbeat;
import io.weir.actors.tiering.Tiering.Orders;
import io.weir.actors.tiering.Tiering.Outcome;
import io.weir.actors.tiering.Tiering.RoundEnded;
import io.weir.actors.tiering.Tiering.RoundNoted;
import io.weir.actors.tiering.Tiering.Work;
import io.weir.actors.tiering.Tiering.Worker;
import io.weir.lake.Lake;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Does rounds on a node: tells the coordinator by heartbeats that it is there and what it is at, and takes its orders. Each round runs on a
 * thread of its own of {@code weir.dispatchers.tiering}, which looks between two steps at what this actor has told it.
 *
 * <p>How a round ended is told until the coordinator has noted it, and the round counts as work until then. Who hears nothing of the
 * coordinator for the liveness window gives its rounds up, because they are somebody else's by then; should one be committed all the
 * same, the lake decides.
 */
public final class TieringWorker extends AbstractBehavior<TieringWorker.Command> {
    private static final String DISPATCHER = "weir.dispatchers.tiering";
    private static final Duration RESEND_MIN = Duration.ofSeconds(1);
    private static final Duration RESEND_MAX = Duration.ofSeconds(30);
    private static final int TELL_MAX = 20;

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

    /** @param tells how often the outcome was told */
    private record Telling(Outcome outcome, Work work, int tells) {}

    private final Settings settings;
    private final Worker worker;
    private final ActorRef<Tiering.Command> coordinator;
    private final Lake lake;
    private final Supplier<RoundPorts> ports;
    private final Clock clock;
    private final RandomGenerator random;
    private final TimerScheduler<Command> timers;
    private final Executor threads;
    private final ActorRef<Orders> orders;
    private final ActorRef<RoundNoted> noted;

    /** Those that have a thread. */
    private final Map<Attempt, TieringRound> rounds = new LinkedHashMap<>();

    /** Those that ended, which the coordinator may not know. */
    private final Map<Attempt, Telling> untold = new LinkedHashMap<>();

    /** Last epoch begun, by table: what was overtaken on its way is not begun again. */
    private final Map<Long, Long> begun = new HashMap<>();

    private long sequence;
    private long heardMs;

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
        this.settings = settings;
        this.worker = new Worker(id, settings.node(), settings.group());
        this.coordinator = coordinator;
        this.lake = lake;
        this.ports = ports;
        this.clock = clock;
        this.random = random;
        this.timers = timers;
        this.threads = context.getSystem().dispatchers().lookup(DispatcherSelector.fromConfig(DISPATCHER));
        this.orders = context.messageAdapter(Orders.class, Ordered::new);
        this.noted = context.messageAdapter(RoundNoted.class, Noted::new);
        this.heardMs = clock.millis();
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
        return Behaviors.setup(context -> Behaviors.withTimers(timers ->
                new TieringWorker(context, timers, settings, id, coordinator, lake, ports, clock, random)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Beat.class, beat -> onBeat())
                .onMessage(Ordered.class, ordered -> onOrders(ordered.orders()))
                .onMessage(Ended.class, this::onEnded)
                .onMessage(Left.class, this::onLeft)
                .onMessage(Noted.class, this::onNoted)
                .onMessage(TellAgain.class, again -> onTellAgain(again.attempt()))
                .onSignal(PostStop.class, stopped -> onStop())
                .build();
    }

    private Behavior<Command> onBeat() {
        long silentMs = clock.millis() - heardMs;
        if (silentMs > settings.liveness().toMillis()) {
            rounds.values().forEach(round -> round.abandon("nothing was heard of the coordinator for " + silentMs + " ms"));
        }
        beat();
        return this;
    }

    private void beat() {
        Map<Attempt, Work> working = new LinkedHashMap<>();
        untold.forEach((attempt, telling) -> working.put(attempt, telling.work()));
        rounds.forEach((attempt, round) -> working.putIfAbsent(attempt, round.work()));
        int free = Math.max(0, settings.slots() - rounds.size());
        coordinator.tell(new Heartbeat(worker, ++sequence, free, new ArrayList<>(working.values()), orders));
    }

    private Behavior<Command> onOrders(Orders given) {
        heardMs = clock.millis();
        for (Attempt attempt : given.abandon()) {
            TieringRound round = rounds.get(attempt);
            if (round != null) {
                round.abandon("the coordinator has given it to somebody else");
            }
            forget(attempt);
        }
        for (Attempt attempt : given.finishEarly()) {
            TieringRound round = rounds.get(attempt);
            if (round != null) {
                round.finishEarly();
            }
        }
        boolean started = false;
        for (Assignment assignment : given.start()) {
            started |= start(assignment);
        }
        if (started) {
            beat();
        }
        return this;
    }

    private boolean start(Assignment assignment) {
        Attempt attempt = assignment.attempt();
        if (attempt.epoch() <= begun.getOrDefault(attempt.tableId(), 0L) || rounds.size() >= settings.slots()) {
            return false;
        }
        TieringRound round = new TieringRound(
                assignment, lake, ports.get(), RoundLimits.DEFAULT, new SplittableRandom(random.nextLong()));
        ActorRef<Command> self = getContext().getSelf();
        try {
            threads.execute(() -> run(round, attempt, self));
        } catch (RejectedExecutionException e) {
            getContext().getLog().info("tiering round not begun, the node shuts down attempt={}", attempt);
            return false;
        }
        begun.put(attempt.tableId(), attempt.epoch());
        rounds.put(attempt, round);
        return true;
    }

    /** On the round's thread. */
    private void run(TieringRound round, Attempt attempt, ActorRef<Command> self) {
        try {
            Outcome outcome = round.outcome();
            while (outcome == null) {
                round.step();
                outcome = round.outcome();
            }
            self.tell(new Ended(attempt, outcome));
            if (round.wantsMaintenance()) {
                coordinator.tell(round.maintain(worker.id()));
            }
        } finally {
            self.tell(new Left(attempt));
        }
    }

    private Behavior<Command> onEnded(Ended ended) {
        TieringRound round = rounds.get(ended.attempt());
        if (round != null) {
            untold.put(ended.attempt(), new Telling(ended.outcome(), round.work(), 0));
            onTellAgain(ended.attempt());
        }
        return this;
    }

    private Behavior<Command> onTellAgain(Attempt attempt) {
        Telling telling = untold.get(attempt);
        if (telling == null) {
            return this;
        }
        if (telling.tells() == TELL_MAX) {
            getContext().getLog().warn("the coordinator does not note how a tiering round ended attempt={}", attempt);
            forget(attempt);
            return this;
        }
        coordinator.tell(new RoundEnded(worker.id(), attempt, telling.outcome(), noted));
        untold.put(attempt, new Telling(telling.outcome(), telling.work(), telling.tells() + 1));
        long pauseMs = Math.min(RESEND_MAX.toMillis(), RESEND_MIN.toMillis() << Math.min(10, telling.tells()));
        timers.startSingleTimer(attempt, new TellAgain(attempt), Duration.ofMillis(pauseMs));
        return this;
    }

    private Behavior<Command> onNoted(Noted reply) {
        heardMs = clock.millis();
        forget(reply.noted().attempt());
        if (!rounds.containsKey(reply.noted().attempt())) {
            beat();
        }
        return this;
    }

    private void forget(Attempt attempt) {
        timers.cancel(attempt);
        untold.remove(attempt);
    }

    private Behavior<Command> onLeft(Left left) {
        TieringRound round = rounds.remove(left.attempt());
        if (round != null && round.outcome() == null) {
            // Its thread has died of an error that is none of the round's.
            round.close();
        }
        beat();
        return this;
    }

    /** The threads end at their next step. What they are at is said to be over, so that nobody waits for this worker. */
    private Behavior<Command> onStop() {
        rounds.forEach((attempt, round) -> {
            round.abandon("its node shuts down");
            if (!untold.containsKey(attempt)) {
                untold.put(attempt, new Telling(new Failed("its node shuts down", true), round.work(), 0));
            }
        });
        ActorRef<RoundNoted> nobody = getContext().getSystem().ignoreRef();
        untold.forEach((attempt, telling) ->
                coordinator.tell(new RoundEnded(worker.id(), attempt, telling.outcome(), nobody)));
        coordinator.tell(new Heartbeat(
                worker, ++sequence, 0, List.of(), getContext().getSystem().ignoreRef()));
        return this;
    }
}
