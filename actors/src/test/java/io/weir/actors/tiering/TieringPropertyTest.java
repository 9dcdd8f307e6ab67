package io.weir.actors.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.tiering.Tiering.Assignment;
import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Worker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Tables, workers that die, are started anew, lose messages and come back as zombies, people who press buttons, restarts of the
 * coordinator from its events and snapshots: what holds after each step. A seed is replayed with -Dweir.sim.seed=N.
 */
class TieringPropertyTest {
    private static final int SEEDS = 40;
    private static final int STEPS = 400;

    @Test
    void attemptsAndEpochsHoldWhateverHappens() throws Exception {
        Long only = Long.getLong("weir.sim.seed");
        long from = only == null ? 1 : only;
        long to = only == null ? SEEDS : only;
        int rounds = 0;
        for (long seed = from; seed <= to; seed++) {
            try {
                rounds += new Run(seed).run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        assertThat(rounds).isGreaterThan(only == null ? SEEDS * 10 : 0);
    }

    private static final class Run {
        private static final List<String> GROUPS = List.of("", "", "g");

        private final Random random;
        private final TieringDesk desk = new TieringDesk();
        private final List<SimWorker> living = new ArrayList<>();
        private final List<SimWorker> zombies = new ArrayList<>();

        /** To whom each attempt was ever given. */
        private final Map<Attempt, String> given = new HashMap<>();

        private final Map<Long, Long> epochs = new HashMap<>();
        private final Set<Attempt> fenced = new HashSet<>();
        private int starts;
        private int seenEvents;
        private int rounds;

        Run(long seed) {
            random = new Random(seed);
        }

        private static final class SimWorker {
            final Worker worker;
            final TreeMap<Long, Attempt> working = new TreeMap<>();
            final Set<Attempt> begun = new HashSet<>();
            long sequence;

            SimWorker(Worker worker) {
                this.worker = worker;
            }
        }

        int run() throws Exception {
            for (int i = 0; i < 3; i++) {
                living.add(start("n" + i));
            }
            for (int step = 0; step < STEPS; step++) {
                step();
                checkEvents();
                desk.check();
            }
            settle();
            return rounds;
        }

        private SimWorker start(String node) {
            String group = GROUPS.get(Math.floorMod(node.hashCode(), GROUPS.size()));
            return new SimWorker(new Worker("w" + starts++, node, group));
        }

        private void step() throws Exception {
            switch (random.nextInt(16)) {
                case 0 -> change();
                case 1 -> buttons();
                case 2 -> restartCoordinator();
                case 3 -> die();
                case 4, 5, 6 -> desk.pass(random.nextInt(8) == 0 ? 40_000 : 3_000);
                case 7, 8, 9, 10 -> beat(any(), random.nextInt(4) == 0);
                case 11 -> {
                    if (!zombies.isEmpty()) {
                        zombie(zombies.get(random.nextInt(zombies.size())));
                    }
                }
                default -> endOne(any(), random.nextInt(5) == 0);
            }
        }

        private SimWorker any() {
            return living.get(random.nextInt(living.size()));
        }

        private void change() {
            List<Long> ids = desk.state.tables().stream()
                    .map(TieredTable::tableId)
                    .sorted()
                    .toList();
            if (ids.size() < 6) {
                desk.create(1 + random.nextInt(60) + "s", "datalake.group", random.nextInt(3) == 0 ? "g" : "");
                return;
            }
            long id = ids.get(random.nextInt(ids.size()));
            switch (random.nextInt(5)) {
                case 0 -> desk.drop(id);
                case 1, 2 -> desk.set(id, "datalake.enabled", random.nextBoolean() ? "true" : "false");
                case 3 -> desk.set(id, "datalake.group", random.nextBoolean() ? "g" : "");
                default -> desk.set(id, "datalake.freshness", 1 + random.nextInt(60) + "s");
            }
        }

        private void buttons() {
            long id = 1 + random.nextInt(10);
            TieringControls controls = new TieringControls(desk.rules);
            switch (random.nextInt(4)) {
                case 0 -> desk.apply(controls.pause(desk.state, id, desk.nowMs));
                case 1, 2 -> desk.apply(controls.resume(desk.state, id, desk.nowMs));
                default -> desk.apply(controls.trigger(desk.state, id, desk.nowMs));
            }
        }

        private void restartCoordinator() throws Exception {
            desk.restart(random.nextBoolean());
            desk.nowMs += random.nextInt(100_000);
            desk.tick();
        }

        /** A worker dies, or only seems to; its node starts another one. */
        private void die() {
            SimWorker dead = living.remove(random.nextInt(living.size()));
            zombies.add(dead);
            living.add(start(dead.worker.node()));
        }

        private void beat(SimWorker sim, boolean answerLost) {
            List<Tiering.Work> working =
                    sim.working.values().stream().map(TieringDesk::reading).toList();
            int before = desk.events.size();
            Tiering.Orders orders = desk.beat(sim.worker, ++sim.sequence, Math.max(0, 3 - working.size()), working);
            if (orders == null) {
                return;
            }
            checkOrder(desk.events.subList(before, desk.events.size()), sim.worker.group());
            assertThat(orders.start().size()).isLessThanOrEqualTo(3 - working.size());
            for (Assignment assignment : orders.start()) {
                Attempt attempt = assignment.attempt();
                assertThat(given.merge(attempt, sim.worker.id(), (a, b) -> a)).isEqualTo(sim.worker.id());
                TieredTable table = desk.table(attempt.tableId());
                assertThat(table.isAt(attempt, sim.worker.id())).isTrue();
                assertThat(assignment.claim()).isEqualTo(table.attempts().unaccounted());
            }
            if (!answerLost) {
                for (Assignment assignment : orders.start()) {
                    if (sim.begun.add(assignment.attempt())) {
                        sim.working.put(assignment.attempt().tableId(), assignment.attempt());
                    }
                }
                orders.abandon().forEach(attempt -> sim.working.values().remove(attempt));
            }
        }

        /** What was given out is of the worker's group, and nobody who waits was to go before. */
        private void checkOrder(List<TieringEvent> events, String group) {
            List<TieredTable> given = events.stream()
                    .filter(TieringEvent.RoundAssigned.class::isInstance)
                    .map(event -> desk.table(event.tableId()))
                    .toList();
            assertThat(given).allMatch(table -> table.definition().group().equals(group));
            desk.state.tables().stream()
                    .filter(table ->
                            table.isPending() && table.definition().group().equals(group))
                    .forEach(
                            waiting -> assertThat(given).allMatch(table -> table.deadlineMs() <= waiting.deadlineMs()));
        }

        private void endOne(SimWorker sim, boolean lost) {
            if (sim.working.isEmpty()) {
                return;
            }
            Attempt attempt = new ArrayList<>(sim.working.values()).get(random.nextInt(sim.working.size()));
            boolean current = isCurrent(sim, attempt);
            boolean noted = desk.end(sim.worker, attempt, outcome());
            assertThat(noted).isEqualTo(current);
            if (!lost) {
                sim.working.remove(attempt.tableId());
            } else if (current) {
                TieringState before = desk.state;
                assertThat(desk.end(sim.worker, attempt, outcome())).isTrue();
                assertThat(desk.state).isEqualTo(before);
            }
        }

        private boolean isCurrent(SimWorker sim, Attempt attempt) {
            return desk.state
                    .enabled(attempt.tableId())
                    .filter(table -> table.isAt(attempt, sim.worker.id())
                            || table.attempts().notedEpoch() == attempt.epoch())
                    .isPresent();
        }

        private Tiering.Outcome outcome() {
            return switch (random.nextInt(6)) {
                case 0 -> new Tiering.Failed("failed", random.nextBoolean());
                case 1 -> desk.finished(false, Map.of());
                default -> desk.finished(true, Map.of("1-1-0", (long) random.nextInt(100)));
            };
        }

        /** It tells of its work, or that it is done with it: what was given up stays so. */
        private void zombie(SimWorker sim) {
            for (Attempt attempt : sim.working.values()) {
                if (fenced.contains(attempt)) {
                    assertThat(desk.end(sim.worker, attempt, desk.finished())).isFalse();
                }
            }
            beat(sim, true);
        }

        private void checkEvents() {
            for (TieringEvent event : desk.events.subList(seenEvents, desk.events.size())) {
                if (event instanceof TieringEvent.RoundAssigned assigned) {
                    long last = epochs.getOrDefault(assigned.tableId(), 0L);
                    assertThat(assigned.epoch()).isGreaterThan(last);
                    epochs.put(assigned.tableId(), assigned.epoch());
                } else if (event instanceof TieringEvent.RoundFenced gone) {
                    fenced.add(new Attempt(gone.tableId(), gone.epoch()));
                } else if (event instanceof TieringEvent.RoundFinished) {
                    rounds++;
                }
            }
            seenEvents = desk.events.size();
        }

        /** With workers that live and answer, every table is served. */
        private void settle() {
            for (TieredTable table : List.copyOf(desk.state.tables())) {
                desk.apply(new TieringControls(desk.rules).resume(desk.state, table.tableId(), desk.nowMs));
            }
            SimWorker plain = new SimWorker(new Worker("plain", "p", ""));
            SimWorker grouped = new SimWorker(new Worker("grouped", "q", "g"));
            int before = desk.events.size();
            for (int i = 0; i < 800; i++) {
                desk.pass(1_000);
                for (SimWorker sim : List.of(plain, grouped)) {
                    beat(sim, false);
                    for (Attempt attempt : List.copyOf(sim.working.values())) {
                        assertThat(desk.end(sim.worker, attempt, desk.finished()))
                                .isTrue();
                        sim.working.remove(attempt.tableId());
                    }
                }
            }
            Set<Long> served = new HashSet<>();
            for (TieringEvent event : desk.events.subList(before, desk.events.size())) {
                if (event instanceof TieringEvent.RoundFinished finished) {
                    served.add(finished.tableId());
                }
            }
            assertThat(served)
                    .containsExactlyInAnyOrderElementsOf(desk.state.tables().stream()
                            .filter(table -> table.switches().enabled())
                            .map(TieredTable::tableId)
                            .toList());
        }
    }
}
