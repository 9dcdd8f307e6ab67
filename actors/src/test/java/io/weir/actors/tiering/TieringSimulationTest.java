package io.weir.actors.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Lives of a coordinator, its workers and a lake, in which workers die, sleep and wake up too late, the coordinator restarts, messages get
 * lost, doubled and late, the lake fails in all its ways, and tables change: no row is ever twice in the lake, none is missing below its
 * offsets, and once nothing goes wrong any more all rows are there soon. {@code -Dweir.sim.seed=N} replays one life,
 * {@code -Dweir.sim.seeds=N} runs so many.
 */
class TieringSimulationTest {
    @Test
    void theLakeHasEachRowOnceWhateverHappens() {
        String one = System.getProperty("weir.sim.seed");
        if (one != null) {
            run(Long.parseLong(one));
            return;
        }
        int seeds = Integer.getInteger("weir.sim.seeds", 2000);
        Map<String, Integer> counts = new TreeMap<>();
        for (long seed = 0; seed < seeds; seed++) {
            run(seed).counts.forEach((what, times) -> counts.merge(what, times, Integer::sum));
        }
        System.out.println("tiering, " + seeds + " lives: " + counts);
        for (String what : new String[] {
            "claims in the lake",
            "commits",
            "commits refused",
            "commits unknown, applied",
            "commits unknown, applied later",
            "commits unknown, too late",
            "commits unknown, lost",
            "coordinator restarts",
            "finished early",
            "logs trimmed",
            "orphans removed",
            "partitions dropped",
            "rounds fenced",
            "rounds incomplete",
            "schema changes",
            "snapshots read",
            "workers killed",
            "workers paused",
            "zombie commits refused"
        }) {
            assertThat(counts.getOrDefault(what, 0)).as(what).isGreaterThan(seeds / 20);
        }
    }

    private static TieringWorld run(long seed) {
        TieringWorld world = new TieringWorld(seed);
        try {
            world.run();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("replay with -Dweir.sim.seed=" + seed, e);
        }
        world.countAll();
        return world;
    }
}
