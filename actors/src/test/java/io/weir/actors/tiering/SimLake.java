package io.weir.actors.tiering;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.Lake;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeRows;
import io.weir.lake.LakeSnapshot;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import io.weir.lake.MaintenanceReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * A lake in memory that keeps to the contract, and fails in all ways that the contract allows: calls that are refused, claims and commits
 * of which the caller does not hear, and commits that come later than it hears.
 */
final class SimLake implements Lake {
    private final RandomGenerator random;
    private final Map<Long, Stored> tables = new HashMap<>();
    private final List<Runnable> later = new ArrayList<>();

    /** 0 to 1: how often something goes wrong. */
    double faults;

    /** For trying the tests' teeth: a lake that does not compare before it sets. */
    boolean withoutCheck = Boolean.getBoolean("weir.sim.lake-without-check");

    int commits;
    int refused;
    int unknownApplied;
    int unknownLost;
    int unknownLater;
    int laterApplied;
    int laterRefused;
    int claims;
    int orphansRemoved;

    SimLake(RandomGenerator random) {
        this.random = random;
    }

    /** What is in the lake of a table. */
    static final class Stored {
        long epoch;
        Map<String, Long> offsets = new HashMap<>();
        long snapshots;

        /** Offsets of the buckets that are gone too. */
        final Map<String, Long> reached = new HashMap<>();

        /** Of a log table, by what makes rows unique. */
        final Map<Long, SimRow> log = new HashMap<>();

        /** Of a primary-key table, all rows a key: more than one is an error. */
        final Map<SimRow.Key, List<SimRow>> rows = new HashMap<>();

        /** Names of files that exist, with the epoch of the round that wrote them. */
        final Map<String, Long> files = new HashMap<>();

        final Set<String> live = new HashSet<>();
        final List<String> problems = new ArrayList<>();

        LakeState state() {
            return new LakeState(
                    epoch, offsets, snapshots == 0 ? -1 : snapshots, live.size(), log.size() + rows.size());
        }
    }

    Stored stored(long tableId) {
        return tables.computeIfAbsent(tableId, id -> new Stored());
    }

    /** Commits that nobody waits for any more arrive, or find that they are too late. */
    void settle() {
        List<Runnable> due = List.copyOf(later);
        later.clear();
        due.forEach(Runnable::run);
    }

    private boolean fails(double share) {
        return faults > 0 && random.nextDouble() < faults * share;
    }

    private void mayFail(String what) {
        if (fails(0.03)) {
            throw new WeirException(ErrorCode.LAKE_UNAVAILABLE, "simulated: " + what);
        }
    }

    @Override
    public LakeTable open(LakeTableSpec spec) {
        mayFail("open");
        return new Table(spec, stored(spec.tableId()));
    }

    @Override
    public Optional<LakeSnapshot> snapshot(LakeTableSpec spec) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void check(TableSchema schema) {}

    @Override
    public String describe() {
        return "simulated";
    }

    @Override
    public void close() {}

    private final class Table implements LakeTable {
        private final LakeTableSpec spec;
        private final Stored stored;

        private Table(LakeTableSpec spec, Stored stored) {
            this.spec = spec;
            this.stored = stored;
        }

        @Override
        public LakeState state() {
            mayFail("state");
            return stored.state();
        }

        @Override
        public LakeState claim(long epoch) {
            mayFail("claim");
            if (epoch <= stored.epoch) {
                throw new WeirException(
                        ErrorCode.LAKE_CONFLICT, "the lake has epoch %d, not below %d".formatted(stored.epoch, epoch));
            }
            stored.epoch = epoch;
            stored.snapshots++;
            claims++;
            mayFail("the claim is in, but nobody says so");
            return stored.state();
        }

        @Override
        public LakeRound begin(LakeState base, long epoch) {
            mayFail("begin");
            return new Round(spec, stored, base, epoch);
        }

        @Override
        public MaintenanceReport maintain(long committedEpoch) {
            mayFail("maintain");
            List<String> orphans = stored.files.entrySet().stream()
                    .filter(file -> file.getValue() < committedEpoch && !stored.live.contains(file.getKey()))
                    .map(Map.Entry::getKey)
                    .toList();
            orphans.forEach(stored.files::remove);
            orphansRemoved += orphans.size();
            return new MaintenanceReport(0, 0, 0, orphans.size());
        }
    }

