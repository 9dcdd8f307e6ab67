package io.weir.client.join;

import io.weir.client.TableDescription;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Three tables that were checked to fit a delta join, and which output column comes from where.
 *
 * @param key the join key, in the order of the left bucket key
 * @param leftColumns read of the left table: the join key first
 * @param rightColumns likewise
 * @param output the output table's columns, all of them
 * @param outputPrimaryKey names
 * @param sources for each output column
 */
record JoinPlan(
        JoinKind kind,
        List<Pair> key,
        List<Column> leftColumns,
        List<Column> rightColumns,
        TableSchema output,
        List<String> outputPrimaryKey,
        List<Source> sources) {
    /** The two columns and the output column of one part of the join key. */
    record Pair(String left, String right, String output) {}

    /**
     * @param column position in {@link #leftColumns} or {@link #rightColumns}
     * @param zero whether an unmatched row has the zero value here and not null, because it is part of the output's key
     */
    record Source(JoinSide side, int column, boolean zero) {}

    /** @throws WeirException INVALID_REQUEST that says everything that does not fit */
    static JoinPlan of(
            JoinKind kind,
            TableDescription left,
            TableDescription right,
            TableDescription output,
            JoinColumns columns) {
        return new Checking(kind, left, right, output, columns).plan();
    }

    List<Column> leftKey() {
        return leftColumns.subList(0, key.size());
    }

    List<Column> rightKey() {
        return rightColumns.subList(0, key.size());
    }

    List<Column> outputKey() {
        return key.stream()
                .map(pair -> output.column(pair.output()).orElseThrow())
                .toList();
    }

    /** Where the output's primary key lies among its columns, in the order of the key. */
    List<Integer> outputKeyPositions() {
        return outputPrimaryKey.stream()
                .map(name -> output.columns().indexOf(output.column(name).orElseThrow()))
                .toList();
    }

    static List<String> names(List<Column> columns) {
        return columns.stream().map(Column::name).toList();
    }

    private static final class Checking {
        private final JoinKind kind;
        private final TableDescription left;
        private final TableDescription right;
        private final TableDescription output;
        private final JoinColumns columns;
        private final List<String> problems = new ArrayList<>();

        Checking(
                JoinKind kind,
                TableDescription left,
                TableDescription right,
                TableDescription output,
                JoinColumns columns) {
            this.kind = kind;
            this.left = left;
            this.right = right;
            this.output = output;
            this.columns = columns;
        }

        JoinPlan plan() {
            checkTable(left);
            checkTable(right);
            checkTable(output);
            checkOutput();
            throwIfAny();
            List<Pair> pairs = pairs();
            throwIfAny();
            List<JoinColumns.Named> named = new ArrayList<>();
            for (Column column : output.columns()) {
                columns.of(column.name(), left, right, pairs, problems).ifPresent(named::add);
            }
            columns.named().keySet().stream()
                    .filter(name -> output.schema().column(name).isEmpty())
                    .forEach(name -> problems.add("%s has no column '%s'".formatted(output.fullName(), name)));
            throwIfAny();
            List<Pair> key = withOutput(pairs, named);
            checkColumns(named);
            checkPrimaryKey(pairs, named);
            throwIfAny();
            return build(key, named);
        }

        private void checkTable(TableDescription table) {
            if (table.primaryKey().isEmpty()) {
                problems.add(table.fullName() + " has no primary key");
            }
            if (!table.partitionBy().isEmpty()) {
                problems.add(
                        table.fullName() + " is partitioned; rows of one join key would lie in several partitions");
            }
            if (!table.primaryKey().containsAll(table.bucketKey())) {
                problems.add(table.fullName() + " has a bucket key that is not part of its primary key");
            }
        }

        private void checkOutput() {
            if (Set.of(left.tableId(), right.tableId()).contains(output.tableId())) {
                problems.add(output.fullName() + " is the output and one of the two sides");
            }
            String engine = output.properties().getOrDefault("merge-engine", "last-row");
            if (!engine.equals("last-row")) {
                problems.add("%s has merge-engine=%s; the output must keep the last row"
                        .formatted(output.fullName(), engine));
            }
            String increment = output.properties().get("auto-increment.column");
            if (increment != null) {
                problems.add("%s numbers '%s' by itself; the output must hold joined columns alone"
                        .formatted(output.fullName(), increment));
            }
        }

        /** By name where the two bucket keys have the same names, else by position. */
        private List<Pair> pairs() {
            List<String> leftKey = left.bucketKey();
            List<String> rightKey = right.bucketKey();
            if (leftKey.size() != rightKey.size()) {
                problems.add("the bucket keys are the join key, but %s has %s and %s has %s"
                        .formatted(left.fullName(), leftKey, right.fullName(), rightKey));
                return List.of();
            }
            boolean byName = new HashSet<>(leftKey).equals(new HashSet<>(rightKey));
            List<Pair> pairs = new ArrayList<>();
            for (int i = 0; i < leftKey.size(); i++) {
                Pair pair = new Pair(leftKey.get(i), byName ? leftKey.get(i) : rightKey.get(i), "");
                Column leftColumn = left.column(pair.left());
                Column rightColumn = right.column(pair.right());
                if (!leftColumn.type().equals(rightColumn.type())) {
                    problems.add("'%s' of %s is %s and '%s' of %s is %s; a join key has one type"
                            .formatted(
                                    pair.left(),
                                    left.fullName(),
                                    leftColumn.type(),
                                    pair.right(),
                                    right.fullName(),
                                    rightColumn.type()));
                }
                pairs.add(pair);
            }
            return pairs;
        }

        /** The output column of each part; the output's bucket key must be the join key, so that its rows are found by it. */
        private List<Pair> withOutput(List<Pair> pairs, List<JoinColumns.Named> named) {
            List<Pair> key = new ArrayList<>();
            Set<String> taken = new HashSet<>();
            for (Pair pair : pairs) {
                for (String name : output.bucketKey()) {
                    JoinColumns.Named source =
                            named.get(output.schema().columns().indexOf(output.column(name)));
                    boolean fits = source.side() == JoinSide.LEFT
                            ? source.column().equals(pair.left())
                            : kind == JoinKind.INNER && source.column().equals(pair.right());
                    if (fits && taken.add(name)) {
                        key.add(new Pair(pair.left(), pair.right(), name));
                        break;
                    }
                }
            }
            if (key.size() != pairs.size() || key.size() != output.bucketKey().size()) {
                problems.add("the bucket key of %s is %s, which must be the join key %s%s"
                        .formatted(
                                output.fullName(),
                                output.bucketKey(),
                                pairs.stream().map(Pair::left).toList(),
                                kind == JoinKind.LEFT ? " of the left table" : ""));
            }
            return key;
        }

        private Column source(JoinColumns.Named named) {
            return (named.side() == JoinSide.LEFT ? left : right).column(named.column());
        }

        private void checkColumns(List<JoinColumns.Named> named) {
            for (int i = 0; i < named.size(); i++) {
                Column column = output.columns().get(i);
                Column source = source(named.get(i));
                if (!column.type().equals(source.type())) {
                    problems.add("output column '%s' is %s, and '%s' of the %s table is %s"
                            .formatted(
                                    column.name(),
                                    column.type(),
                                    source.name(),
                                    named.get(i).side().text(),
                                    source.type()));
                }
                boolean key = output.primaryKey().contains(column.name());
                boolean unmatched = kind == JoinKind.LEFT && named.get(i).side() == JoinSide.RIGHT && !key;
                if (!column.nullable() && (source.nullable() || unmatched)) {
                    problems.add("output column '%s' is NOT NULL, but %s"
                            .formatted(
                                    column.name(),
                                    unmatched
                                            ? "is null where a left row has no right row"
                                            : "'" + source.name() + "' of the "
                                                    + named.get(i).side().text() + " table may be null"));
                }
                if (key && source.nullable()) {
                    problems.add("output column '%s' is part of the primary key, but '%s' of the %s table may be null"
                            .formatted(
                                    column.name(),
                                    source.name(),
                                    named.get(i).side().text()));
                }
            }
        }

        /** Two joined rows must not have one output key. */
        private void checkPrimaryKey(List<Pair> pairs, List<JoinColumns.Named> named) {
            Set<JoinColumns.Named> held = new HashSet<>();
            for (int i = 0; i < named.size(); i++) {
                if (output.primaryKey().contains(output.columns().get(i).name())) {
                    held.add(named.get(i));
                }
            }
            for (Pair pair : pairs) {
                if (held.contains(new JoinColumns.Named(JoinSide.LEFT, pair.left()))) {
                    held.add(new JoinColumns.Named(JoinSide.RIGHT, pair.right()));
                } else if (held.contains(new JoinColumns.Named(JoinSide.RIGHT, pair.right()))) {
                    held.add(new JoinColumns.Named(JoinSide.LEFT, pair.left()));
                }
            }
            checkHeld(held, JoinSide.LEFT, left);
            checkHeld(held, JoinSide.RIGHT, right);
        }

        private void checkHeld(Set<JoinColumns.Named> held, JoinSide side, TableDescription table) {
            for (String column : table.primaryKey()) {
                if (!held.contains(new JoinColumns.Named(side, column))) {
                    problems.add("'%s' is in the primary key of %s and must be in that of %s"
                            .formatted(column, table.fullName(), output.fullName()));
                }
            }
        }

        private JoinPlan build(List<Pair> key, List<JoinColumns.Named> named) {
            Set<String> leftNames =
                    new LinkedHashSet<>(key.stream().map(Pair::left).toList());
            Set<String> rightNames =
                    new LinkedHashSet<>(key.stream().map(Pair::right).toList());
            named.forEach(n -> (n.side() == JoinSide.LEFT ? leftNames : rightNames).add(n.column()));
            List<Column> leftColumns = left.columns(List.copyOf(leftNames));
            List<Column> rightColumns = right.columns(List.copyOf(rightNames));
            List<Source> sources = new ArrayList<>();
            for (int i = 0; i < named.size(); i++) {
                JoinColumns.Named from = named.get(i);
                List<Column> read = from.side() == JoinSide.LEFT ? leftColumns : rightColumns;
                boolean inKey =
                        output.primaryKey().contains(output.columns().get(i).name());
                sources.add(
                        new Source(from.side(), read.indexOf(source(from)), from.side() == JoinSide.RIGHT && inKey));
            }
            return new JoinPlan(
                    kind, key, leftColumns, rightColumns, output.schema(), output.primaryKey(), List.copyOf(sources));
        }

        private void throwIfAny() {
            if (!problems.isEmpty()) {
                throw new WeirException(
                        ErrorCode.INVALID_REQUEST,
                        "the tables do not fit a delta join: " + String.join("; ", problems));
            }
        }
    }
}
