package io.weir.actors.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.tiering.Tiering.Assignment;
import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Failed;
import io.weir.actors.tiering.Tiering.Finished;
import io.weir.actors.tiering.Tiering.Outcome;
import io.weir.actors.tiering.Tiering.Phase;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TieringRoundTest {
    private static final RoundLimits SMALL = new RoundLimits(1, 64 << 20);

    private final SimLake lake = new SimLake(new SplittableRandom(1));
    private final SimTables tables = new SimTables(new SplittableRandom(2), () -> 1_000);

    private TieringRound round(long epoch, RoundLimits limits) {
        return new TieringRound(
                new Assignment(new Attempt(1, epoch), false, false),
                lake,
                tables.ports(),
                limits,
                new SplittableRandom(3));
    }

    private static Outcome run(TieringRound round) {
        while (round.outcome() == null) {
            round.step();
        }
        return round.outcome();
    }

    private Finished finish(long epoch) {
        return (Finished) run(round(epoch, SMALL));
    }

    private SimBucket bucket(int number) {
        return tables.buckets.get(new BucketId(1, number));
    }

    private void appendTo(SimBucket bucket, long... uniques) {
        for (long unique : uniques) {
            bucket.append(unique, 1_000);
        }
        bucket.commit();
    }

    private void upsertTo(SimBucket bucket, long k, long v) {
        bucket.upsert(k, v, 1_000);
        bucket.commit();
    }

    private Map<Long, List<Long>> keyed() {
        Map<Long, List<Long>> found = new HashMap<>();
        lake.stored(1)
                .rows
                .forEach((key, rows) ->
                        found.put(key.k(), rows.stream().map(SimRow::v).toList()));
        return found;
    }

    @Test
    void rowsOfALogGoToTheLakeOnceAndBucketsHearOfIt() {
        tables.create(1, false, false, 2, 10);
        appendTo(bucket(0), 1, 2, 3);
        appendTo(bucket(1), 4);

        Finished first = finish(1);

        assertThat(first.complete()).isTrue();
        assertThat(first.rows()).isEqualTo(4);
        assertThat(first.lakeOffsets()).isEqualTo(Map.of("1-0", 3L, "1-1", 1L));
        assertThat(bucket(0).lakeOffset).isEqualTo(3);

        appendTo(bucket(1), 5);
        Finished second = finish(2);

        assertThat(second.rows()).isEqualTo(1);
        assertThat(lake.stored(1).log).hasSize(5);
        assertThat(lake.stored(1).problems).isEmpty();
    }

    @Test
    void nothingNewIsNoCommit() {
        tables.create(1, false, false, 1, 10);
        appendTo(bucket(0), 1);
        assertThat(finish(1).rows()).isEqualTo(1);

        Finished again = finish(2);

        assertThat(again.rows()).isZero();
        assertThat(again.complete()).isTrue();
        assertThat(again.lakeOffsets()).isEqualTo(Map.of("1-0", 1L));
        assertThat(lake.commits).isEqualTo(1);
    }

    @Test
    void stoppingOffsetsStayWhereTheyWereAtPlanning() {
        tables.create(1, false, false, 1, 10);
        appendTo(bucket(0), 1, 2);
        TieringRound round = round(1, SMALL);
        while (round.work().phase() == Phase.PLANNING) {
            round.step();
        }
        appendTo(bucket(0), 3);

        assertThat(((Finished) run(round)).lakeOffsets()).isEqualTo(Map.of("1-0", 2L));
    }

    @Test
    void theLastChangeOfAKeyCounts() {
        tables.create(1, true, false, 1, 10);
        upsertTo(bucket(0), 7, 1);
        upsertTo(bucket(0), 8, 2);
        upsertTo(bucket(0), 7, 3);
        bucket(0).delete(8, 1_000);
        bucket(0).commit();
        finish(1);
        assertThat(keyed()).isEqualTo(Map.of(7L, List.of(3L)));

        bucket(0).delete(7, 1_000);
        bucket(0).commit();
        upsertTo(bucket(0), 7, 4);
        upsertTo(bucket(0), 9, 5);
        finish(2);
        assertThat(keyed()).isEqualTo(Map.of(7L, List.of(4L), 9L, List.of(5L)));

        bucket(0).delete(7, 1_000);
        bucket(0).commit();
        finish(3);
        assertThat(keyed()).isEqualTo(Map.of(9L, List.of(5L)));
    }

    @Test
    void moreKeysThanMemoryAreMovedInSeveralRounds() {
        tables.create(1, true, false, 1, 10);
        for (int k = 0; k < 10; k++) {
            upsertTo(bucket(0), k, 100 + k);
        }
        RoundLimits three = new RoundLimits(1 << 20, 3L * KeyChanges.ENTRY_BYTES);

        Finished first = (Finished) run(round(1, three));

        assertThat(first.complete()).isFalse();
        assertThat(first.lakeOffsets()).isEqualTo(Map.of("1-0", 3L));
        int rounds = 1;
        Finished last = first;
        while (!last.complete()) {
            last = (Finished) run(round(++rounds, three));
        }
        assertThat(rounds).isEqualTo(4);
        assertThat(keyed()).hasSize(10);
    }

    @Test
    void theFirstRoundTakesTheSnapshotAndLeavesTheChangelogToTheNext() {
        tables.create(1, true, false, 1, 10);
        upsertTo(bucket(0), 7, 1);
        upsertTo(bucket(0), 8, 2);
        bucket(0).takeSnapshot(500);
        upsertTo(bucket(0), 7, 3);
        bucket(0).expire();

        Finished first = finish(1);

        assertThat(first.complete()).isFalse();
        assertThat(first.lakeOffsets()).isEqualTo(Map.of("1-0", 2L));
        assertThat(keyed()).isEqualTo(Map.of(7L, List.of(1L), 8L, List.of(2L)));
        SimRow row = lake.stored(1).rows.get(new SimRow.Key("", 8)).get(0);
        assertThat(row.offset()).isEqualTo(1);
        assertThat(row.timestampMs()).isEqualTo(500);
        assertThat(finish(2).complete()).isTrue();
        assertThat(keyed()).isEqualTo(Map.of(7L, List.of(3L), 8L, List.of(2L)));
    }

    @Test
    void aPartitionThatIsCreatedAnewTakesThePlaceOfItsFormerRows() {
        tables.create(1, true, true, 1, 10);
        SimBucket former = tables.buckets.get(new BucketId(1, 1, 0));
        upsertTo(former, 7, 1);
        finish(1);
        tables.drop(1, "a");
        tables.add(1, "a");
        SimBucket anew = tables.buckets.get(new BucketId(1, 2, 0));
        upsertTo(anew, 7, 2);
        anew.takeSnapshot(500);

        finish(2);

        assertThat(keyed()).isEqualTo(Map.of(7L, List.of(2L)));
    }

    @Test
    void aChangelogThatDoesNotGoBackFarEnoughIsSaidSo() {
        tables.create(1, true, false, 1, 10);
        upsertTo(bucket(0), 7, 1);
        upsertTo(bucket(0), 7, 2);
        bucket(0).logStart = 1;

        Failed failed = (Failed) run(round(1, SMALL));

        assertThat(failed.reason()).contains("1-0").contains("kv.snapshot-interval");
        assertThat(failed.unknown()).isFalse();
    }

    @Test
    void theLakeForgetsTheOffsetsOfDroppedPartitionsButForOne() {
        tables.create(1, false, true, 1, 10);
        for (String partition : List.of("b", "c", "d")) {
            tables.add(1, partition);
        }
        long epoch = 0;
        for (long id = 1; id <= 4; id++) {
            appendTo(tables.buckets.get(new BucketId(1, id, 0)), id);
        }
        finish(++epoch);
        assertThat(lake.stored(1).offsets).containsOnlyKeys("1-1-0", "1-2-0", "1-3-0", "1-4-0");

        // The newest is dropped too, but nothing says that the catalog has heard of it.
        for (String partition : List.of("a", "b", "d")) {
            tables.drop(1, partition);
        }
        appendTo(tables.buckets.get(new BucketId(1, 3, 0)), 5);
        finish(++epoch);
        assertThat(lake.stored(1).offsets).isEqualTo(Map.of("1-1-0", 1L, "1-3-0", 2L, "1-4-0", 1L));

        tables.add(1, "e");
        appendTo(tables.buckets.get(new BucketId(1, 5, 0)), 6);
        finish(++epoch);
        assertThat(lake.stored(1).offsets).isEqualTo(Map.of("1-1-0", 1L, "1-3-0", 2L, "1-5-0", 1L));
        assertThat(lake.stored(1).log).hasSize(6);
        assertThat(lake.stored(1).problems).isEmpty();
    }

    @Test
    void aBucketThatEndsBelowTheLakeIsSaidSo() {
        tables.create(1, false, false, 1, 10);
        appendTo(bucket(0), 1);
        lake.stored(1).offsets = Map.of("1-0", 5L);

        Failed failed = (Failed) run(round(1, SMALL));

        assertThat(failed.reason()).contains("lost with a disk");
        assertThat(failed.passing()).isFalse();
    }

    @Test
    void aLakeOfAHigherEpochFences() {
        tables.create(1, false, false, 1, 10);
        appendTo(bucket(0), 1);
        lake.stored(1).epoch = 9;

        Failed failed = (Failed) run(round(9, SMALL));

        assertThat(failed.reason()).contains("fenced");
        assertThat(failed.passing()).isTrue();
        assertThat(failed.lakeEpoch()).isEqualTo(9);
        assertThat(finish(10).rows()).isEqualTo(1);
    }

    @Test
    void whoWasOvertakenIsRefusedByTheLake() {
        tables.create(1, false, false, 1, 10);
        appendTo(bucket(0), 1);
        TieringRound zombie = round(1, SMALL);
        while (zombie.work().phase() != Phase.COMMITTING) {
            zombie.step();
        }
        assertThat(finish(2).rows()).isEqualTo(1);

        Failed failed = (Failed) run(zombie);

        assertThat(failed.reason()).contains("refused");
        assertThat(failed.unknown()).isFalse();
        assertThat(lake.stored(1).log).hasSize(1);
    }

    @Test
    void aClaimShutsOutARoundThatIsUnderWay() {
        tables.create(1, false, false, 1, 10);
        appendTo(bucket(0), 1);
        TieringRound zombie = round(1, SMALL);
        while (zombie.work().phase() != Phase.COMMITTING) {
            zombie.step();
        }
        TieringRound claims = new TieringRound(
                new Assignment(new Attempt(1, 2), true, false), lake, tables.ports(), SMALL, new SplittableRandom(3));
        claims.step();

        assertThat(run(zombie)).isInstanceOf(Failed.class);
        assertThat(((Finished) run(claims)).rows()).isEqualTo(1);
    }

    @Test
    void aRoundInAHurryCommitsWhatItHasAndAtLeastOnePiece() {
        tables.create(1, false, false, 2, 10);
        for (SimBucket bucket : tables.living()) {
            appendTo(bucket, 1 + bucket.id.bucket());
            appendTo(bucket, 11 + bucket.id.bucket());
        }
        TieringRound round = round(1, SMALL);
        round.finishEarly();

        Finished finished = (Finished) run(round);

        assertThat(finished.complete()).isFalse();
        assertThat(finished.rows()).isEqualTo(1);
        assertThat(finish(2).rows()).isEqualTo(3);
    }

    @Test
    void anAbandonedRoundLeavesNothing() {
        tables.create(1, false, false, 1, 10);
        appendTo(bucket(0), 1);
        TieringRound round = round(1, SMALL);
        while (round.work().phase() != Phase.COMMITTING) {
            round.step();
        }
        round.abandon("not wanted");

        assertThat(((Failed) run(round)).reason()).isEqualTo("not wanted");
        assertThat(lake.stored(1).log).isEmpty();
        assertThat(lake.stored(1).files).isEmpty();
    }

    @Test
    void rowsOfADroppedPartitionAreLeftOut() {
        tables.create(1, false, true, 1, 10);
        tables.add(1, "b");
        appendTo(tables.buckets.get(new BucketId(1, 1, 0)), 1);
        appendTo(tables.buckets.get(new BucketId(1, 2, 0)), 2);
        TieringRound round = round(1, SMALL);
        round.step();
        tables.drop(1, "a");

        Finished finished = (Finished) run(round);

        assertThat(finished.rows()).isEqualTo(1);
        assertThat(finished.lakeOffsets()).isEqualTo(Map.of("1-2-0", 1L));
    }
}
