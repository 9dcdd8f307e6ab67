package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.lake.LakeSnapshot;
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
    private static final int SEEDS = 2;
    private static final int STEPS = 30;
    private static final Duration RETENTION = ReadFixture.MAINTENANCE.snapshotRetention();

    @TempDir
    Path directory;

    private record Pinned(LakeSnapshot snapshot, Map<List<Object>, Integer> rows) {}

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
                int choice = random.nextInt(11);
                trace.append(' ').append(choice);
                switch (choice) {
                    case 0, 1, 2, 3 -> rows.round(keys(random, 0, 6), keys(random, 6, 9));
                    case 4 -> rows.delete(keys(random, 0, 9));
                    case 5 -> rows.upsert(keys(random, 0, 9));
                    case 6 -> fixture.leaveFile(rows.nextEpoch()); // a round that dies
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
                    default -> {
                        boolean expires = random.nextBoolean();
                        maintain(fixture, rows, expires ? RETENTION.plusMinutes(1) : RETENTION.minusMinutes(30));
                        long current = fixture.snapshot(rows.spec).state().snapshotId();
                        pinned.removeIf(p -> expires && p.snapshot().state().snapshotId() != current);
                    }
                }
                LakeSnapshot newest = fixture.snapshot(rows.spec);
                assertThat(scan(newest)).as("seed %d, steps%s", seed, trace).isEqualTo(rows.expected());
                if (random.nextInt(4) == 0) {
                    pinned.add(new Pinned(newest, rows.expected()));
                }
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

    /** So long after everything that happened yet: snapshots have the machine's time. */
    private static void maintain(ReadFixture fixture, KeyedRows rows, Duration later) {
        fixture.clock.set(later);
        fixture.lake.open(rows.spec).maintain(rows.epoch());
        fixture.clock.set(Duration.ZERO);
    }

    private static Map<List<Object>, Integer> scan(LakeSnapshot snapshot) {
        return ReadFixture.counted(ReadFixture.scan(snapshot, KeyedRows.SCHEMA.columns(), null, Optional.empty()));
    }

    private static long[] keys(SplittableRandom random, int from, int to) {
        return LongStream.range(from, to).filter(k -> random.nextInt(3) == 0).toArray();
    }

    /** All that is over goes: the round after the last dead one, the retention, the grace. */
    private static void cleanUp(ReadFixture fixture, KeyedRows rows) {
        rows.upsert(100);
        maintain(fixture, rows, RETENTION.plusMinutes(1));
        maintain(fixture, rows, ReadFixture.MAINTENANCE.orphanGrace().plusMinutes(1));
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
