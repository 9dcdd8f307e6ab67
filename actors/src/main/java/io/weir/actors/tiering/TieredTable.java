package io.weir.actors.tiering;

import io.weir.actors.tiering.TieringEvent.LakeSeen;
import io.weir.actors.tiering.TieringEvent.OffsetsForgotten;
import io.weir.actors.tiering.TieringEvent.RoundAssigned;
import io.weir.actors.tiering.TieringEvent.RoundDue;
import io.weir.actors.tiering.TieringEvent.RoundFailed;
import io.weir.actors.tiering.TieringEvent.RoundFenced;
import io.weir.actors.tiering.TieringEvent.RoundFinished;
import io.weir.actors.tiering.TieringEvent.RoundScheduled;
import io.weir.actors.tiering.TieringEvent.RoundTriggered;
import io.weir.actors.tiering.TieringEvent.TableChanged;
import io.weir.actors.tiering.TieringEvent.TableDisabled;
import io.weir.actors.tiering.TieringEvent.TableFound;
import io.weir.actors.tiering.TieringEvent.TableInitialized;
import io.weir.actors.tiering.TieringEvent.TableMaintained;
import io.weir.actors.tiering.TieringEvent.TablePaused;
import io.weir.actors.tiering.TieringEvent.TableQuarantined;
import io.weir.actors.tiering.TieringEvent.TableResumed;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One table as the coordinator remembers it. Immutable.
 *
 * <pre>
 * NEW -> INITIALIZED -> SCHEDULED -> PENDING -> TIERING -> SCHEDULED, or TIERED where it is paused
 *                                      ^  ^        |
 *                                      |  +-fenced-+-> FAILED -> PENDING, or quarantined until it is resumed
 * </pre>
 *
 * One that is fenced a second time in a row waits as one that failed does: whatever it does to its workers, it does not do it all the time.
 * Its epoch only grows, also while it is disabled and when it comes back.
 */