    private final class Round implements LakeRound {
        private final LakeTableSpec spec;
        private final Stored stored;
        private final LakeState base;
        private final long epoch;
        private final String file;
        private final List<SimRow> appended = new ArrayList<>();
        private final Set<SimRow.Key> appendedKeys = new HashSet<>();
        private final Set<SimRow.Key> deleted = new HashSet<>();
        private boolean ended;

        private Round(LakeTableSpec spec, Stored stored, LakeState base, long epoch) {
            this.spec = spec;
            this.stored = stored;
            this.base = base;
            this.epoch = epoch;
            this.file = "file-" + epoch + "-" + random.nextInt(Integer.MAX_VALUE);
            stored.files.put(file, epoch);
        }

        @Override
        public void append(LakeRows rows) {
            mayFail("append");
            for (SimRow row : SimRow.decode(rows)) {
                if (spec.hasPrimaryKey() && !appendedKeys.add(row.key())) {
                    stored.problems.add("appended twice in a round: " + row);
                }
                appended.add(row);
            }
        }

        @Override
        public void delete(LakeRows rows) {
            mayFail("delete");
            for (SimRow row : SimRow.decode(rows)) {
                if (!deleted.add(row.key())) {
                    stored.problems.add("deleted twice in a round: " + row);
                }
            }
        }

        @Override
        public long rows() {
            return appended.size();
        }

        @Override
        public long bytes() {
            return 40L * appended.size();
        }

        @Override
        public Outcome commit(Map<String, Long> offsets) {
            ended = true;
            Map<String, Long> moved = Map.copyOf(offsets);
            if (fails(0.4)) {
                switch (random.nextInt(4)) {
                    case 0 -> {
                        unknownLost++;
                        return new Unknown("simulated, not applied");
                    }
                    case 1 -> {
                        if (apply(moved) == null) {
                            unknownApplied++;
                        }
                        return new Unknown("simulated, perhaps applied");
                    }
                    case 2 -> {
                        unknownLater++;
                        later.add(() -> {
                            if (apply(moved) == null) {
                                laterApplied++;
                            } else {
                                laterRefused++;
                            }
                        });
                        return new Unknown("simulated, applied later");
                    }
                    default -> throw new WeirException(ErrorCode.LAKE_UNAVAILABLE, "simulated: commit");
                }
            }
            String why = apply(moved);
            if (why == null) {
                commits++;
                return new Committed(stored.state());
            }
            refused++;
            stored.files.remove(file);
            return new Refused(why);
        }

        /** @return why not, or null */
        private @org.jspecify.annotations.Nullable String apply(Map<String, Long> moved) {
            if (!withoutCheck && (stored.epoch != base.epoch() || !stored.offsets.equals(base.offsets()))) {
                return "the lake is at epoch %d, the round was planned at %d".formatted(stored.epoch, base.epoch());
            }
            if (epoch < stored.epoch) {
                stored.problems.add(
                        "a fenced round of epoch %d is in the lake of epoch %d".formatted(epoch, stored.epoch));
            }
            if (!stored.files.containsKey(file)) {
                stored.problems.add("committed a file that maintenance has removed: " + file);
            }
            stored.live.add(file);
            if (spec.hasPrimaryKey()) {
                deleted.forEach(stored.rows::remove);
                appended.forEach(row -> stored.rows
                        .computeIfAbsent(row.key(), key -> new ArrayList<>())
                        .add(row));
            } else {
                for (SimRow row : appended) {
                    if (stored.log.put(row.k(), row) != null) {
                        stored.problems.add("twice in the lake: " + row);
                    }
                }
            }
            stored.offsets = new HashMap<>(stored.offsets);
            stored.offsets.putAll(moved);
            stored.offsets.values().removeIf(offset -> offset == GONE);
            moved.forEach((bucket, offset) -> stored.reached.merge(bucket, offset, Math::max));
            stored.epoch = epoch;
            stored.snapshots++;
            return null;
        }

        @Override
        public void close() {
            if (!ended) {
                stored.files.remove(file);
            }
        }
    }
}
