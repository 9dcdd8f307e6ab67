package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.journal.JournalSetup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Buckets that live several lives, each ended in order or by force in the midst of uploads, over a store that fails in all ways it can and
 * a manifest whose answers get lost; reapers come by, and disks are lost. No acknowledged row is ever lost (after the loss of a disk: none
 * that the manifest names), whatever is live is there, and in the end nothing else is. {@code -Dweir.sim.seed=N} replays what one seed
 * decides, {@code -Dweir.sim.seeds=N} runs so many; odd seeds are primary-key tables.
 */
class RemoteTierSimulationTest {
    private static final int AT_ONCE = 8;

    @TempDir
    static Path directory;

    private static ActorTestKit kit;

    @BeforeAll
    static void startSystem() {
        kit = ActorTestKit.create(JournalSetup.config(directory.resolve("journal"))
                .withFallback(ConfigFactory.parseString("pekko.log-dead-letters = off"))
                .withFallback(ConfigFactory.load()));
    }

    @AfterAll
    static void stopSystem() {
        kit.shutdownTestKit();
    }

    @Test
    void nothingAcknowledgedIsLostAndNothingElseIsLeft() throws Exception {
        Long only = Long.getLong("weir.sim.seed");
        int seeds = Integer.getInteger("weir.sim.seeds", 200);
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        List<Future<?>> lives = new ArrayList<>();
        for (long seed = only == null ? 0 : only; seed < (only == null ? seeds : only + 1); seed++) {
            long one = seed;
            lives.add(threads.submit(() -> run(one, failures)));
        }
        for (Future<?> life : lives) {
            life.get();
        }
        threads.shutdown();
        assertThat(failures).isEmpty();
    }

    private static void run(long seed, Queue<Throwable> failures) {
        if (!failures.isEmpty()) {
            return;
        }
        try (RemoteWorld world = new RemoteWorld(kit, directory.resolve("world-" + seed), seed, seed % 2 == 1)) {
            world.run();
        } catch (Exception | AssertionError e) {
            failures.add(new AssertionError("replay with -Dweir.sim.seed=" + seed + ": " + e, e));
        }
    }
}
