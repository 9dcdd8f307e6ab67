package io.weir.actors.bucket;

import io.weir.codec.batch.ChangeType;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.merge.Aggregation;
import io.weir.codec.merge.MergeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a primary-key table should do, said again in the plainest way: boxed values, one map of rows. */
final class KeyedModel {
    private final MergeSpec.Engine engine;
    private final Map<Integer, Aggregation> aggregations;
    private final boolean before;
    private final boolean generates;

    /** Columns of the current schema version. */
    TreeSet<Integer> columns = new TreeSet<>();

    TreeMap<Long, Map<Integer, Object>> rows = new TreeMap<>();
    long nextNumber = 1;

    /** One row of the changelog. */
    record Logged(ChangeType type, Map<Integer, Object> row) {}

    /** One row that is written; {@code present} of a patch, else null. */
    record Written(
            ChangeKind kind,
            Map<Integer, Object> row,
            @Nullable TreeSet<Integer> present) {}

    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    KeyedModel(MergeSpec.Engine engine, Map<Integer, Aggregation> aggregations, boolean before, boolean generates) {
        this.engine = engine;
        this.aggregations = aggregations;
        this.before = before;
        this.generates = generates;
    }

    /** Applies a whole request or, where it is refused, nothing of it but the numbers that it took. */
    List<Logged> apply(List<Written> request) throws RefusedException {
        TreeMap<Long, Map<Integer, Object>> former = new TreeMap<>(rows);
        List<Logged> logged = new ArrayList<>();
        try {
            for (Written written : request) {
                apply(written, logged);
            }
            return logged;
        } catch (RefusedException e) {
            rows = former;
            throw e;
        }
    }

    List<Logged> insertMissing(List<Map<Integer, Object>> wanted) throws RefusedException {
        TreeMap<Long, Map<Integer, Object>> former = new TreeMap<>(rows);
        List<Logged> logged = new ArrayList<>();
        for (Map<Integer, Object> row : wanted) {
            if (!rows.containsKey(key(row))) {
                if (!row.containsKey(ModelRows.SMALL)) {
                    rows = former;
                    throw new RefusedException();
                }
                apply(new Written(ChangeKind.UPSERT, row, null), logged);
            }
        }
        return logged;
    }

    private static Long key(Map<Integer, Object> row) {
        return (Long) Objects.requireNonNull(row.get(ModelRows.KEY));
    }

    private void apply(Written written, List<Logged> logged) throws RefusedException {
        Long key = key(written.row());
        Map<Integer, Object> old = rows.get(key);
        if (written.kind() == ChangeKind.DELETE) {
            if (old != null) {
                rows.remove(key);
                logged.add(new Logged(ChangeType.DELETE, old));
            }
            return;
        }
        Map<Integer, Object> row = old == null ? inserted(written) : merged(old, written);
        if (row.equals(old)) {
            return;
        }
        rows.put(key, row);
        if (old == null) {
            logged.add(new Logged(ChangeType.INSERT, row));
            return;
        }
        if (before) {
            logged.add(new Logged(ChangeType.UPDATE_BEFORE, old));
        }
        logged.add(new Logged(ChangeType.UPDATE_AFTER, row));
    }

    private Map<Integer, Object> inserted(Written written) throws RefusedException {
        Map<Integer, Object> row = new TreeMap<>(written.row());
        row.keySet().retainAll(columns);
        if (generates) {
            row.put(ModelRows.GENERATED, nextNumber++);
        }
        if (!row.containsKey(ModelRows.SMALL)) {
            throw new RefusedException();
        }
        return row;
    }

    private Map<Integer, Object> merged(Map<Integer, Object> old, Written written) throws RefusedException {
        TreeSet<Integer> sets = new TreeSet<>(written.present() == null ? columns : written.present());
        sets.retainAll(columns);
        sets.remove(ModelRows.KEY);
        if (generates) {
            sets.remove(ModelRows.GENERATED);
        }
        if (engine == MergeSpec.Engine.FIRST_ROW || (engine == MergeSpec.Engine.VERSIONED && isOlder(old, written))) {
            return old;
        }
        Map<Integer, Object> row = new TreeMap<>(old);
        for (Integer column : sets) {
            Object value = engine == MergeSpec.Engine.AGGREGATION
                    ? aggregated(column, old.get(column), written.row().get(column))
                    : written.row().get(column);
            if (value == null) {
                row.remove(column);
            } else {
                row.put(column, value);
            }
        }
        return row;
    }

    private static boolean isOlder(Map<Integer, Object> old, Written written) {
        Long was = (Long) old.get(ModelRows.NUMBER);
        Long is = (Long) written.row().get(ModelRows.NUMBER);
        boolean says = written.present() == null || written.present().contains(ModelRows.NUMBER);
        return says && was != null && (is == null || is < was);
    }

    private @Nullable Object aggregated(int column, @Nullable Object old, @Nullable Object value)
            throws RefusedException {
        Aggregation how = aggregations.getOrDefault(column, MergeSpec.DEFAULT);
        if (how == Aggregation.FIRST_VALUE) {
            return old;
        } else if (how == Aggregation.LAST_VALUE) {
            return value;
        } else if (old == null || value == null) {
            return old == null ? value : old;
        }
        return switch (how) {
            case SUM -> sum(column, (Long) old + (Long) value);
            case MAX -> compare(old, value) >= 0 ? old : value;
            case MIN -> compare(old, value) <= 0 ? old : value;
            case FIRST_VALUE_IGNORE_NULLS -> old;
            case LAST_VALUE_IGNORE_NULLS -> value;
            case LISTAGG -> old + "," + value;
            case RBM32 -> union((TreeSet<?>) old, (TreeSet<?>) value);
            default -> throw new IllegalStateException(how.text());
        };
    }

    private static Long sum(int column, long sum) throws RefusedException {
        if (column == ModelRows.SMALL && (sum < Byte.MIN_VALUE || sum > Byte.MAX_VALUE)) {
            throw new RefusedException();
        }
        return sum;
    }

    private static int compare(Object a, Object b) {
        return a instanceof String text ? text.compareTo((String) b) : Long.compare((Long) a, (Long) b);
    }

    private static TreeSet<Object> union(TreeSet<?> a, TreeSet<?> b) {
        TreeSet<Object> all = new TreeSet<>();
        all.addAll(a);
        all.addAll(b);
        return all;
    }

    /** The next schema version: columns that are gone leave the rows. */
    void columns(TreeSet<Integer> now) {
        columns = now;
        rows.replaceAll((key, row) -> {
            Map<Integer, Object> kept = new TreeMap<>(row);
            kept.keySet().retainAll(now);
            return kept;
        });
    }

    KeyedModel copy() {
        KeyedModel copy = new KeyedModel(engine, aggregations, before, generates);
        copy.columns = columns;
        copy.rows = new TreeMap<>(rows);
        copy.nextNumber = nextNumber;
        return copy;
    }
}
