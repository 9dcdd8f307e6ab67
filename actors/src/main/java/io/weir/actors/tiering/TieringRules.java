package io.weir.actors.tiering;

import io.weir.actors.tiering.Tiering.Assignment;
import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Orders;
import io.weir.actors.tiering.Tiering.Work;
import io.weir.actors.tiering.Tiering.Worker;
import io.weir.actors.tiering.TieringDecision.Plan;
import io.weir.actors.tiering.TieringEvent.LakeSeen;
import io.weir.actors.tiering.TieringEvent.RoundAssigned;
import io.weir.actors.tiering.TieringEvent.RoundDue;
import io.weir.actors.tiering.TieringEvent.RoundFailed;
import io.weir.actors.tiering.TieringEvent.RoundFenced;
import io.weir.actors.tiering.TieringEvent.RoundFinished;
import io.weir.actors.tiering.TieringEvent.TableMaintained;
import io.weir.actors.tiering.TieringEvent.TableQuarantined;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides what the coordinator does: takes the state and what happened, and says which events follow and what is answered. Keeps only who
 * was heard of when. Not thread-safe. The decision's events have to be applied to the state before the next call, and stored before its
 * reply is sent.
 *
 * <p>What holds: a table has one attempt at a time; an epoch is given out once, since its event is stored before its order goes out; an
 * attempt that ended without a word makes the next ones claim the lake, until one is through.
 */
final class TieringRules {
    /** Failures in a row, of the table's own, after which it is quarantined. */
    static final int STRIKES_MAX = 10;

    static final long RETRY_MIN_MS = 1_000;
    static final long RETRY_MAX_MS = 300_000;
    private static final int REASON_MAX = 1_000;

    /** Most tables that join the queue in one step. */
    private static final int DUE_MAX = 1_000;

    private final TieringSettings settings;
    private final Comparator<TieredTable> order;
    private final TieringWorkers workers = new TieringWorkers();
    private final TieringCatalog catalog = new TieringCatalog();

    /** Nobody can be blamed for silence before this. */
    private long listeningSinceMs;

    private long tickedMs;

    /** @param nowMs when the coordinator started: from here on workers have the time of the liveness window to be heard of */
    TieringRules(TieringSettings settings, long nowMs) {
        this(settings, nowMs, TieringQueue.BY_DEADLINE);
    }

    TieringRules(TieringSettings settings, long nowMs, Comparator<TieredTable> order) {
        this.settings = settings;
        this.order = order;
        this.listeningSinceMs = nowMs;
        this.tickedMs = nowMs;
    }

    TieringCatalog catalog() {
        return catalog;
    }

    /** The tables that are due, the next one first. */
    private List<TieredTable> queue(TieringState state) {
        return TieringQueue.of(state, order);
    }

    /** What the workers said last, by node. */
    List<Tiering.WorkerStatus> workers(long nowMs) {
        return workers.status(settings.livenessWindow(), nowMs);
    }

    /** Tables whose time has come join the queue, and workers that fell silent are fenced. Called about once a second. */
    TieringDecision<Void> tick(TieringState state, long nowMs) {
        if (Math.abs(nowMs - tickedMs) > settings.livenessWindow().toMillis() / 2) {
            // This process was not running, or its clock was set: what it did not hear says nothing about the workers.
            listeningSinceMs = nowMs;
        }
        tickedMs = nowMs;
        Plan plan = new Plan(state);
        fenceSilent(plan, nowMs);
        enqueueDue(plan, nowMs);
        workers.forgetSilent(nowMs);
        return plan.reply(null);
    }

    private void fenceSilent(Plan plan, long nowMs) {
        for (TieredTable table : List.copyOf(plan.state().tables())) {
            Worker worker = table.attempts().worker();
            if (table.attempts().underWay() == null || worker == null) {
                continue;
            }
            long heardMs = workers.find(worker.id())
                    .map(TieringWorkers.Heard::heardMs)
                    .orElse(table.attempts().underWay().startedMs());
            long silentMs = nowMs - Math.max(heardMs, listeningSinceMs);
            if (silentMs > settings.livenessWindow().toMillis()) {
                fence(plan, table, "worker " + worker.node() + " was not heard of for " + silentMs + " ms", nowMs);
            }
        }
    }

    /** A table that again and again takes its worker with it, or keeps it busy for ever, has to wait longer and longer; any other not. */
    private static void fence(Plan plan, TieredTable table, String why, long nowMs) {
        int former = table.attempts().failures();
        plan.add(new RoundFenced(
                table.tableId(), table.attempts().epoch(), why, nowMs, former == 0 ? 0 : nowMs + retryMs(former)));
    }

    private static void enqueueDue(Plan plan, long nowMs) {
        plan.state().tables().stream()
                .filter(table -> isDue(table, nowMs))
                .sorted(Comparator.comparingLong(
                                (TieredTable table) -> table.place().dueMs())
                        .thenComparingLong(TieredTable::tableId))
                .limit(DUE_MAX)
                .forEach(table -> plan.add(new RoundDue(table.tableId(), nowMs)));
    }

