package io.weir.actors.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * Lives of a coordinator, its workers and a lake, in which workers die, sleep and wake up too late, the coordinator restarts, messages get
 * lost, doubled and late, the lake fails in all its ways, and tables change: no row is ever twice in the lake, none is missing below its
 * offsets, and once nothing goes wrong any more all rows are there soon. {@code -Dweir.sim.seed=N} replays one life,
 * {@code -Dweir.sim.seeds=N} runs so many.
 */
class TieringSimulationTest {
    private static final int THREADS = 2;

    /** What has to have happened now and then, or the lives show nothing. */
    private static final List<String> INTERESTING = List.of(
            "claims in the lake",
            "commits",
            "commits refused",
            "commits unknown, applied",
            "commits unknown, applied later",
            "commits unknown, lost",
            "commits unknown, too late",
            "coordinator restarts",
            "finished early",
            "logs trimmed",
            "orphans removed",
            "partitions dropped",
            "refusals of buckets",
            "rounds fenced",
            "rounds incomplete",
            "schema changes",
            "snapshots read",
            "workers killed",
            "workers paused",
            "zombie commits refused");

    @Test
    void theLakeHasEachRowOnceWhateverHappens() throws Exception {
        String one = System.getProperty("weir.sim.seed");
        if (one != null) {
            run(Long.parseLong(one));
            return;
        }
        int seeds = Integer.getInteger("weir.sim.seeds", 2000);
        Map<String, Integer> counts = new TreeMap<>();
        AtomicBoolean failed = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        List<Future<Map<String, Integer>>> lives = new ArrayList<>();
        for (long seed = 0; seed < seeds; seed++) {
            long next = seed;
            lives.add(threads.submit(() -> failed.get() ? Map.of() : run(next, failed)));
        }
        threads.shutdown();
        for (Future<Map<String, Integer>> life : lives) {
            life.get().forEach((what, times) -> counts.merge(what, times, Integer::sum));
        }
        System.out.println("tiering, " + seeds + " lives: " + counts);
        for (String what : INTERESTING) {
            assertThat(counts.getOrDefault(what, 0)).as(what).isGreaterThan(seeds / 50);
        }
    }

    private static Map<String, Integer> run(long seed, AtomicBoolean failed) {
        try {
            return run(seed);
        } catch (AssertionError e) {
            failed.set(true);
            throw e;
        }
    }

    private static Map<String, Integer> run(long seed) {
        TieringWorld world = new TieringWorld(seed);
        try {
            world.run();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("replay with -Dweir.sim.seed=" + seed, e);
        }
        return world.counts();
    }
}
