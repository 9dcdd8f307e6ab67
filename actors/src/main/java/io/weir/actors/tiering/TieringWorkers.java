package io.weir.actors.tiering;

import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Work;
import io.weir.actors.tiering.Tiering.Worker;
import io.weir.actors.tiering.Tiering.WorkerStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who was heard of when, and what they said; not kept across restarts of the coordinator. Confined to its actor. */
final class TieringWorkers {
    static final int KNOWN_MAX = 1_000;
    static final long FORGOTTEN_MS = 3_600_000;
    private static final int WORK_MAX = 1_000;

    private final Map<String, Heard> known = new HashMap<>();

    /** What one worker said last. */
    static final class Heard {
        private final Worker worker;

        /** When each attempt was last named. Those that the worker is not at any more go with {@link #keep}. */
        private final Map<Attempt, Long> namedMs = new HashMap<>();

        private long sequence;
        private long heardMs;
        private int freeSlots;
        private List<Work> working = List.of();
        private boolean replaced;

        private Heard(Worker worker) {
            this.worker = worker;
        }

        Worker worker() {
            return worker;
        }

        long heardMs() {
            return heardMs;
        }

        /** How many more rounds it takes. */
        int freeSlots() {
            return freeSlots;
        }

        List<Work> working() {
            return working;
        }

        /** When it last said that it is at the attempt; empty for never. */
        Optional<Long> namedMs(Attempt attempt) {
            return Optional.ofNullable(namedMs.get(attempt));
        }

        void keep(Collection<Attempt> attempts) {
            namedMs.keySet().retainAll(new HashSet<>(attempts));
        }

        private void hear(Tiering.Heartbeat heartbeat, long nowMs) {
            sequence = heartbeat.sequence();
            heardMs = nowMs;
            working =
                    heartbeat.working().subList(0, Math.min(heartbeat.working().size(), WORK_MAX));
            // Perhaps the last words of one that is gone: it gets work when it is heard of once more.
            freeSlots = replaced ? 0 : Math.max(0, Math.min(heartbeat.freeSlots(), WORK_MAX));
            replaced = false;
            working.forEach(work -> namedMs.put(work.attempt(), nowMs));
        }
    }

    boolean isKnown(String workerId) {
        return known.containsKey(workerId);
    }

    Optional<Heard> find(String workerId) {
        return Optional.ofNullable(known.get(workerId));
    }

    Collection<Heard> all() {
        return known.values();
    }

    /** Notes a heartbeat; null where it is passed over: it was overtaken, or there are too many workers. */
    @Nullable
    Heard hear(Tiering.Heartbeat heartbeat, long nowMs) {
        Worker worker = heartbeat.worker();
        Heard heard = known.get(worker.id());
        if (heard == null) {
            if (known.size() >= KNOWN_MAX) {
                return null;
            }
            heard = new Heard(worker);
            replace(worker);
            known.put(worker.id(), heard);
        } else if (heartbeat.sequence() <= heard.sequence) {
            return null;
        }
        heard.hear(heartbeat, nowMs);
        return heard;
    }

    private void replace(Worker now) {
        for (Heard former : known.values()) {
            if (isFormer(former.worker, now)) {
                former.replaced = true;
                former.freeSlots = 0;
            }
        }
    }

    /** Whether the one is an earlier start of the other. */
    static boolean isFormer(Worker one, Worker now) {
        return !one.id().equals(now.id()) && one.isOfNodeOf(now) && one.group().equals(now.group());
    }

    /** By node. */
    List<WorkerStatus> status(Duration livenessWindow, long nowMs) {
        return known.values().stream()
                .map(heard -> new WorkerStatus(
                        heard.worker,
                        !heard.replaced && nowMs - heard.heardMs <= livenessWindow.toMillis(),
                        heard.heardMs,
                        heard.freeSlots,
                        heard.working))
                .sorted(Comparator.comparing(
                                (WorkerStatus status) -> status.worker().node())
                        .thenComparing(status -> status.worker().id()))
                .toList();
    }

    void forgetSilent(long nowMs) {
        known.values().removeIf(heard -> nowMs - heard.heardMs > FORGOTTEN_MS);
    }
}
