package io.weir.client.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random changes on both sides, and a join that is killed at any step and resumed, while its last write lands late, and changelogs are
 * trimmed: the output ends as the full join of what is there.
 */
class DeltaJoinSimulationTest {
    private static final int SEEDS = 200;
    private static final ActorTestKit KIT = ActorTestKit.create();

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    /** Calls are answered at once, so that a seed gives the same run again; changes happen between any two steps of the join. */
    @ParameterizedTest
    @EnumSource(JoinKind.class)
    void outputEqualsTheFullJoinWhateverCrashes(JoinKind kind) {
        for (int seed = 0; seed < SEEDS; seed++) {
            try (BufferAllocator allocator = new RootAllocator()) {
                runs(kind, new Random(seed), allocator);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private static void runs(JoinKind kind, Random random, BufferAllocator allocator) {
        JoinModel model = new JoinModel(kind, 1 + random.nextInt(3), 2, allocator);
        CursorStore cursors = CursorStore.inMemory();
        Queue<Runnable> late = new ArrayDeque<>();
        int runs = 2 + random.nextInt(5);
        for (int run = 0; run < runs; run++) {
            int changes = random.nextInt(15);
            for (int i = 0; i < changes; i++) {
                model.change(random);
            }
            if (random.nextInt(6) == 0) {
                model.trim(random);
            }
            Fuse fuse = new Fuse(random.nextInt(80), random.nextBoolean(), () -> {
                if (random.nextInt(4) == 0) {
                    model.change(random);
                } else if (random.nextInt(12) == 0 && !late.isEmpty()) {
                    late.remove().run();
                } else if (random.nextInt(80) == 0) {
                    model.trim(random);
                }
            });
            DeltaJoin join = join(model, fuse, 1 + random.nextInt(4), cursors, 1 + random.nextInt(4), late, allocator);
            finish(join.catchUp(KIT.system()).done());
        }
        Fuse never = new Fuse(Integer.MAX_VALUE, false, () -> {});
        DeltaJoin last = join(model, never, 5, cursors, 3, late, allocator);
        last.catchUp(KIT.system()).done().toCompletableFuture().join();
        assertThat(model.outputRows()).isEqualTo(model.fullJoin());
        late.forEach(Runnable::run);
        last.catchUp(KIT.system()).done().toCompletableFuture().join();
        assertThat(model.outputRows()).isEqualTo(model.fullJoin());

        int writes = model.output.writes();
        join(model, never, 5, CursorStore.inMemory(), 3, late, allocator)
                .catchUp(KIT.system())
                .done()
                .toCompletableFuture()
                .join();
        assertThat(model.output.writes())
                .as("a join from the beginning has nothing to write")
                .isEqualTo(writes);
    }

    private static DeltaJoin join(
            JoinModel model,
            Fuse fuse,
            int rowsMax,
            CursorStore cursors,
            int parallelism,
            Queue<Runnable> late,
            BufferAllocator allocator) {
        return join(model, fuse, rowsMax, cursors, parallelism, late, Runnable::run, allocator);
    }

    private static DeltaJoin join(
            JoinModel model,
            Fuse fuse,
            int rowsMax,
            CursorStore cursors,
            int parallelism,
            Queue<Runnable> late,
            Executor executor,
            BufferAllocator allocator) {
        CursorStore fused = new CursorStore() {
            @Override
            public CompletionStage<java.util.Optional<JoinCursors>> load() {
                return cursors.load();
            }

            @Override
            public CompletionStage<Done> save(JoinCursors saved) {
                return fuse.around(() -> cursors.save(saved));
            }
        };
        return new DeltaJoin(
                model.plan(),
                new FakeConnection(model.left, fuse, rowsMax, executor, late),
                new FakeConnection(model.right, fuse, rowsMax, executor, late),
                new FakeConnection(model.output, fuse, rowsMax, executor, late),
                fused,
                parallelism,
                1000,
                allocator);
    }

    /** A run ends well or by its fuse; anything else is a failure of the test. */
    private static void finish(CompletionStage<Done> done) {
        done.exceptionally(failure -> {
                    if (!(unwrapped(failure) instanceof Fuse.Blown)) {
                        throw new IllegalStateException(failure);
                    }
                    return Done.getInstance();
                })
                .toCompletableFuture()
                .join();
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof java.util.concurrent.CompletionException && failure.getCause() != null
                ? unwrapped(failure.getCause())
                : failure;
    }

    /** With threads: changes go on while the join follows them, answers come in any order. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void followsChangesOfManyThreads(long seed) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (BufferAllocator allocator = new RootAllocator()) {
            Random random = new Random(seed);
            JoinModel model = new JoinModel(seed % 2 == 0 ? JoinKind.LEFT : JoinKind.INNER, 3, 2, allocator);
            CursorStore cursors = CursorStore.inMemory();
            Queue<Runnable> late = new ConcurrentLinkedQueue<>();
            for (int run = 0; run < 4; run++) {
                Fuse fuse = new Fuse(20 + random.nextInt(300), random.nextBoolean(), () -> {});
                DeltaJoin.Running running = join(model, fuse, 3, cursors, 8, late, threads, allocator)
                        .run(KIT.system());
                for (int i = 0; i < 100; i++) {
                    model.change(random);
                }
                finish(running.stop());
            }
            Fuse never = new Fuse(Integer.MAX_VALUE, false, () -> {});
            DeltaJoin.Running running =
                    join(model, never, 3, cursors, 8, late, threads, allocator).run(KIT.system());
            for (int i = 0; i < 200; i++) {
                model.change(random);
            }
            // Long after, for keys that nobody touches again.
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> model.outputRows().equals(model.fullJoin()));
            late.forEach(Runnable::run);
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() ->
                            assertThat(model.outputRows()).as("seed " + seed).isEqualTo(model.fullJoin()));
            running.stop().toCompletableFuture().join();
            threads.shutdown();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
            await().until(() -> allocator.getAllocatedMemory() == 0);
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void fullJoinOfTheModelHasRowsOfEveryKind() {
        try (BufferAllocator allocator = new RootAllocator()) {
            JoinModel model = new JoinModel(JoinKind.LEFT, 2, 2, allocator);
            model.left.upsertJson("[{\"customer\":\"a\",\"id\":1},{\"customer\":\"b\",\"id\":1}]");
            model.right.upsertJson(
                    "[{\"who\":\"a\",\"label\":\"x\",\"number\":1},{\"who\":\"a\",\"label\":\"y\",\"number\":1}]");
            assertThat(model.fullJoin()).hasSize(3);
        }
    }
}
