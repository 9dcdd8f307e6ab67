package io.weir.actors.tiering;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.weir.codec.ErrorCode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * The protocol of the tiering coordinator, with its workers and with who asks after it. Times are milliseconds since the epoch by the
 * coordinator's clock.
 */
public final class Tiering {
    private Tiering() {}

    public sealed interface Command
            permits Heartbeat, RoundEnded, Maintained, GetStatus, Trigger, Pause, Resume, Internal {}

    /** For the messages that the coordinator sends to itself; they live beside its behavior. */
    public non-sealed interface Internal extends Command {}

    /** What crosses nodes. */
    public interface Remote {}

    /**
     * @param id of this start of the worker, by {@link #id}; another start has another one
     * @param node {@code host:port} of its node
     * @param group empty for the group of tables that name none
     */
    public record Worker(String id, String node, String group) {
        private static final char BEFORE_START = '.';

        /** @param nodeId outlives restarts of the node, which its address need not */
        public static String id(String nodeId, String start) {
            return nodeId + BEFORE_START + start;
        }

        /** Whether this and the other are starts of one node's worker, so that one of them is dead. */
        boolean isOfNodeOf(Worker other) {
            return node.equals(other.node) || (nodeId() >= 0 && id.regionMatches(0, other.id, 0, nodeId() + 1));
        }

        /** Where the node's id ends; -1 where there is none. */
        private int nodeId() {
            return id.lastIndexOf(BEFORE_START);
        }
    }

    /** A table's attempt. */
    public record Attempt(long tableId, long epoch) {}

    public enum Phase {
        /** Asks the lake and the buckets how far they are. */
        PLANNING,
        READING,
        COMMITTING,
        MAINTAINING
    }

    /** What a worker is at. */
    public record Work(Attempt attempt, Phase phase, long rows, long rowsPlanned) {}

    /**
     * Registers the worker, keeps it alive, and asks for work. Sent now and then, and at once when a round ended.
     *
     * @param freeSlots how many more rounds it takes
     * @param working everything it is at; what the coordinator believes it is at and is not named here is re-queued
     * @param sequence grows with each heartbeat of the worker; one that was overtaken is ignored
     */
    public record Heartbeat(Worker worker, long sequence, int freeSlots, List<Work> working, ActorRef<Orders> replyTo)
            implements Command, Remote {
        public Heartbeat {
            working = List.copyOf(working);
        }
    }

    /**
     * @param start rounds to begin; each is named again until a heartbeat tells of it, so a worker passes over those that it has begun
     *     before, also where they ended since
     * @param finishEarly rounds to commit with what was read so far
     * @param abandon rounds that are somebody else's by now
     */
    public record Orders(List<Assignment> start, List<Attempt> finishEarly, List<Attempt> abandon) implements Remote {
        public Orders {
            start = List.copyOf(start);
            finishEarly = List.copyOf(finishEarly);
            abandon = List.copyOf(abandon);
        }
    }

    /**
     * @param claim whether a former attempt ended without a word, so that the lake has to be told to refuse it
     * @param maintain whether the table's files in the lake are due to be looked after, when the round is through
     */
    public record Assignment(Attempt attempt, boolean claim, boolean maintain) {}

    /** Sent until it is answered. */
    public record RoundEnded(String workerId, Attempt attempt, Outcome outcome, ActorRef<RoundNoted> replyTo)
            implements Command, Remote {}

