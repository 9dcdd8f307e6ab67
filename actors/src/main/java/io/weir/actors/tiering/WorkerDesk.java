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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker knows: the rounds it is at, and those whose end the coordinator has not noted, which count as work until then. Plain; of one
 * thread at a time, though its rounds run elsewhere.
 */
final class WorkerDesk {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerDesk.class);
    private static final long TELL_MIN_MS = 1_000;
    private static final long TELL_MAX_MS = 30_000;
    private static final int TELLS_MAX = 20;

    private final Worker worker;
    private final int slots;
    private final long livenessMs;
    private final Function<Assignment, TieringRound> make;

    /** Those that run. */
    private final Map<Attempt, TieringRound> rounds = new LinkedHashMap<>();

    /** Those that ended, which the coordinator may not know. */
    private final Map<Attempt, Untold> untold = new LinkedHashMap<>();

    /** Last epoch begun, by table: an order that was overtaken on its way is not followed. */
    private final Map<Long, Long> begun = new HashMap<>();

    private long sequence;
    private long heardMs;

    /** @param tells how often it was told */
    private record Untold(Outcome outcome, Work work, int tells) {}

    /**
     * @param slots rounds at once
     * @param livenessMs who hears nothing of the coordinator for so long gives its rounds up
     * @param make a round to be run
     */
    WorkerDesk(Worker worker, int slots, long livenessMs, Function<Assignment, TieringRound> make, long nowMs) {
        this.worker = worker;
        this.slots = slots;
        this.livenessMs = livenessMs;
        this.make = make;
        this.heardMs = nowMs;
    }

    Heartbeat heartbeat(ActorRef<Orders> replyTo, long nowMs) {
        long silentMs = nowMs - heardMs;
        if (silentMs > livenessMs) {
            String why = "nothing was heard of the coordinator for " + silentMs + " ms";
            rounds.values().forEach(round -> round.abandon(why));
        }
        Map<Attempt, Work> working = new LinkedHashMap<>();
        untold.forEach((attempt, one) -> working.put(attempt, one.work()));
        rounds.forEach((attempt, round) -> {
            if (round.isStuck(nowMs)) {
                // Named no more, so that the coordinator gives it to somebody else. Its thread is lost until it comes
                // back.
                round.abandon("a step of it took too long");
            } else {
                working.putIfAbsent(attempt, round.work());
            }
        });
        int free = Math.max(0, slots - rounds.size());
        return new Heartbeat(worker, ++sequence, free, new ArrayList<>(working.values()), replyTo);
    }

    /** Follows orders. @return rounds to be run */
    List<TieringRound> orders(Orders orders, long nowMs) {
        heardMs = nowMs;
        for (Attempt attempt : orders.abandon()) {
            TieringRound round = rounds.get(attempt);
            if (round != null) {
                round.abandon("the coordinator has given it up");
            }
            untold.remove(attempt);
        }
        for (Attempt attempt : orders.finishEarly()) {
            TieringRound round = rounds.get(attempt);
            if (round != null) {
                round.finishEarly();
            }
        }
        List<TieringRound> started = new ArrayList<>();
        for (Assignment assignment : orders.start()) {
            Attempt attempt = assignment.attempt();
            boolean isNew = attempt.epoch() > begun.getOrDefault(attempt.tableId(), 0L);
            if (isNew && rounds.size() < slots) {
                TieringRound round = make(assignment, nowMs);
                begun.put(attempt.tableId(), attempt.epoch());
                rounds.put(attempt, round);
                started.add(round);
            }
        }
        return started;
    }

    /** What hangs holds a slot: no table gets a second one for the same. */
    private TieringRound make(Assignment assignment, long nowMs) {
        Attempt attempt = assignment.attempt();
        List<TieringRound> former = rounds.values().stream()
                .filter(round -> round.assignment().attempt().tableId() == attempt.tableId())
                .toList();
        boolean maintained = former.stream().anyMatch(round -> round.work().phase() == Tiering.Phase.MAINTAINING);
        TieringRound made =
                make.apply(new Assignment(attempt, assignment.claim(), assignment.maintain() && !maintained));
        if (former.stream().anyMatch(round -> round.isStuck(nowMs))) {
            LOG.error("a tiering round hangs, restart the node to free its thread table={}", attempt.tableId());
            made.abandon("a former round of the table hangs on node " + worker.node() + "; restart that node");
        }
        return made;
    }

    /** A round has ended; it may still look after the table's files. */
    void ended(Attempt attempt, Outcome outcome) {
        TieringRound round = rounds.get(attempt);
        if (round != null) {
            untold.put(attempt, new Untold(outcome, round.work(), 0));
        }
    }

    /** What to tell the coordinator now of a round that ended; null where it knows, or does not listen. */
    @Nullable
    RoundEnded tell(Attempt attempt, ActorRef<RoundNoted> replyTo) {
        Untold one = untold.get(attempt);
        if (one == null) {
            return null;
        }
        if (one.tells() == TELLS_MAX) {
            untold.remove(attempt);
            return null;
        }
        untold.put(attempt, new Untold(one.outcome(), one.work(), one.tells() + 1));
        return new RoundEnded(worker.id(), attempt, one.outcome(), replyTo);
    }

    /** How long to wait before it is told again. */
    long tellAgainMs(Attempt attempt) {
        Untold one = untold.get(attempt);
        int tells = one == null ? 1 : one.tells();
        return Math.min(TELL_MAX_MS, TELL_MIN_MS << Math.min(10, tells - 1));
    }

    void noted(RoundNoted noted, long nowMs) {
        heardMs = nowMs;
        untold.remove(noted.attempt());
    }

    /** Nothing runs any more for the attempt. */
    void left(Attempt attempt) {
        rounds.remove(attempt);
    }

    /** Rounds end at their next step. @return last words, so that nobody waits for this worker */
    List<RoundEnded> stop(ActorRef<RoundNoted> nobody) {
        List<RoundEnded> last = new ArrayList<>();
        rounds.forEach((attempt, round) -> {
            round.abandon("its node shuts down");
            untold.putIfAbsent(attempt, new Untold(new Failed("its node shuts down", true, true, 0), round.work(), 0));
        });
        untold.forEach((attempt, one) -> last.add(new RoundEnded(worker.id(), attempt, one.outcome(), nobody)));
        rounds.clear();
        return last;
    }
}
