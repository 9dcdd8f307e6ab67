package io.weir.codec.aggregate;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** Finds each row's group, and lets every function run over a batch of rows, column by column. */
final class GroupedRows implements AggregateQuery.Accumulation {
    private final AggregateQuery query;
    private final Budget budget;
    private final Groups groups;
    private final List<Accumulator> accumulators;
    private final long bytesPerGroup;
    private int capacity;

    GroupedRows(AggregateQuery query, Budget budget) {
        this.query = query;
        this.budget = budget;
        this.groups = new Groups(query.groupBy(), budget);
        this.accumulators =
                query.functions().stream().map(f -> Accumulator.of(f, budget)).toList();
        this.bytesPerGroup =
                accumulators.stream().mapToLong(Accumulator::bytesPerGroup).sum();
        ensureCapacity();
    }

    @Override
    public void add(VectorSchemaRoot root, int rowCount) {
        Map<Integer, FieldVector> vectors = new HashMap<>();
        for (int i = 0; i < query.columns().size(); i++) {
            vectors.put(query.columns().get(i).id(), root.getVector(i));
        }
        int[] groupOf = groups.of(vectors, rowCount);
        ensureCapacity();
        Map<String, BitSet> passing = new HashMap<>();
        Map<Integer, BitSet> present = new HashMap<>();
        for (int i = 0; i < accumulators.size(); i++) {
            RowFunction function = query.functions().get(i);
            BitSet rows = null;
            if (function.filter() != null) {
                Predicate filter = function.filter();
                rows = passing.computeIfAbsent(filter.toString(), f -> passing(filter, root, rowCount));
            }
            FieldVector vector = null;
            if (function.column() != null) {
                FieldVector values = column(vectors, function.column());
                vector = values;
                BitSet notNull =
                        present.computeIfAbsent(function.column().id(), id -> ColumnValues.present(values, rowCount));
                rows = both(rows, notNull);
            }
            accumulators.get(i).add(vector, rows == null ? all(rowCount) : rows, groupOf);
        }
    }

    private static FieldVector column(Map<Integer, FieldVector> vectors, Column column) {
        return java.util.Objects.requireNonNull(vectors.get(column.id()));
    }

    private BitSet passing(Predicate filter, VectorSchemaRoot root, int rowCount) {
        BitSet rows = filter.matches(query.columns(), root);
        rows.clear(rowCount, Math.max(rowCount, rows.length()));
        return rows;
    }

    private static BitSet both(@Nullable BitSet passing, BitSet present) {
        if (passing == null) {
            return present;
        }
        BitSet both = (BitSet) passing.clone();
        both.and(present);
        return both;
    }

    private static BitSet all(int rowCount) {
        BitSet all = new BitSet(rowCount);
        all.set(0, rowCount);
        return all;
    }

    private void ensureCapacity() {
        if (groups.count() > capacity) {
            int wanted = (int) Math.min(Integer.MAX_VALUE - 64, groups.count() + (groups.count() >> 1) + 1L);
            budget.take((wanted - capacity) * bytesPerGroup);
            accumulators.forEach(accumulator -> accumulator.grow(wanted));
            capacity = wanted;
        }
    }

    @Override
    public EncodedRows result() {
        TableSchema schema = new TableSchema(0, query.resultColumns());
        RowWriter row = new RowWriter(schema);
        RowBatchBuilder rows = new RowBatchBuilder(schema, schema.columns());
        List<Results> results = new ArrayList<>();
        query.aggregates().forEach(aggregate -> results.add(new Results(aggregate, accumulators, budget)));
        for (int group : groups.sorted()) {
            row.begin();
            groups.put(group, row);
            long held = 0;
            for (Results each : results) {
                held += each.put(group, row);
            }
            byte[] bytes = row.end();
            budget.take(bytes.length - held);
            rows.add(bytes);
        }
        return rows.build(0);
    }
}
