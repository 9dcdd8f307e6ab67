package io.weir.actors.tiering;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.tiering.Tiering.Assignment;
import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Failed;
import io.weir.actors.tiering.Tiering.Finished;
import io.weir.actors.tiering.Tiering.Outcome;
import io.weir.actors.tiering.Tiering.Phase;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.lake.Lake;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTable;
import io.weir.lake.MaintenanceReport;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to move what is new of a table into the lake, step by step:
 *
 * <pre>
 * PLANNING    what the lake has (its own metadata says, nobody else), how far each bucket is: the stopping offsets, which stay
 * READING     bucket by bucket, in random order: pieces of rows are read and written to the lake's files
 * COMMITTING  one commit of the lake, refused where the lake is not as it was at planning
 * </pre>
 *
 * <p>Each {@link #step} blocks for one bounded piece of that. {@link #finishEarly} and {@link #abandon} may come from any thread, and are
 * heeded between steps; {@link #work} may be asked from any thread; all else is of one thread at a time. A round that is dropped without
 * a word is harmless: nothing is in the lake before the commit.
 */
final class TieringRound implements AutoCloseable {
    /**
     * A step that takes longer will not come back: what buckets and the object store are asked has time-outs, what the lake is asked has
     * only what its libraries have. Also the longest that the download of a KV snapshot may take.
     */
    static final long STUCK_MS = 3_600_000;

    private static final Logger LOG = LoggerFactory.getLogger(TieringRound.class);

    private final Assignment assignment;
    private final Attempt attempt;
    private final Lake lake;
    private final RoundPorts ports;
    private final RoundLimits limits;
    private final RandomGenerator random;
    private final long startedMs;

    private volatile Phase phase = Phase.PLANNING;
    private volatile long steppedMs;
    private volatile long rows;
    private volatile long rowsPlanned;
    private volatile boolean early;
    private volatile @Nullable String abandoned;
    private volatile @Nullable Outcome outcome;

    private @Nullable RoundPlan plan;
    private @Nullable LakeTable table;
    private @Nullable LakeRound round;

    /** As the lake said last; 0 before it was asked. */
    private long lakeEpoch;

    private int next;
    private boolean readAny;
    private boolean complete = true;
    private final Map<String, Long> moved = new HashMap<>();

    TieringRound(Assignment assignment, Lake lake, RoundPorts ports, RoundLimits limits, RandomGenerator random) {
        this.assignment = assignment;
        this.attempt = assignment.attempt();
        this.lake = lake;
        this.ports = ports;
        this.limits = limits;
        this.random = random;
        this.startedMs = ports.nowMs();
        this.steppedMs = startedMs;
    }

    Assignment assignment() {
        return assignment;
    }

    /** What it is at. Any thread. */
    Tiering.Work work() {
        return new Tiering.Work(attempt, phase, rows, rowsPlanned);
    }

    /** How it ended; null while it is under way. Any thread. */
    @Nullable
    Outcome outcome() {
        return outcome;
    }

    /** Whether its step does not come back. Any thread. */
    boolean isStuck(long nowMs) {
        return outcome == null && nowMs - steppedMs > STUCK_MS;
    }

    /** What is read is to be committed soon; at least one piece is read, so that rounds which are always hurried get on. Any thread. */
    void finishEarly() {
        early = true;
    }

    /** The round is not wanted any more: the next step ends it. One whose commit is under way may be committed. Any thread. */
    void abandon(String why) {
        abandoned = why;
    }

    /** Does the next piece. Throws nothing that the round could fail of. */
    void step() {
        if (outcome != null) {
            return;
        }
        try {
            String why = abandoned;
            if (why != null) {
                end(new Failed(why, false, true, lakeEpoch));
            } else if (phase == Phase.PLANNING) {
                plan();
            } else if (phase == Phase.READING) {
                read(planned());
            } else {
                commit(planned());
            }
        } catch (RoundEndedException e) {
            fail(e.reason(), e.isPassing(), e);
        } catch (WeirException e) {
            fail(e.detail(), e.code().retryable(), e);
        } catch (UncheckedIOException e) {
            fail(String.valueOf(e.getMessage()), true, e);
        } catch (RuntimeException e) {
            fail("an error inside: " + e, false, e);
        } catch (LinkageError e) {
            // A library that is not whole fails this table, not the process.
            fail("an error inside: " + e, false, e);
        } catch (Error e) {
            fail("an error inside: " + e, false, e);
            throw e;
        }
        steppedMs = ports.nowMs();
    }

    private void fail(String why, boolean passing, Throwable cause) {
        if (passing) {
            LOG.warn("tiering round failed attempt={} phase={}: {}", attempt, phase, why);
        } else {
            LOG.error("tiering round failed attempt={} phase={}", attempt, phase, cause);
        }
        // Whatever went wrong in a commit, it may be in the lake.
        end(new Failed(why, phase == Phase.COMMITTING, passing, lakeEpoch));
    }

    private RoundPlan planned() {
        return Objects.requireNonNull(plan, "not planned");
    }

    private void plan() {
        RoundPlan going = plan;
        if (going == null) {
            plan = begin();
        } else if (!going.isDone()) {
            going.step();
        } else {
            going.shuffle(random);
            rowsPlanned = going.splits().stream().mapToLong(Split::planned).sum();
            phase = Phase.READING;
        }
    }

    private RoundPlan begin() {
        RoundPlan made = RoundPlan.of(ports, attempt, limits);
        LakeTable opened = lake.open(made.spec());
        table = opened;
        LakeState state = assignment.claim() ? claimed(opened) : opened.state();
        lakeEpoch = state.epoch();
        if (!assignment.claim() && state.epoch() >= attempt.epoch()) {
            throw new RoundEndedException(
                    "fenced by the lake: it has epoch %d, this attempt is %d".formatted(state.epoch(), attempt.epoch()),
                    true);
        }
        made.base(state);
        return made;
    }

    private LakeState claimed(LakeTable opened) {
        try {
            return opened.claim(attempt.epoch());
        } catch (WeirException e) {
            if (e.code() != ErrorCode.LAKE_CONFLICT) {
                throw e;
            }
            lakeEpoch = opened.state().epoch();
            throw new RoundEndedException("fenced by the lake: " + e.detail(), true);
        }
    }

    private void read(RoundPlan going) {
        if (next == going.splits().size()) {
            phase = Phase.COMMITTING;
            return;
        }
        Split split = going.splits().get(next);
        boolean hurried = early && readAny;
        if (hurried) {
            split.finishEarly();
        }
        if (split.isDone()) {
            finish(split);
        } else if (hurried && !going.isBegun(split)) {
            // A snapshot that is not begun is left to the next round.
            complete = false;
            split.close();
            next++;
        } else {
            going.begun(split);
            step(split, opened(going));
            readAny = true;
            rows = opened(going).rows();
            if (split.isDone()) {
                finish(split);
            }
        }
    }

    private void step(Split split, LakeRound to) {
        try {
            split.step(to);
        } catch (WeirException e) {
            if (e.code() != ErrorCode.PARTITION_NOT_FOUND) {
                throw e;
            }
            if (!split.endWhereItIs()) {
                throw new RoundEndedException(
                        "a partition was dropped while its rows were written: " + e.detail(), true);
            }
            LOG.info(
                    "partition was dropped during a round bucket={}",
                    split.bucket().entityId());
        }
    }

    private LakeRound opened(RoundPlan going) {
        LakeRound open = round;
        if (open == null) {
            open = Objects.requireNonNull(table, "no table").begin(going.base(), attempt.epoch());
            round = open;
        }
        return open;
    }

    private void finish(Split split) {
        complete &= split.isComplete();
        if (planned().moves(split)) {
            moved.put(split.bucket().entityId(), split.reached());
        }
        split.close();
        next++;
    }

    private void commit(RoundPlan going) {
        LakeRound written = round;
        if (written == null || moved.isEmpty()) {
            end(finished(going, going.base(), 0, 0));
            return;
        }
        long writtenRows = written.rows();
        long bytes = written.bytes();
        Map<String, Long> offsets = new HashMap<>(moved);
        going.gone().forEach(bucket -> offsets.put(bucket, LakeRound.GONE));
        LakeRound.Outcome result = written.commit(offsets);
        if (result instanceof LakeRound.Committed committed) {
            lakeEpoch = committed.state().epoch();
            Finished finished = finished(going, committed.state(), writtenRows, bytes);
            moved.forEach((bucket, offset) -> ports.lakeAdvanced(BucketId.parse(bucket), offset));
            LOG.info("tiering round through attempt={} rows={} complete={}", attempt, writtenRows, complete);
            end(finished);
        } else if (result instanceof LakeRound.Refused refused) {
            end(new Failed("the lake refused the commit: " + refused.why(), false, true, lakeEpoch));
        } else if (result instanceof LakeRound.Unknown unknown) {
            end(new Failed("it is not known whether the lake has the commit: " + unknown.why(), true, true, lakeEpoch));
        }
    }

    private Finished finished(RoundPlan going, LakeState state, long writtenRows, long bytes) {
        return new Finished(
                going.plannedMs(),
                complete,
                going.offsets(state),
                writtenRows,
                bytes,
                ports.nowMs() - startedMs,
                state.snapshotId(),
                state.files(),
                state.rows());
    }

    private void end(Outcome how) {
        close();
        outcome = how;
    }

    /** Lets go of all it holds, and of the files of a round that was not committed; whatever state it is in. */
    @Override
    public void close() {
        if (plan != null) {
            plan.splits().forEach(this::closeQuietly);
        }
        LakeRound open = round;
        round = null;
        if (open != null) {
            quietly(open::close);
        }
        quietly(ports::close);
    }

    private void closeQuietly(Split split) {
        quietly(split::close);
    }

    private void quietly(Runnable close) {
        try {
            close.run();
        } catch (RuntimeException e) {
            LOG.warn("tiering round left something behind attempt={}", attempt, e);
        }
    }

    /** Whether the table's files are to be looked after now: a round that ended well was told to. */
    boolean wantsMaintenance() {
        return assignment.maintain() && outcome instanceof Finished && table != null;
    }

    /**
     * Looks after the table's files. Blocks for as long as that takes. Files of attempts below the epoch that the lake itself has may
     * go: below this round's own, which perhaps committed nothing, one that is still to be committed could lose its files.
     */
    Tiering.Maintained maintain(String workerId) {
        phase = Phase.MAINTAINING;
        LakeTable opened = Objects.requireNonNull(table, "no table");
        try {
            MaintenanceReport report = opened.maintain(lakeEpoch);
            return new Tiering.Maintained(
                    workerId,
                    attempt.tableId(),
                    report.compacted(),
                    report.expired(),
                    report.orphans(),
                    opened.state().files(),
                    null);
        } catch (RuntimeException | LinkageError e) {
            LOG.warn("maintenance failed table={}", attempt.tableId(), e);
            String why = e instanceof WeirException known ? known.detail() : String.valueOf(e);
            return new Tiering.Maintained(workerId, attempt.tableId(), 0, 0, 0, -1, why);
        }
    }
}