    private static boolean isDue(TieredTable table, long nowMs) {
        TieredTable.Place place = table.place();
        boolean waits = place.state() == Tiering.State.SCHEDULED || place.state() == Tiering.State.FAILED;
        if (!waits || place.dueMs() == 0) {
            return false;
        }
        // Further away than any wait is: the clock was set back meanwhile.
        long longestMs = Math.max(table.definition().freshness().toMillis(), RETRY_MAX_MS);
        return place.dueMs() <= nowMs || place.dueMs() - nowMs > longestMs;
    }

    /** Without a reply where it was overtaken by a later one. */
    TieringDecision<Orders> heartbeat(TieringState state, Tiering.Heartbeat heartbeat, long nowMs) {
        Plan plan = new Plan(state);
        Worker worker = heartbeat.worker();
        if (!workers.isKnown(worker.id())) {
            fenceFormer(plan, worker, nowMs);
        }
        TieringWorkers.Heard heard = workers.hear(heartbeat, nowMs);
        if (heard == null) {
            return plan.reply(null);
        }
        List<Assignment> start = unnamed(plan, heard, nowMs);
        assign(plan, heard, start, nowMs);
        heard.keep(plan.state().tables().stream()
                .filter(table -> isAt(table, worker.id()))
                .map(TieringRules::attemptOf)
                .toList());
        return plan.reply(new Orders(start, late(plan, heard, nowMs), strange(plan, heard)));
    }

    /** A node starts its worker again only where the former one is gone; where it is not, the claim keeps it from the lake. */
    private static void fenceFormer(Plan plan, Worker worker, long nowMs) {
        for (TieredTable table : List.copyOf(plan.state().tables())) {
            Worker former = table.attempts().worker();
            if (table.attempts().underWay() != null && former != null && TieringWorkers.isFormer(former, worker)) {
                fence(plan, table, "worker " + worker.node() + " was started anew", nowMs);
            }
        }
    }

    /** The worker's attempts that it does not name: orders that were lost are given again, and what it gave up is fenced after a while. */
    private List<Assignment> unnamed(Plan plan, TieringWorkers.Heard heard, long nowMs) {
        List<Assignment> again = new ArrayList<>();
        for (TieredTable table : List.copyOf(plan.state().tables())) {
            TieredTable.UnderWay underWay = table.attempts().underWay();
            if (underWay == null || !isAt(table, heard.worker().id())) {
                continue;
            }
            Optional<Long> namedMs = heard.namedMs(attemptOf(table));
            long sinceMs = Math.max(namedMs.orElse(underWay.startedMs()), listeningSinceMs);
            if (nowMs - sinceMs > settings.patience().toMillis()) {
                fence(plan, table, "worker " + heard.worker().node() + " is not at it", nowMs);
            } else if (namedMs.isEmpty()) {
                again.add(assignmentOf(table, underWay));
            }
        }
        return again;
    }

    private void assign(Plan plan, TieringWorkers.Heard heard, List<Assignment> start, long nowMs) {
        int free = heard.freeSlots() - start.size();
        if (free <= 0) {
            return;
        }
        String group = heard.worker().group();
        queue(plan.state()).stream()
                .filter(table -> table.definition().group().equals(group))
                .limit(free)
                .forEach(table -> {
                    TieredTable.Attempts attempts = table.attempts();
                    plan.add(new RoundAssigned(
                            table.tableId(),
                            attempts.epoch() + 1,
                            heard.worker(),
                            attempts.unaccounted(),
                            isMaintenanceDue(table, nowMs),
                            nowMs));
                    TieredTable assigned = plan.table(table.tableId());
                    TieredTable.UnderWay underWay = assigned.attempts().underWay();
                    if (underWay != null) {
                        start.add(assignmentOf(assigned, underWay));
                    }
                });
    }

    private static boolean isMaintenanceDue(TieredTable table, long nowMs) {
        long intervalMs = table.definition().maintenanceInterval().toMillis();
        return intervalMs > 0 && nowMs - table.lake().maintenanceMs() >= intervalMs;
    }

    /** Rounds that read for longer than the table's freshness. */
    private static List<Attempt> late(Plan plan, TieringWorkers.Heard heard, long nowMs) {
        return heard.working().stream()
                .filter(work -> work.phase() == Tiering.Phase.READING)
                .map(Work::attempt)
                .filter(attempt -> plan.state()
                        .table(attempt.tableId())
                        .filter(table -> table.isAt(attempt, heard.worker().id()))
                        .filter(table -> isLate(table, nowMs))
                        .isPresent())
                .toList();
    }

    private static boolean isLate(TieredTable table, long nowMs) {
        TieredTable.UnderWay underWay = table.attempts().underWay();
        return underWay != null
                && nowMs - underWay.startedMs() > table.definition().freshness().toMillis();
    }

    /** What the worker is at although it is not its own. */
    private static List<Attempt> strange(Plan plan, TieringWorkers.Heard heard) {
        return heard.working().stream()
                .filter(work -> !mayGoOn(plan.state(), work, heard.worker().id()))
                .map(Work::attempt)
                .toList();
    }

