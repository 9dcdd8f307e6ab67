package io.weir.actors.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Worker;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * A mixed load in virtual time, once in the order of deadlines and once in that of arrival: a small table of one minute's freshness, a
 * medium one of two minutes, and big ones of five, whose rounds take about two minutes and of which more become due than there are
 * workers. How long each table's n-th round takes is the same in both runs.
 *
 * <p>A round meets its target where it is through within the table's freshness after it was due: waiting and duration together, in terms
 * of the freshness, are at most 1. The rows of the lake are then never older than twice the freshness.
 */
class TieringTraceTest {
    private static final int WORKERS = 2;
    private static final int HOURS = 12;

    /** First in, first out. */
    private static final Comparator<TieredTable> FIFO =
            Comparator.comparingLong(table -> table.place().sequence());

    private enum Size {
        SMALL("1m", 1, 2, 5),
        MEDIUM("2m", 1, 15, 30),
        BIG("5m", 4, 90, 150);

        final String freshness;
        final int tables;
        final int minSeconds;
        final int maxSeconds;

        Size(String freshness, int tables, int minSeconds, int maxSeconds) {
            this.freshness = freshness;
            this.tables = tables;
            this.minSeconds = minSeconds;
            this.maxSeconds = maxSeconds;
        }

        long durationMs(long tableId, long round) {
            return 1000L * (minSeconds + new Random(tableId * 1_000_003 + round).nextInt(maxSeconds - minSeconds + 1));
        }
    }

    private record Share(int met, int rounds) {
        double value() {
            return (double) met / rounds;
        }

        Share plus(boolean metToo) {
            return new Share(met + (metToo ? 1 : 0), rounds + 1);
        }

        Share plus(Share other) {
            return new Share(met + other.met, rounds + other.rounds);
        }

        @Override
        public String toString() {
            return "%.1f %% of %d".formatted(100 * value(), rounds);
        }
    }

    private static final class Run {
        private final TieringDesk desk;
        private final Map<Long, Size> sizes = new HashMap<>();
        private final Map<Size, Share> shares = new TreeMap<>();
        private final Map<Worker, Attempt> busy = new HashMap<>();
        private final Map<Worker, Long> untilMs = new HashMap<>();

        Run(Comparator<TieredTable> order) {
            desk = new TieringDesk(order);
            for (Size size : Size.values()) {
                shares.put(size, new Share(0, 0));
                for (int i = 0; i < size.tables; i++) {
                    sizes.put(desk.create(size.freshness), size);
                }
            }
        }

        Run run() {
            List<Worker> workers = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                workers.add(TieringDesk.worker("w" + i));
            }
            long endMs = desk.nowMs + HOURS * 3_600_000L;
            while (desk.nowMs < endMs) {
                workers.forEach(this::work);
                desk.pass(1_000);
            }
            return this;
        }

        private void work(Worker worker) {
            Attempt attempt = busy.get(worker);
            if (attempt != null && untilMs.getOrDefault(worker, 0L) <= desk.nowMs) {
                end(worker, attempt);
                attempt = null;
            }
            if (attempt != null) {
                desk.beat(worker, 0, attempt);
                return;
            }
            for (Tiering.Assignment start : desk.beat(worker, 1).start()) {
                long tableId = start.attempt().tableId();
                busy.put(worker, start.attempt());
                untilMs.put(
                        worker,
                        desk.nowMs
                                + sizes.getOrDefault(tableId, Size.BIG)
                                        .durationMs(tableId, start.attempt().epoch()));
            }
        }

        private void end(Worker worker, Attempt attempt) {
            busy.remove(worker);
            boolean met = desk.nowMs <= desk.table(attempt.tableId()).deadlineMs();
            shares.computeIfPresent(sizes.getOrDefault(attempt.tableId(), Size.BIG), (size, share) -> share.plus(met));
            assertThat(desk.end(worker, attempt, desk.finished())).isTrue();
        }

        Share share(Size size) {
            return shares.getOrDefault(size, new Share(0, 0));
        }

        Share overall() {
            return shares.values().stream().reduce(new Share(0, 0), Share::plus);
        }
    }

    @Test
    void byDeadlineMoreRoundsMeetTheirTargetThanByArrival() {
        Run deadline = new Run(TieringQueue.BY_DEADLINE).run();
        Run fifo = new Run(FIFO).run();
        System.out.println(
                "rounds that met their target, by deadline: all " + deadline.overall() + ", " + deadline.shares);
        System.out.println("rounds that met their target, by arrival:  all " + fifo.overall() + ", " + fifo.shares);
        assertThat(deadline.share(Size.SMALL).value())
                .isGreaterThan(fifo.share(Size.SMALL).value());
        assertThat(deadline.overall().value())
                .isGreaterThanOrEqualTo(fifo.overall().value());
        assertThat(deadline.share(Size.BIG).rounds()).isPositive();
    }
}
