package io.weir.client.join;

import io.weir.client.ChangeBatch;
import io.weir.client.ChangelogCursor;
import io.weir.client.TableDescription;
import io.weir.client.WeirTable;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.japi.function.Creator;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.stream.Graph;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a third primary-key table equal to the join of two others, as these change. The bucket key of the two is the join key, and that of
 * the third too, so that all rows of a join key are found by a prefix lookup in each. It holds no rows: a change in any of the three names a
 * join key, and for that key the rows of both sides and of the output are looked up as they are now, and the difference is written.
 *
 * <p><b>Why it converges.</b> Take the last change that a join key sees in any of the three tables. It is in a changelog, and the cursor
 * passes it only after the key was looked at and the output was acknowledged; a crash before that makes the key come again. The lookups of
 * that work see the change, because a lookup sees all that the changelog shows, and every change before it, because it was the last. Had
 * they found a difference it would have been written, which would be a later change; so they found none, and the output is the join of
 * the final rows. Join keys that change meanwhile wait for the group in work, so one key is never worked on twice at a time.
 *
 * <p><b>Late writes.</b> A join that was killed may have a write on its way, made of rows that have changed since, and it may land after its
 * successor has looked at that key. It is then a change of the output, which the successor sees and puts right; so are rows that anybody
 * else writes there. No clock and no fence is needed, and two joins at once cost time and end at the same rows.
 *
 * <p><b>Where it begins.</b> Without stored cursors, the join takes the ends of the three changelogs, looks at the join keys of all rows of
 * the three tables, and then follows the changelogs from those ends. It does the same where a changelog no longer reaches back to a stored
 * cursor.
 *
 * <p><b>What follows.</b> Where a key changes several times in short order, the output may skip states in between, and for a moment may show
 * a state of one side with a later one of the other: it is the end that is right, and it is soon.
 *
 * <p><b>Left join.</b> A left row without right rows gives one output row, with null in what comes from the right. Columns of the right
 * primary key beyond the join key are part of the output's key, which cannot be null: there such a row has the zero value of the type (0,
 * false, the epoch, an empty string). It is told from a right row that holds this value by its other columns, or by a right column that is
 * never null mapped to a nullable output column.
 */
