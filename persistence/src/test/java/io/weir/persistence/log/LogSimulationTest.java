package io.weir.persistence.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Thousands of logs on bad disks. {@code -Dweir.sim.seed=N} runs one seed; {@code -Dweir.sim.seeds=N} sets how many. */
final class LogSimulationTest {
    private static final Logger LOGS = (Logger) LoggerFactory.getLogger("io.weir.persistence.log");
    private static final long FIRST_SEED = 20_261_122L;

    @BeforeAll
    static void quiet() {
        LOGS.setLevel(Boolean.getBoolean("weir.sim.verbose") ? Level.DEBUG : Level.OFF);
    }

    @AfterAll
    static void loud() {
        LOGS.setLevel(null);
    }

    @Test
    void nothingAcknowledgedIsLostOnAnySeed() {
        Long only = Long.getLong("weir.sim.seed");
        int seeds = Integer.getInteger("weir.sim.seeds", 3000);
        long crashes = 0;
        long failures = 0;
        long rows = 0;
        long uploads = 0;
        long lostDisks = 0;
        long[] all = only != null
                ? new long[] {only}
                : LongStream.range(FIRST_SEED, FIRST_SEED + seeds).toArray();
        for (long seed : all) {
            LogSimulation simulation = run(seed);
            crashes += simulation.crashes();
            failures += simulation.failures();
            rows += simulation.rows();
            uploads += simulation.uploads();
            lostDisks += simulation.lostDisks();
        }
        System.out.printf(
                "log simulation: seeds=%d crashes=%d failedCalls=%d rows=%d uploads=%d lostDisks=%d%n",
                all.length, crashes, failures, rows, uploads, lostDisks);
        assertThat(crashes)
                .as("the simulation crashes often enough to mean something")
                .isGreaterThan(all.length - 1L);
    }

    @Test
    void theSameSeedGivesTheSameTrace() {
        assertThat(run(42).trace()).isEqualTo(run(42).trace());
    }

    private static LogSimulation run(long seed) {
        LogSimulation simulation = new LogSimulation(seed);
        try {
            simulation.run();
            return simulation;
        } catch (Exception | AssertionError e) {
            throw new AssertionError(
                    "seed %d failed; replay with -Dweir.sim.seed=%d%n%s%n%s"
                            .formatted(seed, seed, simulation.trace(), e.getMessage()),
                    e);
        }
    }
}
