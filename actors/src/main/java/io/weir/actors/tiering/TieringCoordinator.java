package io.weir.actors.tiering;

import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.tiering.TieringEvent.RoundFailed;
import io.weir.actors.tiering.TieringEvent.RoundFenced;
import io.weir.actors.tiering.TieringEvent.TableMaintained;
import io.weir.actors.tiering.TieringEvent.TableQuarantined;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tiering coordinator's actor, one in a cluster, on the catalog's node: stores what {@link TieringRules} and {@link TieringControls}
 * decide, then answers. Looks at the catalog and the time each second.
 */
public final class TieringCoordinator
        extends EventSourcedBehaviorWithEnforcedReplies<Tiering.Command, TieringEvent, TieringState> {
    public static final PersistenceId PERSISTENCE_ID = PersistenceId.ofUniqueId("tiering");
    private static final int EVENTS_PER_SNAPSHOT = 500;
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Logger LOG = LoggerFactory.getLogger(TieringCoordinator.class);

    private enum Tick implements Tiering.Internal {
        INSTANCE
    }

    private final Clock clock;
    private final CatalogMirror catalog;
    private final TieringMirror mirror;
    private final TieringSettings settings;
    private final @Nullable String lake;
    private final TimerScheduler<Tiering.Command> timers;

    /** Made anew at each recovery: it must not remember what could not be stored. */
    private TieringRules rules;

    private TieringCoordinator(
            Clock clock,
            CatalogMirror catalog,
            TieringMirror mirror,
            TieringSettings settings,
            @Nullable String lake,
            TimerScheduler<Tiering.Command> timers) {
        super(
                PERSISTENCE_ID,
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.2));
        this.clock = clock;
        this.catalog = catalog;
        this.mirror = mirror;
        this.settings = settings;
        this.lake = lake;
        this.timers = timers;
        this.rules = new TieringRules(settings, clock.millis());
    }

    /**
     * @param catalog of this node, where the catalog runs too
     * @param mirror shows the status to this node's metrics while the coordinator runs here
     * @param lake where tables go, for people
     */
    public static Behavior<Tiering.Command> create(
            Clock clock,
            CatalogMirror catalog,
            TieringMirror mirror,
            TieringSettings settings,
            @Nullable String lake) {
        return Behaviors.setup(context -> {
            mirror.clear();
            return Behaviors.withTimers(
                    timers -> new TieringCoordinator(clock, catalog, mirror, settings, lake, timers));
        });
    }

    /** For a cluster that has no lake. Nothing is remembered, and nothing of former times forgotten. */
    public static Behavior<Tiering.Command> none(Clock clock) {
        return new TieringAbsent(clock).behavior();
    }

    @Override
    public TieringState emptyState() {
        return TieringState.EMPTY;
    }

    @Override
    public EventHandler<TieringState, TieringEvent> eventHandler() {
        return TieringState::with;
    }

    @Override
    public SignalHandler<TieringState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), state -> {
                    rules = new TieringRules(settings, clock.millis());
                    publish(state);
                    timers.startTimerWithFixedDelay(Tick.INSTANCE, Tick.INSTANCE, Duration.ZERO, TICK);
                })
                .onSignal(PreRestart.instance(), state -> mirror.clear())
                .onSignal(PostStop.instance(), state -> mirror.clear())
                .build();
    }

    /** Events are never deleted: where a snapshot cannot be read, an older one or the events alone will do. */
    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, 2);
    }

    @Override
    public SnapshotAdapter<TieringState> snapshotAdapter() {
        return new SnapshotAdapter<>() {
            @Override
            public Object toJournal(TieringState state) {
                return state.snapshot();
            }

            @Override
            public TieringState fromJournal(Object stored) {
                return TieringState.of((TieringState.Snapshot) stored);
            }
        };
    }

    @Override
    public CommandHandlerWithReply<Tiering.Command, TieringEvent, TieringState> commandHandler() {
        return newCommandHandlerWithReplyBuilder()
                .forAnyState()
                .onCommand(
                        Tiering.Heartbeat.class,
                        (state, c) -> act(state, rules.heartbeat(state, c, clock.millis()), c.replyTo()))
                .onCommand(
                        Tiering.RoundEnded.class,
                        (state, c) -> act(state, rules.roundEnded(state, c, clock.millis()), c.replyTo()))
                .onCommand(
                        Tiering.Maintained.class,
                        (state, c) -> store(state, rules.maintained(state, c, clock.millis()).events()))
                .onCommand(Tiering.GetStatus.class, (state, c) -> followed(state, c.replyTo(), this::status))
                .onCommand(
                        Tiering.Trigger.class,
                        (state, c) -> followed(
                                state, c.replyTo(), (now, ms) -> controls().trigger(now, c.tableId(), ms)))
                .onCommand(
                        Tiering.Pause.class,
                        (state, c) -> followed(
                                state, c.replyTo(), (now, ms) -> controls().pause(now, c.tableId(), ms)))
                .onCommand(
                        Tiering.Resume.class,
                        (state, c) -> followed(
                                state, c.replyTo(), (now, ms) -> controls().resume(now, c.tableId(), ms)))
                .onCommand(Tick.class, (state, c) -> onTick(state))
                .build();
    }

    private TieringControls controls() {
        return new TieringControls(rules);
    }

    private TieringDecision<Tiering.Reply> status(TieringState state, long nowMs) {
        return new TieringDecision<>(List.of(), TieringStatus.of(state, rules.workers(nowMs), lake, nowMs));
    }

    private ReplyEffect<TieringEvent, TieringState> onTick(TieringState state) {
        long nowMs = clock.millis();
        List<TieringEvent> events = new ArrayList<>(follow(state, nowMs).events());
        events.addAll(rules.tick(after(state, events), nowMs).events());
        if (events.isEmpty()) {
            publish(state);
        }
        return store(state, events);
    }

    private TieringDecision<Void> follow(TieringState state, long nowMs) {
        return catalog.get()
                .map(seen -> rules.catalog().changed(state, seen, nowMs))
                .orElse(new TieringDecision<>(List.of(), null));
    }

    private static TieringState after(TieringState state, List<TieringEvent> events) {
        return new TieringDecision<Void>(events, null).after(state);
    }

    /** Looks at the catalog first: who created a table may ask for a round at once. */
    private ReplyEffect<TieringEvent, TieringState> followed(
            TieringState state,
            ActorRef<Tiering.Reply> replyTo,
            BiFunction<TieringState, Long, TieringDecision<Tiering.Reply>> decide) {
        long nowMs = clock.millis();
        List<TieringEvent> events = new ArrayList<>(follow(state, nowMs).events());
        TieringDecision<Tiering.Reply> decided = decide.apply(after(state, events), nowMs);
        events.addAll(decided.events());
        return act(state, new TieringDecision<>(events, decided.reply()), replyTo);
    }

    private <R> ReplyEffect<TieringEvent, TieringState> act(
            TieringState state, TieringDecision<R> decision, ActorRef<R> replyTo) {
        R reply = decision.reply();
        if (reply == null) {
            return store(state, decision.events());
        } else if (decision.events().isEmpty()) {
            return Effect().reply(replyTo, reply);
        }
        log(state, decision.events());
        return Effect()
                .persist(decision.events())
                .thenRun(this::publish)
                .thenReply(replyTo, stored -> reply);
    }

    private ReplyEffect<TieringEvent, TieringState> store(TieringState state, List<TieringEvent> events) {
        if (events.isEmpty()) {
            return Effect().noReply();
        }
        log(state, events);
        return Effect().persist(events).thenRun(this::publish).thenNoReply();
    }

    private void publish(TieringState state) {
        long nowMs = clock.millis();
        mirror.publish(state, rules.workers(nowMs), lake, nowMs);
    }

    private static void log(TieringState state, List<TieringEvent> events) {
        for (TieringEvent event : events) {
            String table = state.table(event.tableId())
                    .map(TieredTable::describe)
                    .orElseGet(() -> "with id " + event.tableId());
            if (event instanceof RoundFenced fenced) {
                LOG.warn("table {}: attempt {} is given up: {}", table, fenced.epoch(), fenced.why());
            } else if (event instanceof RoundFailed failed) {
                LOG.warn(
                        "table {}: round {} failed{}: {}",
                        table,
                        failed.epoch(),
                        failed.failed().unknown() ? " or not, which is not known" : "",
                        failed.failed().reason());
            } else if (event instanceof TableQuarantined) {
                LOG.warn("table {} failed {} times in a row; no more rounds until it is resumed or changed",
                        table, TieringRules.STRIKES_MAX);
            } else if (event instanceof TableMaintained maintained && maintained.problem() != null) {
                LOG.warn("table {}: its files in the lake were not looked after: {}", table, maintained.problem());
            } else {
                LOG.debug("{}", event);
            }
        }
    }
}
