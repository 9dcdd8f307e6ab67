package io.weir.actors.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Heartbeat;
import io.weir.actors.tiering.Tiering.Orders;
import io.weir.actors.tiering.Tiering.Outcome;
import io.weir.actors.tiering.Tiering.RoundEnded;
import io.weir.actors.tiering.Tiering.RoundNoted;
import io.weir.actors.tiering.Tiering.Worker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * A coordinator, workers, tables and a lake on one clock that jumps from event to event. For a while everything that can go wrong does;
 * then nothing does any more, and all rows have to be in the lake soon. One seed, one life.
 */
final class TieringWorld {
    private static final long START_MS = 1_700_000_000_000L;
    private static final long CHAOS_MS = 90_000;
    private static final long CALM_MS = 1_800_000;
    private static final TieringSettings SETTINGS = new TieringSettings(Duration.ofSeconds(20), Duration.ofSeconds(8));
    private static final ActorRef<Orders> ORDERS = TestInbox.<Orders>create().getRef();
    private static final ActorRef<RoundNoted> NOTED =
            TestInbox.<RoundNoted>create().getRef();

    private final SplittableRandom random;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atMs).thenComparingLong(Event::order));
    private long order;
    private long nowMs = START_MS;
    private boolean chaos = true;

    private final SimLake lake;
    private final SimTables tables;
    private final Map<String, Integer> counts = new HashMap<>();
    private final List<SimWorker> workers = new ArrayList<>();
    private int workerStarts;

    /** The journal: what is left of the coordinator when it stops. */
    private final List<TieringEvent> journal = new ArrayList<>();

    private TieringState state = TieringState.EMPTY;
    private @Nullable TieringRules rules;
    private final Map<Long, Long> epochs = new HashMap<>();
    private final double loss;

    private record Event(long atMs, long order, Runnable what) {}

    /** One start of a worker. */
    private static final class SimWorker {
        private final WorkerDesk desk;
        private boolean dead;
        private long pausedUntilMs;

        private SimWorker(WorkerDesk desk) {
            this.desk = desk;
        }
    }

    TieringWorld(long seed) {
        this.random = new SplittableRandom(seed);
        this.lake = new SimLake(random.split());
        this.tables = new SimTables(random.split(), () -> nowMs);
        this.loss = random.nextInt(3) * 0.1;
        lake.faults = random.nextInt(3) * 0.3;
        tables.faults = random.nextInt(3) * 0.3;
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    private void in(long ms, Runnable what) {
        events.add(new Event(nowMs + ms, order++, what));
    }

    private void every(long minMs, long maxMs, Runnable what) {
        in(random.nextLong(minMs, maxMs), () -> {
            if (chaos) {
                what.run();
                every(minMs, maxMs, what);
            }
        });
    }

    void run() {
        int count = 1 + random.nextInt(3);
        for (long id = 1; id <= count; id++) {
            tables.create(
                    id, random.nextBoolean(), random.nextInt(3) == 0, 1 + random.nextInt(3), 2 + random.nextInt(30));
        }
        for (int i = 0; i < 40; i++) {
            tables.write();
        }
        for (SimBucket bucket : tables.living()) {
            if (random.nextInt(3) == 0) {
                bucket.takeSnapshot(nowMs);
            }
        }
        for (int i = 0; i < 20; i++) {
            tables.write();
        }
        tables.living().stream().filter(bucket -> random.nextInt(3) == 0).forEach(SimBucket::expire);
        startCoordinator();
        in(1, this::tick);
        int workerCount = 1 + random.nextInt(3);
        for (int i = 0; i < workerCount; i++) {
            startWorker(i);
        }
        every(100, 3_000, tables::write);
        every(1_000, 10_000, tables::age);
        every(5_000, 60_000, tables::change);
        every(1_000, 20_000, lake::settle);
        every(10_000, 120_000, this::restartCoordinator);
        every(5_000, 90_000, this::killOne);
        every(5_000, 90_000, this::pauseOne);
        every(5_000, 60_000, this::control);
        drain(START_MS + CHAOS_MS);
        calm();
        long endMs = nowMs + CALM_MS;
        while (!isThrough() && nowMs < endMs) {
            drain(nowMs + 1_000);
        }
        tables.tables.keySet().forEach(this::check);
        assertThat(isThrough())
                .as(() -> "all rows are in the lake: " + describe())
                .isTrue();
    }

    private void drain(long untilMs) {
        while (!events.isEmpty() && events.peek().atMs() <= untilMs) {
            Event next = events.poll();
            nowMs = Math.max(nowMs, next.atMs());
            next.what().run();
        }
        nowMs = untilMs;
    }

    private void calm() {
        chaos = false;
        lake.faults = 0;
        tables.faults = 0;
        lake.settle();
        for (int i = 0; i < workers.size(); i++) {
            workers.get(i).pausedUntilMs = 0;
            if (workers.get(i).dead) {
                startWorker(i);
            }
        }
        tables.living()
                .forEach(bucket ->
                        bucket.schema = tables.tables.get(bucket.id.tableId()).schema());
        if (rules == null) {
            startCoordinator();
        }
        in(2_000, () -> tables.tables.keySet().forEach(id -> act(controls().resume(state, id, nowMs))));
    }

    private TieringControls controls() {
        return new TieringControls(Objects.requireNonNull(rules));
    }

    // The coordinator.

    private void startCoordinator() {
        TieringState rebuilt = TieringState.EMPTY;
        for (TieringEvent event : journal) {
            rebuilt = rebuilt.with(event);
        }
        assertThat(rebuilt).isEqualTo(state);
        state = rebuilt;
        rules = new TieringRules(SETTINGS, nowMs);
    }

    private void restartCoordinator() {
        if (rules != null) {
            rules = null;
            count("coordinator restarts");
            in(random.nextLong(40_000), () -> {
                if (rules == null) {
                    startCoordinator();
                }
            });
        }
    }

    private void tick() {
        if (rules != null) {
            act(rules.catalog().changed(state, tables.catalog(), nowMs));
        }
        if (rules != null) {
            act(rules.tick(state, nowMs));
        }
        in(1_000, this::tick);
    }

    /** Stores what was decided. @return the answer; null for none, also where the coordinator stopped before it could give it */
    private <R> @Nullable R act(TieringDecision<R> decision) {
        for (TieringEvent event : decision.events()) {
            journal.add(event);
            if (event instanceof TieringEvent.RoundAssigned assigned) {
                Long before = epochs.put(assigned.tableId(), assigned.epoch());
                assertThat(assigned.epoch()).as("epochs grow").isGreaterThan(before == null ? 0 : before);
                count(assigned.claim() ? "claims ordered" : "rounds ordered");
            } else if (event instanceof TieringEvent.RoundFenced) {
                count("rounds fenced");
            } else if (event instanceof TieringEvent.TableQuarantined) {
                count("quarantines");
            }
        }
        state = decision.after(state);
        if (chaos && random.nextInt(500) == 0) {
            restartCoordinator();
            return null;
        }
        return decision.reply();
    }

    private void onHeartbeat(SimWorker worker, Heartbeat heartbeat) {
        if (rules != null) {
            Orders orders = act(rules.heartbeat(state, heartbeat, nowMs));
            if (orders != null) {
                counts.merge("finished early", orders.finishEarly().size(), Integer::sum);
                send(() -> unlessPaused(worker, () -> onOrders(worker, orders)));
            }
        }
    }

    private void onEnded(SimWorker worker, RoundEnded ended) {
        if (rules != null) {
            RoundNoted noted = act(rules.roundEnded(state, ended, nowMs));
            if (noted != null) {
                count(noted.stale() ? "ends noted, stale" : "ends noted");
                send(() -> unlessPaused(worker, () -> {
                    worker.desk.noted(noted, nowMs);
                    beat(worker);
                }));
            }
        }
    }

    /** A message on its way: late, lost, or there twice. */
    private void send(Runnable arrives) {
        int copies = 1;
        if (chaos) {
            copies = random.nextDouble() < loss ? 0 : random.nextDouble() < loss ? 2 : 1;
        }
        for (int i = 0; i < copies; i++) {
            long lateMs = chaos && random.nextInt(30) == 0 ? random.nextLong(60_000) : random.nextLong(1, 200);
            in(lateMs, arrives);
        }
    }

    // The workers.

    private void startWorker(int place) {
        String id = "w" + place + "-" + ++workerStarts;
        Worker worker = new Worker(id, "node-" + place + ":1", "");
        RoundLimits limits = new RoundLimits(40 * (1 + random.nextInt(20)), 200L * (1 + random.nextInt(20)));
        WorkerDesk desk = new WorkerDesk(
                worker,
                1 + random.nextInt(2),
                SETTINGS.livenessWindow().toMillis(),
                assignment -> new TieringRound(assignment, lake, tables.ports(), limits, random.split()),
                nowMs);
        SimWorker started = new SimWorker(desk);
        if (place < workers.size()) {
            workers.set(place, started);
        } else {
            workers.add(started);
        }
        regularBeat(started);
    }

    private void unlessPaused(SimWorker worker, Runnable what) {
        if (worker.dead) {
            return;
        }
        if (worker.pausedUntilMs > nowMs) {
            // What waited is done in any order when it wakes.
            in(worker.pausedUntilMs - nowMs + random.nextLong(500), () -> unlessPaused(worker, what));
        } else {
            what.run();
        }
    }

    private void regularBeat(SimWorker worker) {
        unlessPaused(worker, () -> {
            beat(worker);
            in(3_000, () -> regularBeat(worker));
        });
    }

    private void beat(SimWorker worker) {
        Heartbeat heartbeat = worker.desk.heartbeat(ORDERS, nowMs);
        send(() -> onHeartbeat(worker, heartbeat));
    }

    private void onOrders(SimWorker worker, Orders orders) {
        List<TieringRound> started = worker.desk.orders(orders, nowMs);
        started.forEach(round -> stepSoon(worker, round));
        if (!started.isEmpty()) {
            beat(worker);
        }
    }

    private void stepSoon(SimWorker worker, TieringRound round) {
        long ms = random.nextLong(1, 400);
        if (chaos && random.nextInt(20) == 0) {
            ms = random.nextLong(30_000);
        }
        if (chaos && round.work().phase() == Tiering.Phase.COMMITTING && random.nextInt(6) == 0) {
            // The whole process stands still, long enough to be given up most of the time.
            worker.pausedUntilMs = nowMs + random.nextLong(60_000);
            count("workers paused before a commit");
        }
        in(ms, () -> unlessPaused(worker, () -> step(worker, round)));
    }

    private void step(SimWorker worker, TieringRound round) {
        Attempt attempt = round.assignment().attempt();
        boolean commits = round.work().phase() == Tiering.Phase.COMMITTING;
        boolean zombie = !isCurrent(attempt);
        int before = lake.commits;
        round.step();
        if (commits && zombie) {
            count(lake.commits > before ? "zombie commits taken, nobody else had come" : "zombie commits refused");
        }
        if (commits) {
            check(attempt.tableId());
        }
        Outcome outcome = round.outcome();
        if (outcome == null) {
            stepSoon(worker, round);
            return;
        }
        count(
                outcome instanceof Tiering.Finished finished
                        ? finished.complete() ? "rounds complete" : "rounds incomplete"
                        : "rounds failed");
        worker.desk.ended(attempt, outcome);
        tell(worker, attempt);
        in(random.nextLong(1, 2_000), () -> unlessPaused(worker, () -> leave(worker, round)));
    }

    private boolean isCurrent(Attempt attempt) {
        return state.table(attempt.tableId())
                .filter(table -> table.attempts().epoch() == attempt.epoch()
                        && table.attempts().underWay() != null)
                .isPresent();
    }

    private void leave(SimWorker worker, TieringRound round) {
        if (round.wantsMaintenance()) {
            count("maintenances");
            Tiering.Maintained done = round.maintain("w");
            send(() -> {
                if (rules != null) {
                    act(rules.maintained(state, done, nowMs));
                }
            });
        }
        worker.desk.left(round.assignment().attempt());
        beat(worker);
    }

    private void tell(SimWorker worker, Attempt attempt) {
        RoundEnded ended = worker.desk.tell(attempt, NOTED);
        if (ended != null) {
            send(() -> onEnded(worker, ended));
            in(worker.desk.tellAgainMs(attempt), () -> unlessPaused(worker, () -> tell(worker, attempt)));
        }
    }

    // What goes wrong.

    private void killOne() {
        int place = random.nextInt(workers.size());
        if (!workers.get(place).dead) {
            workers.get(place).dead = true;
            count("workers killed");
            in(random.nextLong(1, 60_000), () -> {
                if (workers.get(place).dead) {
                    startWorker(place);
                }
            });
        }
    }

    private void pauseOne() {
        SimWorker worker = workers.get(random.nextInt(workers.size()));
        worker.pausedUntilMs = nowMs + random.nextLong(60_000);
        count("workers paused");
    }

    private void control() {
        if (rules == null) {
            return;
        }
        long id = 1L + random.nextInt(tables.tables.size());
        switch (random.nextInt(4)) {
            case 0 -> act(controls().pause(state, id, nowMs));
            case 1 -> act(controls().trigger(state, id, nowMs));
            default -> act(controls().resume(state, id, nowMs));
        }
    }

    // What has to hold.

    private boolean isThrough() {
        return tables.living().stream()
                .allMatch(bucket -> bucket.end() == 0
                        || bucket.end() == bucket.logStart && lakeOffset(bucket) < 0
                        || lakeOffset(bucket) == bucket.end());
    }

    private long lakeOffset(SimBucket bucket) {
        return lake.stored(bucket.id.tableId()).reached.getOrDefault(bucket.id.entityId(), -1L);
    }

    private String describe() {
        StringBuilder text = new StringBuilder();
        tables.living()
                .forEach(bucket -> text.append("%n%s log=[%d, %d) lake=%d"
                        .formatted(bucket.id.entityId(), bucket.logStart, bucket.end(), lakeOffset(bucket))));
        return text + "\n" + state;
    }

    private void check(long tableId) {
        SimLake.Stored stored = lake.stored(tableId);
        assertThat(stored.problems).isEmpty();
        if (tables.tables.get(tableId).hasPrimaryKey()) {
            checkKeyed(tableId, stored);
        } else {
            checkLog(tableId, stored);
        }
        for (TieredTable table : state.tables()) {
            Map<String, Long> inLake = lake.stored(table.tableId()).reached;
            table.lake().offsets().forEach((bucket, offset) -> {
                if (offset > inLake.getOrDefault(bucket, 0L)) {
                    throw new AssertionError("the coordinator is ahead of the lake: " + bucket + " " + offset);
                }
            });
        }
    }

    private List<SimBucket> tiered(long tableId, SimLake.Stored stored) {
        return tables.buckets.values().stream()
                .filter(bucket -> bucket.id.tableId() == tableId && stored.reached.containsKey(bucket.id.entityId()))
                .toList();
    }

    private void checkLog(long tableId, SimLake.Stored stored) {
        long expected = 0;
        for (SimBucket bucket : tiered(tableId, stored)) {
            long end = stored.reached.get(bucket.id.entityId());
            for (long offset = bucket.firstOffset; offset < end; offset++) {
                SimRow row = bucket.rows.get((int) offset);
                if (!row.equals(stored.log.get(row.k()))) {
                    assertThat(stored.log.get(row.k())).as("row in the lake").isEqualTo(row);
                }
            }
            expected += end - bucket.firstOffset;
        }
        assertThat(stored.log).as("rows in the lake, and no others").hasSize((int) expected);
    }

    private void checkKeyed(long tableId, SimLake.Stored stored) {
        Map<SimRow.Key, SimRow> expected = new HashMap<>();
        for (SimBucket bucket : tiered(tableId, stored)) {
            bucket.replay(expected, stored.reached.get(bucket.id.entityId()));
        }
        Map<SimRow.Key, List<Long>> want = new HashMap<>();
        expected.forEach((key, row) -> want.put(key, List.of(row.v())));
        Map<SimRow.Key, List<Long>> found = new HashMap<>();
        stored.rows.forEach(
                (key, rows) -> found.put(key, rows.stream().map(SimRow::v).toList()));
        assertThat(found).as("rows in the lake").isEqualTo(want);
    }

    /** How often what happened. */
    Map<String, Integer> counts() {
        counts.put("claims in the lake", lake.claims);
        counts.put("commits", lake.commits);
        counts.put("commits refused", lake.refused);
        counts.put("commits unknown, applied", lake.unknownApplied);
        counts.put("commits unknown, applied later", lake.laterApplied);
        counts.put("commits unknown, too late", lake.laterRefused);
        counts.put("commits unknown, lost", lake.unknownLost);
        counts.put("orphans removed", lake.orphansRemoved);
        counts.put("logs trimmed", tables.trims);
        counts.put("partitions dropped", tables.partitionsDropped);
        counts.put("refusals of buckets", tables.refusals);
        counts.put("schema changes", tables.schemaChanges);
        counts.put("snapshots read", tables.snapshotsRead);
        return counts;
    }
}
