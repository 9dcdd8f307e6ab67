package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Random lives of a primary-key bucket, each from a seed: its changelog, its rows and an independent model agree whatever happens.
 * {@code -Dweir.sim.seed=N} replays one of them, {@code -Dweir.sim.seeds=N} runs so many.
 */
class PrimaryKeySimulationTest {
    @Test
    void changelogRowsAndModelAgreeWhateverHappens() {
        String one = System.getProperty("weir.sim.seed");
        if (one != null) {
            run(Long.parseLong(one));
            return;
        }
        int crashes = 0;
        int failures = 0;
        int refusals = 0;
        int seeds = Integer.getInteger("weir.sim.seeds", 1000);
        for (long seed = 0; seed < seeds; seed++) {
            PrimaryKeySimulation life = run(seed);
            crashes += life.crashes;
            failures += life.failures;
            refusals += life.refusals;
        }
        assertThat(crashes).as("crashes").isGreaterThan(seeds);
        assertThat(failures).as("failed writes and reads").isGreaterThan(seeds / 4);
        assertThat(refusals).as("refused requests").isGreaterThan(seeds / 4);
    }

    private static PrimaryKeySimulation run(long seed) {
        PrimaryKeySimulation life = new PrimaryKeySimulation(seed);
        try {
            life.run();
        } catch (AssertionError e) {
            throw new AssertionError("replay with -Dweir.sim.seed=" + seed, e);
        }
        return life;
    }
}