    /** @param stale whether the attempt was somebody else's by then */
    public record RoundNoted(Attempt attempt, boolean stale) implements Remote {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "is")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Finished.class, name = "finished"),
        @JsonSubTypes.Type(value = Failed.class, name = "failed")
    })
    public sealed interface Outcome {}

    /**
     * @param plannedMs when the stopping offsets were taken, by the worker's clock
     * @param complete whether all up to them is in the lake; false where it was finished early
     * @param lakeOffsets as the lake has them then, by entity id of the buckets that exist
     * @param rows that went to the lake in this round; 0 where nothing was new, and then nothing was committed
     */
    public record Finished(
            long plannedMs,
            boolean complete,
            Map<String, Long> lakeOffsets,
            long rows,
            long bytes,
            long durationMs,
            long lakeSnapshotId,
            long lakeFiles,
            long lakeRows)
            implements Outcome {
        public Finished {
            lakeOffsets = Map.copyOf(lakeOffsets);
        }
    }

    /**
     * @param reason for people
     * @param unknown whether it may have been committed all the same
     * @param passing whether the lake or a node was away, rather than that something is wrong with the table: it is tried again without
     *     end, and never quarantined for it
     * @param lakeEpoch the epoch that the lake was found to have; 0 where it was not read. The next attempt's is above it
     */
    public record Failed(String reason, boolean unknown, boolean passing, long lakeEpoch) implements Outcome {
        /** Of the table, and without a look at the lake's epoch. */
        public Failed(String reason, boolean unknown) {
            this(reason, unknown, false, 0);
        }
    }

    /** A worker looked after the table's files; {@code problem} says why not. May be lost. */
    public record Maintained(
            String workerId,
            long tableId,
            int compacted,
            int expired,
            int orphans,
            long lakeFiles,
            @Nullable String problem)
            implements Command, Remote {}

    public record GetStatus(ActorRef<Reply> replyTo) implements Command, Remote {}

    /** Makes a round due now. One under way is let finish, and another follows it. */
    public record Trigger(long tableId, ActorRef<Reply> replyTo) implements Command, Remote {}

    /** No rounds until it is resumed; one under way is let finish. Kept across restarts. */
    public record Pause(long tableId, ActorRef<Reply> replyTo) implements Command, Remote {}

    /** Undoes a pause, and lets a table out of quarantine; a round is due at once. */
    public record Resume(long tableId, ActorRef<Reply> replyTo) implements Command, Remote {}

    public sealed interface Reply {}

    /** @param table as it is after the command */
    public record Done(TableStatus table) implements Reply, Remote {}

    public record Refused(ErrorCode code, String detail) implements Reply, Remote {}

    public enum State {
        /** Seen in the catalog. */
        NEW,
        /** Known to the coordinator; its first round becomes due. */
        INITIALIZED,
        /** Waits for its time. */
        SCHEDULED,
        /** Due, and waits for a worker. */
        PENDING,
        /** A worker is at it. */
        TIERING,
        /** A round is through, and no other one is to follow: the table is paused. */
        TIERED,
        /** The last round failed; it waits before the next try, or, in quarantine, for {@link Resume}. */
        FAILED
    }

    /**
     * @param lake where tables go, for people; null where this node has no lake
     * @param tables in the order of their ids
     * @param queue ids of the tables that are due, the next one first
     */
    public record Status(
            long nowMs, @Nullable String lake, List<TableStatus> tables, List<WorkerStatus> workers, List<Long> queue)
            implements Reply, Remote {
        public Status {
            tables = List.copyOf(tables);
            workers = List.copyOf(workers);
            queue = List.copyOf(queue);
        }
    }

    /**
     * @param paused whether no rounds are started; the state is then that of the last one
     * @param quarantined whether it failed so often that it waits for {@link Resume}
     * @param epoch of the last attempt; 0 before the first
     * @param dueMs when the next round is due, or was when it waits; 0 for never
     * @param pendingMs since when it is due and waits for a worker; 0 where it does not
     * @param startedMs when the attempt under way began; 0 for none
     * @param worker who is at it, or was last; null for nobody
     * @param work what that worker said last of it; null where it is not at it
     * @param plannedMs the lake has every row that was there then; 0 before the first complete round
     * @param completedMs when the last round was through; 0 for never
     * @param lastDurationMs of that round, likewise the rows and bytes
     * @param rounds that were ever through
     * @param failures in a row
     * @param problem why the last attempt failed; null after one that did not
     * @param lakeOffsets by entity id of the bucket
     */
    public record TableStatus(
            long tableId,
            String database,
            String name,
            String group,
            State state,
            boolean paused,
            boolean quarantined,
            long epoch,
            Duration freshness,
            long dueMs,
            long pendingMs,
            long startedMs,
            @Nullable String worker,
            @Nullable Work work,
            long plannedMs,
            long completedMs,
            long lastDurationMs,
            long lastRows,
            long lastBytes,
            long rounds,
            int failures,
            @Nullable String problem,
            long maintainedMs,
            long lakeSnapshotId,
            long lakeFiles,
            long lakeRows,
            Map<String, Long> lakeOffsets) {
        public TableStatus {
            lakeOffsets = Map.copyOf(lakeOffsets);
        }
    }

    /** @param alive whether it was heard of within the liveness window */
    public record WorkerStatus(Worker worker, boolean alive, long heardMs, int freeSlots, List<Work> working) {
        public WorkerStatus {
            working = List.copyOf(working);
        }
    }
}