public record TieredTable(
        long tableId,
        Definition definition,
        Switches switches,
        Place place,
        Attempts attempts,
        Rounds rounds,
        Lake lake) {
    /**
     * What the coordinator needs of the table's definition.
     *
     * @param maintenanceInterval zero for never
     * @param fingerprint of schema and properties: another one after any change
     */
    public record Definition(
            String database,
            String name,
            String group,
            Duration freshness,
            Duration maintenanceInterval,
            int fingerprint) {}

    /**
     * @param enabled whether it is to go to the lake
     * @param triggered whether another round follows at once
     */
    public record Switches(boolean enabled, boolean paused, boolean quarantined, boolean triggered) {}

    /**
     * @param dueMs 0 for never
     * @param pendingMs since when it is in the queue; 0 where it is not
     * @param sequence grows with each table that joins the queue
     */
    public record Place(Tiering.State state, long dueMs, long pendingMs, long sequence) {}

    /**
     * @param epoch of the last attempt, or the highest one that was found in the lake
     * @param notedEpoch of the last attempt whose worker told of its end; 0 for none
     * @param unaccounted whether an attempt ended without a word since the last round that was through
     * @param failures in a row
     * @param strikes those of them that were the table's own
     * @param worker of the last attempt
     */
    public record Attempts(
            long epoch,
            long notedEpoch,
            boolean unaccounted,
            @Nullable UnderWay underWay,
            Tiering.@Nullable Worker worker,
            int failures,
            int strikes,
            @Nullable String problem) {}

    /** The attempt under way, of {@link Attempts#epoch}. */
    public record UnderWay(boolean claim, boolean maintain, long startedMs) {}

    /** The last round that was through, but for {@code count}, and {@code plannedMs}, which is that of the last complete one. */
    public record Rounds(long count, long plannedMs, long completedMs, long durationMs, long rows, long bytes) {}

    /** @param maintenanceMs when a worker was last told to look after the files */
    public record Lake(
            long snapshotId, long files, long rows, long maintenanceMs, long maintainedMs, Map<String, Long> offsets) {
        public Lake {
            offsets = Map.copyOf(offsets);
        }
    }

    static TieredTable found(TableFound found) {
        return new TieredTable(
                found.tableId(),
                found.definition(),
                new Switches(true, false, false, false),
                new Place(Tiering.State.NEW, 0, 0, 0),
                new Attempts(0, 0, false, null, null, 0, 0, null),
                new Rounds(0, 0, 0, 0, 0, 0),
                new Lake(-1, 0, 0, found.atMs(), 0, Map.of()));
    }

    /** @param sequence for where it joins the queue now */
    TieredTable with(TieringEvent event, long sequence) {
        if (event instanceof TableFound found) {
            return changed(found.definition())
                    .with(new Switches(true, switches.paused(), false, false))
                    .with(new Place(Tiering.State.NEW, 0, 0, 0));
        } else if (event instanceof TableInitialized) {
            return with(new Place(Tiering.State.INITIALIZED, 0, 0, 0));
        } else if (event instanceof TableChanged change) {
            return changed(change.definition());
        } else if (event instanceof TableDisabled) {
            return givenUp()
                    .with(new Switches(false, switches.paused(), false, false))
                    .resting();
        } else if (event instanceof RoundScheduled scheduled) {
            return with(new Place(Tiering.State.SCHEDULED, scheduled.dueMs(), 0, 0));
        } else if (event instanceof RoundDue due) {
            return with(new Place(Tiering.State.PENDING, place.dueMs(), due.atMs(), sequence));
        } else if (event instanceof RoundAssigned assigned) {
            return assigned(assigned);
        } else if (event instanceof RoundFenced fenced) {
            return fenced(fenced, sequence);
        } else if (event instanceof RoundFinished finished) {
            return finished(finished);
        } else if (event instanceof RoundFailed failed) {
            return failed(failed);
        } else if (event instanceof TableQuarantined) {
            return with(new Switches(switches.enabled(), switches.paused(), true, false))
                    .resting();
        } else if (event instanceof RoundTriggered) {
            return with(new Switches(switches.enabled(), switches.paused(), switches.quarantined(), true));
        } else if (event instanceof TablePaused) {
            TieredTable paused = with(new Switches(switches.enabled(), true, switches.quarantined(), false));
            return attempts.underWay() == null ? paused.resting() : paused;
        } else if (event instanceof TableResumed) {
            return with(new Switches(switches.enabled(), false, false, false)).withoutStrikes();
        } else if (event instanceof LakeSeen seen) {
            Map<String, Long> offsets = new HashMap<>(lake.offsets());
            seen.lakeOffsets().forEach((bucket, offset) -> offsets.merge(bucket, offset, Math::max));
            return withOffsets(offsets);
        } else if (event instanceof OffsetsForgotten forgotten) {
            Map<String, Long> offsets = new HashMap<>(lake.offsets());
            forgotten.entityIds().forEach(offsets::remove);
            return withOffsets(offsets);
        } else if (event instanceof TableMaintained maintained) {
            return with(new Lake(
                    lake.snapshotId(),
                    maintained.problem() == null ? maintained.lakeFiles() : lake.files(),
                    lake.rows(),
                    lake.maintenanceMs(),
                    maintained.problem() == null ? maintained.atMs() : lake.maintainedMs(),
                    lake.offsets()));
        }
        throw new IllegalStateException("no event of a table: " + event);
    }

    /** Whatever changed may be what was wrong with it. */
    private TieredTable changed(Definition now) {
        return new TieredTable(tableId, now, switches, place, attempts, rounds, lake)
                .with(new Switches(switches.enabled(), switches.paused(), false, switches.triggered()))
                .withoutStrikes();
    }

    private TieredTable assigned(RoundAssigned assigned) {
        long maintenanceMs = assigned.maintain() ? assigned.atMs() : lake.maintenanceMs();
        return with(new Place(Tiering.State.TIERING, place.dueMs(), 0, 0))
                .with(new Attempts(
                        assigned.epoch(),
                        attempts.notedEpoch(),
                        attempts.unaccounted(),
                        new UnderWay(assigned.claim(), assigned.maintain(), assigned.atMs()),
                        assigned.worker(),
                        attempts.failures(),
                        attempts.strikes(),
                        attempts.problem()))
                .with(new Lake(
                        lake.snapshotId(),
                        lake.files(),
                        lake.rows(),
                        maintenanceMs,
                        lake.maintainedMs(),
                        lake.offsets()));
    }

    private TieredTable fenced(RoundFenced event, long sequence) {
        TieredTable gone = with(new Attempts(
                attempts.epoch(),
                attempts.notedEpoch(),
                true,
                null,
                attempts.worker(),
                attempts.failures() + 1,
                attempts.strikes(),
                event.why()));
        if (switches.paused()) {
            return gone.resting();
        }
        return event.retryMs() == 0
                ? gone.with(new Place(Tiering.State.PENDING, place.dueMs(), event.atMs(), sequence))
                : gone.with(new Place(Tiering.State.FAILED, event.retryMs(), 0, 0));
    }

    private TieredTable finished(RoundFinished event) {
        Tiering.Finished round = event.finished();
        Map<String, Long> offsets = new HashMap<>(lake.offsets());
        offsets.putAll(round.lakeOffsets());
        return new TieredTable(
                tableId,
                definition,
                new Switches(switches.enabled(), switches.paused(), switches.quarantined(), false),
                new Place(event.nextMs() == 0 ? Tiering.State.TIERED : Tiering.State.SCHEDULED, event.nextMs(), 0, 0),
                new Attempts(attempts.epoch(), event.epoch(), false, null, attempts.worker(), 0, 0, null),
                new Rounds(
                        rounds.count() + 1,
                        round.complete() ? round.plannedMs() : rounds.plannedMs(),
                        event.atMs(),
                        round.durationMs(),
                        round.rows(),
                        round.bytes()),
                new Lake(
                        round.lakeSnapshotId(),
                        round.lakeFiles(),
                        round.lakeRows(),
                        lake.maintenanceMs(),
                        lake.maintainedMs(),
                        offsets));
    }

    private TieredTable failed(RoundFailed event) {
        Tiering.Failed failed = event.failed();
        return with(new Place(Tiering.State.FAILED, switches.paused() ? 0 : event.retryMs(), 0, 0))
                .with(new Switches(switches.enabled(), switches.paused(), switches.quarantined(), false))
                .with(new Attempts(
                        Math.max(attempts.epoch(), failed.lakeEpoch()),
                        event.epoch(),
                        attempts.unaccounted() || failed.unknown() || failed.lakeEpoch() > attempts.epoch(),
                        null,
                        attempts.worker(),
                        attempts.failures() + 1,
                        attempts.strikes() + (failed.passing() ? 0 : 1),
                        failed.reason()));
    }

    private TieredTable givenUp() {
        return with(new Attempts(
                attempts.epoch(),
                attempts.notedEpoch(),
                attempts.unaccounted() || attempts.underWay() != null,
                null,
                attempts.worker(),
                attempts.failures(),
                attempts.strikes(),
                attempts.problem()));
    }

    private TieredTable withoutStrikes() {
        return with(new Attempts(
                attempts.epoch(),
                attempts.notedEpoch(),
                attempts.unaccounted(),
                attempts.underWay(),
                attempts.worker(),
                0,
                0,
                attempts.problem()));
    }

    /** Not in the queue, and not due by itself. */
    private TieredTable resting() {
        Tiering.State last = attempts.failures() > 0
                ? Tiering.State.FAILED
                : rounds.count() > 0 ? Tiering.State.TIERED : Tiering.State.INITIALIZED;
        return with(new Place(last, 0, 0, 0));
    }

    private TieredTable withOffsets(Map<String, Long> offsets) {
        return with(new Lake(
                lake.snapshotId(), lake.files(), lake.rows(), lake.maintenanceMs(), lake.maintainedMs(), offsets));
    }

    private TieredTable with(Switches now) {
        return new TieredTable(tableId, definition, now, place, attempts, rounds, lake);
    }

    private TieredTable with(Place now) {
        return new TieredTable(tableId, definition, switches, now, attempts, rounds, lake);
    }

    private TieredTable with(Attempts now) {
        return new TieredTable(tableId, definition, switches, place, now, rounds, lake);
    }

    private TieredTable with(Lake now) {
        return new TieredTable(tableId, definition, switches, place, attempts, rounds, now);
    }

    boolean isPending() {
        return place.state() == Tiering.State.PENDING;
    }

    /** Whether this very attempt is under way. */
    boolean isAt(Tiering.Attempt attempt, String workerId) {
        return attempts.underWay() != null
                && attempts.epoch() == attempt.epoch()
                && attempts.worker() != null
                && attempts.worker().id().equals(workerId);
    }

    /** By when a round that is due should be through. */
    long deadlineMs() {
        return place.dueMs() + definition.freshness().toMillis();
    }

    /** How people call it. */
    String describe() {
        return definition.database() + "." + definition.name();
    }
}
