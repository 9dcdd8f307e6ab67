package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.lake.LakeRound;
import io.weir.lake.LakeSnapshot;
import io.weir.lake.LakeTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.CloseableIterable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rounds of upserts and deletes, rounds that die, compactions that die or commit late, expiry and removal of orphans in any order: the
 * newest snapshot is the model, and pinned ones stay what they were within the retention. A failing seed replays alone with
 * -Dweir.sim.seed.
 */
class MaintenancePropertyTest {
    private static final int SEEDS = 4;
    private static final int STEPS = 40;
    private static final Duration RETENTION = ReadFixture.MAINTENANCE.snapshotRetention();

    @TempDir
    Path directory;

    private record Pinned(LakeSnapshot snapshot, Map<List<Object>, Integer> rows, long untilMs) {}

    static List<Long> seeds() {
        Long one = Long.getLong("weir.sim.seed");
        if (one != null) {
            return List.of(one);
        }
        return new SplittableRandom(System.nanoTime()).longs(SEEDS).boxed().toList();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void nothingIsLostOrComesBack(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        Deque<Pinned> pinned = new ArrayDeque<>();
        try (ReadFixture fixture = new ReadFixture(directory)) {
            KeyedRows rows = new KeyedRows(fixture);
            rows.upsert(1, 2, 3);
            @Nullable FileCompaction compaction = null;
            FileCompaction.@Nullable Written written = null;
            StringBuilder trace = new StringBuilder();
            for (int step = 0; step < STEPS; step++) {
                int choice = random.nextInt(12);
                trace.append(' ').append(choice);
                switch (choice) {
                    case 0, 1, 2, 3 -> rows.round(keys(random, 0, 6), keys(random, 6, 9));
                    case 4 -> rows.delete(keys(random, 0, 9));
                    case 5 -> rows.upsert(keys(random, 0, 9));
                    case 6 -> abandon(fixture, rows);
                    case 7, 8 -> {
                        compaction = new FileCompaction(fixture.operations(), rows.spec, fixture.clock);
                        written = compaction.write();
                    }
                    case 9 -> {
                        if (compaction != null && written != null) {
                            compaction.commit(written);
                            written = null;
                        }
                    }
                    case 10 -> fixture.lake.open(rows.spec).maintain(rows.epoch());
                    default -> fixture.clock.add(RETENTION.dividedBy(random.nextInt(1, 5)));
                }
                LakeSnapshot newest = fixture.snapshot(rows.spec);
                assertThat(scan(newest)).as("seed %d, steps%s", seed, trace).isEqualTo(rows.expected());
                long now = fixture.clock.millis();
                if (random.nextInt(4) == 0) {
                    pinned.add(new Pinned(newest, rows.expected(), now + RETENTION.toMillis()));
                }
                pinned.removeIf(p -> p.untilMs() < now);
                for (Pinned p : pinned) {
                    assertThat(scan(p.snapshot()))
                            .as(
                                    "seed %d, steps%s, pinned %s",
                                    seed, trace, p.snapshot().state())
                            .isEqualTo(p.rows());
                }
            }
            cleanUp(fixture, rows);
            assertThat(rows.scanned()).as("seed %d, steps%s", seed, trace).isEqualTo(rows.expected());
            assertThat(fixture.files("data"))
                    .as("seed %d, steps%s", seed, trace)
                    .isEqualTo(live(fixture.table()));
        }
    }

    private static Map<List<Object>, Integer> scan(LakeSnapshot snapshot) {
        return ReadFixture.counted(ReadFixture.scan(snapshot, KeyedRows.SCHEMA.columns(), null, Optional.empty()));
    }

    private static long[] keys(SplittableRandom random, int from, int to) {
        return LongStream.range(from, to).filter(k -> random.nextInt(3) == 0).toArray();
    }

    /** A round whose process dies after it wrote its files. */
    private static void abandon(ReadFixture fixture, KeyedRows rows) {
        LakeTable table = fixture.lake.open(rows.spec);
        LakeRound round = table.begin(table.state(), rows.nextEpoch());
        round.append(fixture.rows(KeyedRows.SCHEMA, List.of(rows.row(1))));
    }

    /** All that is over goes: the round after the last dead one, the retention, the grace. */
    private static void cleanUp(ReadFixture fixture, KeyedRows rows) {
        rows.upsert(100);
        fixture.lake.open(rows.spec).maintain(rows.epoch());
        fixture.clock.add(RETENTION.plusMinutes(1));
        fixture.lake.open(rows.spec).maintain(rows.epoch());
        fixture.clock.add(ReadFixture.MAINTENANCE.orphanGrace().plusMinutes(1));
        fixture.lake.open(rows.spec).maintain(rows.epoch());
        fixture.lake.open(rows.spec).maintain(rows.epoch());
    }

    private static Set<String> live(Table table) throws Exception {
        Set<String> live = new HashSet<>();
        try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
            for (FileScanTask task : tasks) {
                live.add(name(task.file().location()));
                for (DeleteFile file : task.deletes()) {
                    live.add(name(file.location()));
                }
            }
        }
        return new TreeSet<>(live);
    }

    private static String name(String location) {
        return location.substring(location.lastIndexOf('/') + 1);
    }
}