public final class DeltaJoin {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaJoin.class);
    private static final int GROUP_KEYS_MAX = 10_000;
    private static final long WRITE_BYTES = 1 << 20;

    private final JoinPlan plan;
    private final JoinTable left;
    private final JoinTable right;
    private final JoinTable output;
    private final KeyJoin keyJoin;
    private final CursorStore cursors;
    private final int parallelism;
    private final BufferAllocator allocator;

    DeltaJoin(
            JoinPlan plan,
            JoinTable left,
            JoinTable right,
            JoinTable output,
            CursorStore cursors,
            int parallelism,
            int rowsPerKeyMax,
            BufferAllocator allocator) {
        this.plan = plan;
        this.left = left;
        this.right = right;
        this.output = output;
        this.keyJoin = new KeyJoin(plan, left, right, output, rowsPerKeyMax, allocator);
        this.cursors = cursors;
        this.parallelism = parallelism;
        this.allocator = allocator;
    }

    public static Builder inner(WeirTable left, WeirTable right, WeirTable output) {
        return new Builder(JoinKind.INNER, left, right, output);
    }

    public static Builder left(WeirTable left, WeirTable right, WeirTable output) {
        return new Builder(JoinKind.LEFT, left, right, output);
    }

    /** What a join is made of. Used once, by one thread. */
    public static final class Builder {
        private final JoinKind kind;
        private final WeirTable left;
        private final WeirTable right;
        private final WeirTable output;
        private final Map<String, JoinColumns.Named> named = new HashMap<>();
        private String leftPrefix = "";
        private String rightPrefix = "";
        private CursorStore cursors = CursorStore.inMemory();
        private int parallelism = 16;
        private int rowsPerKeyMax = 10_000;
        private Duration patience = Duration.ofMinutes(10);

        private Builder(JoinKind kind, WeirTable left, WeirTable right, WeirTable output) {
            this.kind = kind;
            this.left = left;
            this.right = right;
            this.output = output;
        }

        /** What stands before a side's column name in the output's column names; at first nothing. */
        public Builder prefixes(String forLeft, String forRight) {
            leftPrefix = forLeft;
            rightPrefix = forRight;
            return this;
        }

        /** Says which column an output column is, where its name does not. */
        public Builder column(String outputColumn, JoinSide side, String column) {
            named.put(outputColumn, new JoinColumns.Named(side, column));
            return this;
        }

        /** Where the place in the changelogs is kept; at first in memory. */
        public Builder cursors(CursorStore store) {
            cursors = store;
            return this;
        }

        /** How many join keys are worked on at a time; at first 16. Each has up to three requests under way. */
        public Builder parallelism(int keys) {
            if (keys < 1) {
                throw new IllegalArgumentException("parallelism " + keys);
            }
            parallelism = keys;
            return this;
        }

        /** Most rows of one join key on a side, and in the output; at first 10,000. They are held in memory while it is worked on. */
        public Builder rowsPerKeyMax(int rows) {
            if (rows < 1 || rows == Integer.MAX_VALUE) {
                throw new IllegalArgumentException("rowsPerKeyMax " + rows);
            }
            rowsPerKeyMax = rows;
            return this;
        }

        /** How long a store that does not answer is waited for before the join fails; at first ten minutes. */
        public Builder patience(Duration time) {
            patience = time;
            return this;
        }

        /** @throws WeirException INVALID_REQUEST that says why the three tables do not fit */
        public DeltaJoin build() {
            JoinColumns columns = new JoinColumns(leftPrefix, rightPrefix, named);
            JoinPlan plan = JoinPlan.of(kind, left.description(), right.description(), output.description(), columns);
            return new DeltaJoin(
                    plan,
                    JoinTable.of(left.retryingFor(patience)),
                    JoinTable.of(right.retryingFor(patience)),
                    JoinTable.of(output.retryingFor(patience)),
                    cursors,
                    parallelism,
                    rowsPerKeyMax,
                    output.allocator());
        }
    }

    /** A join that was started. */
    public static final class Running {
        private final SharedKillSwitch killSwitch;
        private final CompletionStage<Done> done;

        private Running(SharedKillSwitch killSwitch, CompletionStage<Done> done) {
            this.killSwitch = killSwitch;
            this.done = done;
        }

        /** Completes when the join has stopped, and fails when it failed; its cursors then are those of the last group that was done. */
        public CompletionStage<Done> done() {
            return done;
        }

        /** Finishes what was read already, and ends. */
        public CompletionStage<Done> stop() {
            killSwitch.shutdown();
            return done;
        }
    }

    /** Starts the join from the stored cursors; it runs until it is stopped or fails. */
    public Running run(ActorSystem<?> system) {
        return start(system, true);
    }

    /** Brings the output up to what the sides hold now, from the stored cursors on, and ends. */
    public Running catchUp(ActorSystem<?> system) {
        return start(system, false);
    }

    private Running start(ActorSystem<?> system, boolean follow) {
        SharedKillSwitch killSwitch = KillSwitches.shared("delta-join");
        return new Running(killSwitch, source(follow, killSwitch).runWith(Sink.ignore(), system));
    }

    /**
     * The join as a source, which runs while it is listened to. Each element says that the changes before it are in the output, and that
     * it is stored.
     */
    public Source<JoinCursors, NotUsed> source() {
        return source(true, KillSwitches.shared("delta-join"));
    }

    private Source<JoinCursors, NotUsed> source(boolean follow, SharedKillSwitch killSwitch) {
        return lazily(() -> cursors.load()
                        .thenApply(stored -> stored.map(start -> from(checked(start), follow, killSwitch))
                                .orElseGet(() -> fromScan(follow, killSwitch))))
                .recoverWithRetries(
                        -1,
                        new PFBuilder<Throwable, Graph<SourceShape<JoinCursors>, NotUsed>>()
                                .match(WeirException.class, DeltaJoin::isTrimmed, e -> fromScan(follow, killSwitch))
                                .build());
    }

    private static Source<JoinCursors, NotUsed> lazily(Creator<CompletionStage<Source<JoinCursors, NotUsed>>> source) {
        return Source.lazyCompletionStageSource(source)
                .mapError(CompletionException.class, e -> e.getCause() == null ? e : e.getCause())
                .mapMaterializedValue(ignored -> NotUsed.getInstance());
    }

    private static boolean isTrimmed(WeirException failure) {
        boolean trimmed = failure.code() == ErrorCode.OFFSET_OUT_OF_RANGE;
        if (trimmed) {
            LOG.warn("a changelog does not reach back to the join's cursor, looking at all rows: {}", failure.detail());
        }
        return trimmed;
    }

    private JoinCursors checked(JoinCursors stored) {
        checkCursor(stored.left(), left.description());
        checkCursor(stored.right(), right.description());
        checkCursor(stored.output(), output.description());
        return stored;
    }

    private static void checkCursor(ChangelogCursor cursor, TableDescription table) {
        if (cursor.tableId() != table.tableId()) {
            throw new WeirException(
                    ErrorCode.INVALID_CURSOR,
                    "the stored cursor is of a table that was %s before it was dropped and created again; remove the"
                                    .formatted(table.fullName())
                            + " cursors to begin at the beginning");
        }
    }

    /** The ends are taken first: what changes while the tables are scanned comes again. */
    private Source<JoinCursors, NotUsed> fromScan(boolean follow, SharedKillSwitch killSwitch) {
        return lazily(
                () -> left.end().thenCombine(right.end(), Pair::create).thenCombine(output.end(), (sides, end) -> {
                    JoinCursors ends = new JoinCursors(sides.first(), sides.second(), end);
                    Source<ChangedKeys, NotUsed> scans = scan(left, plan.leftKey())
                            .concatLazy(scan(right, plan.rightKey()))
                            .concatLazy(scan(output, plan.outputKey()))
                            .concatLazy(Source.single(ChangedKeys.upTo(ends)));
                    return join(ends, scans.concatLazy(changes(ends, follow)), killSwitch);
                }));
    }

    private Source<ChangedKeys, NotUsed> scan(JoinTable table, List<Column> key) {
        return table.scan(JoinPlan.names(key)).map(rows -> ChangedKeys.of(rows, allocator));
    }

    private Source<JoinCursors, NotUsed> from(JoinCursors start, boolean follow, SharedKillSwitch killSwitch) {
        return join(start, changes(start, follow), killSwitch);
    }

    private Source<JoinCursors, NotUsed> join(
            JoinCursors start, Source<ChangedKeys, NotUsed> changed, SharedKillSwitch killSwitch) {
        return changed.via(killSwitch.flow())
                // What changes while a group is in work becomes the next group.
                .batchWeighted(GROUP_KEYS_MAX, keys -> (long) Math.max(1, keys.count()), keys -> keys, ChangedKeys::and)
                .flatMapConcat(group -> work(group).map(done -> group))
                .filter(ChangedKeys::hasRead)
                .statefulMap(
                        () -> start,
                        (before, group) -> {
                            JoinCursors behind = group.behind(before);
                            return Pair.create(behind, behind);
                        },
                        last -> Optional.empty())
                .mapAsync(1, behind -> cursors.save(behind).thenApply(saved -> behind));
    }

    private Source<ChangedKeys, NotUsed> changes(JoinCursors from, boolean follow) {
        return changes(Followed.LEFT, left.changes(from.left(), JoinPlan.names(plan.leftKey()), follow))
                .merge(changes(Followed.RIGHT, right.changes(from.right(), JoinPlan.names(plan.rightKey()), follow)))
                .merge(changes(
                        Followed.OUTPUT, output.changes(from.output(), JoinPlan.names(plan.outputKey()), follow)));
    }

    private Source<ChangedKeys, NotUsed> changes(Followed table, Source<ChangeBatch, NotUsed> batches) {
        return batches.map(batch -> ChangedKeys.of(table, batch, allocator));
    }

    /** One element, when the output of all keys was acknowledged. */
    private Source<Done, NotUsed> work(ChangedKeys group) {
        return Source.from(group.keys())
                .mapAsyncUnordered(parallelism, keyJoin::difference)
                .filter(difference -> !difference.isEmpty())
                .groupedWeighted(WRITE_BYTES, Difference::sizeInBytes)
                .mapAsync(1, keyJoin::write)
                .fold(Done.getInstance(), (all, done) -> all);
    }
}
