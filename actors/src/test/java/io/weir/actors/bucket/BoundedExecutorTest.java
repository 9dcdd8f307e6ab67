package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BoundedExecutorTest {
    private final ArrayDeque<Runnable> threads = new ArrayDeque<>();
    private final BoundedExecutor executor = new BoundedExecutor(threads::add, 2);
    private final List<Integer> ran = new ArrayList<>();

    @Test
    void soManyAreHandedOnAtOnceAndTheOthersInOrder() {
        for (int i = 0; i < 5; i++) {
            int task = i;
            executor.execute(() -> ran.add(task));
        }
        assertThat(threads).hasSize(2);
        threads.remove().run();
        assertThat(threads).as("one is over, the next is handed on").hasSize(2);
        while (!threads.isEmpty()) {
            threads.remove().run();
        }
        assertThat(ran).containsExactly(0, 1, 2, 3, 4);
        executor.execute(() -> ran.add(5));
        executor.execute(() -> ran.add(6));
        executor.execute(() -> ran.add(7));
        assertThat(threads).hasSize(2);
    }

    @Test
    void aTaskThatFailsGivesItsPlaceBack() {
        for (int i = 0; i < 3; i++) {
            executor.execute(() -> {
                throw new IllegalStateException("wrong");
            });
        }
        for (int i = 0; i < 3; i++) {
            Runnable next = threads.remove();
            assertThatThrownBy(next::run).hasMessage("wrong");
        }
        executor.execute(() -> ran.add(1));
        executor.execute(() -> ran.add(2));
        assertThat(threads).hasSize(2);
    }
}