    private static boolean mayGoOn(TieringState state, Work work, String workerId) {
        Attempt attempt = work.attempt();
        return state.enabled(attempt.tableId())
                .filter(table -> work.phase() == Tiering.Phase.MAINTAINING
                        || table.isAt(attempt, workerId)
                        || table.attempts().notedEpoch() == attempt.epoch())
                .isPresent();
    }

    private static boolean isAt(TieredTable table, String workerId) {
        return table.isAt(attemptOf(table), workerId);
    }

    private static Attempt attemptOf(TieredTable table) {
        return new Attempt(table.tableId(), table.attempts().epoch());
    }

    private static Assignment assignmentOf(TieredTable table, TieredTable.UnderWay underWay) {
        return new Assignment(attemptOf(table), underWay.claim(), underWay.maintain());
    }

    /** May be told again and again; what was noted already changes nothing. */
    TieringDecision<Tiering.RoundNoted> roundEnded(TieringState state, Tiering.RoundEnded ended, long nowMs) {
        Plan plan = new Plan(state);
        Attempt attempt = ended.attempt();
        Optional<TieredTable> found = state.enabled(attempt.tableId());
        boolean current =
                found.filter(table -> table.isAt(attempt, ended.workerId())).isPresent();
        boolean noted = found.filter(table -> table.attempts().notedEpoch() == attempt.epoch())
                .isPresent();
        if (current && ended.outcome() instanceof Tiering.Finished finished) {
            finish(plan, attempt, finished, nowMs);
        } else if (current && ended.outcome() instanceof Tiering.Failed failed) {
            fail(plan, attempt, failed, nowMs);
        } else if (!noted && found.isPresent() && ended.outcome() instanceof Tiering.Finished finished) {
            seeLake(plan, found.get(), finished);
        }
        return plan.reply(new Tiering.RoundNoted(attempt, !current && !noted));
    }

    private void finish(Plan plan, Attempt attempt, Tiering.Finished finished, long nowMs) {
        long tableId = attempt.tableId();
        TieredTable before = plan.table(tableId);
        boolean paused = before.switches().paused();
        boolean again = !paused && (!finished.complete() || before.switches().triggered());
        long nextMs = again ? nowMs : nowMs + before.definition().freshness().toMillis();
        plan.add(new RoundFinished(tableId, attempt.epoch(), moved(before, finished), nowMs, paused ? 0 : nextMs));
        catalog.forgetDropped(plan, tableId);
        if (again) {
            plan.add(new RoundDue(tableId, nowMs));
        }
    }

    /** Without the offsets that are known: a table may have many buckets, and events are kept for ever. */
    private static Tiering.Finished moved(TieredTable before, Tiering.Finished finished) {
        Map<String, Long> offsets = new HashMap<>(finished.lakeOffsets());
        offsets.entrySet().removeAll(before.lake().offsets().entrySet());
        return new Tiering.Finished(
                finished.plannedMs(),
                finished.complete(),
                offsets,
                finished.rows(),
                finished.bytes(),
                finished.durationMs(),
                finished.lakeSnapshotId(),
                finished.lakeFiles(),
                finished.lakeRows());
    }

    private static void fail(Plan plan, Attempt attempt, Tiering.Failed failed, long nowMs) {
        long tableId = attempt.tableId();
        int failures = plan.table(tableId).attempts().failures() + 1;
        plan.add(new RoundFailed(tableId, attempt.epoch(), bounded(failed), nowMs, nowMs + retryMs(failures)));
        if (plan.table(tableId).attempts().strikes() >= STRIKES_MAX) {
            plan.add(new TableQuarantined(tableId));
        }
    }

    /** How long to wait after so many failures in a row. */
    static long retryMs(int failures) {
        return Math.min(RETRY_MAX_MS, RETRY_MIN_MS << Math.min(failures - 1, 20));
    }

    private static Tiering.Failed bounded(Tiering.Failed failed) {
        return new Tiering.Failed(bounded(failed.reason()), failed.unknown(), failed.passing(), failed.lakeEpoch());
    }

    private static String bounded(String reason) {
        return reason.length() <= REASON_MAX ? reason : reason.substring(0, REASON_MAX) + "...";
    }

    /** A worker that was given up had committed before the lake was told to refuse it. */
    private static void seeLake(Plan plan, TieredTable table, Tiering.Finished finished) {
        boolean ahead = finished.lakeOffsets().entrySet().stream()
                .anyMatch(entry -> entry.getValue() > table.lake().offsets().getOrDefault(entry.getKey(), 0L));
        if (ahead) {
            plan.add(new LakeSeen(table.tableId(), finished.lakeOffsets()));
        }
    }

    TieringDecision<Void> maintained(TieringState state, Tiering.Maintained done, long nowMs) {
        Plan plan = new Plan(state);
        if (state.enabled(done.tableId()).isPresent()) {
            plan.add(new TableMaintained(
                    done.tableId(),
                    done.compacted(),
                    done.expired(),
                    done.orphans(),
                    done.lakeFiles(),
                    done.problem() == null ? null : bounded(done.problem()),
                    nowMs));
        }
        return plan.reply(null);
    }
}
