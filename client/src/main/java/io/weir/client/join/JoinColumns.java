package io.weir.client.join;

import io.weir.client.TableDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which column of which side an output column is: as said outright, or else by name. An output column named prefix + column is that
 * column of the prefix's side; a column that both sides could be meant by is the join key's, or must be said outright.
 *
 * @param named output column -> where it comes from
 */
record JoinColumns(String leftPrefix, String rightPrefix, Map<String, Named> named) {
    static final JoinColumns BY_NAME = new JoinColumns("", "", Map.of());

    record Named(JoinSide side, String column) {}

    JoinColumns {
        named = Map.copyOf(named);
    }

    /**
     * @param pairs the join key: for each left column, the right one
     * @param problems is added to where the answer is empty
     */
    Optional<Named> of(
            String output,
            TableDescription left,
            TableDescription right,
            List<JoinPlan.Pair> pairs,
            List<String> problems) {
        Named outright = named.get(output);
        if (outright != null) {
            TableDescription table = outright.side() == JoinSide.LEFT ? left : right;
            if (table.schema().column(outright.column()).isEmpty()) {
                problems.add("output column '%s' is said to be '%s' of %s, which has no such column"
                        .formatted(output, outright.column(), table.fullName()));
                return Optional.empty();
            }
            return Optional.of(outright);
        }
        List<Named> candidates = new ArrayList<>();
        candidate(output, JoinSide.LEFT, leftPrefix, left).ifPresent(candidates::add);
        candidate(output, JoinSide.RIGHT, rightPrefix, right).ifPresent(candidates::add);
        if (candidates.size() == 2 && !isPair(candidates.get(0), candidates.get(1), pairs)) {
            problems.add("output column '%s' may be '%s' of %s or '%s' of %s; say which, or use prefixes"
                    .formatted(
                            output,
                            candidates.get(0).column(),
                            left.fullName(),
                            candidates.get(1).column(),
                            right.fullName()));
            return Optional.empty();
        }
        if (candidates.isEmpty()) {
            problems.add("output column '%s' is no column of %s ('%s' before its name) or %s ('%s' before its name)"
                    .formatted(output, left.fullName(), leftPrefix, right.fullName(), rightPrefix));
            return Optional.empty();
        }
        return Optional.of(candidates.get(0));
    }

    private static Optional<Named> candidate(String output, JoinSide side, String prefix, TableDescription table) {
        @Nullable String name = output.startsWith(prefix) ? output.substring(prefix.length()) : null;
        return name != null && table.schema().column(name).isPresent()
                ? Optional.of(new Named(side, name))
                : Optional.empty();
    }

    private static boolean isPair(Named left, Named right, List<JoinPlan.Pair> pairs) {
        return pairs.stream()
                .anyMatch(p -> p.left().equals(left.column()) && p.right().equals(right.column()));
    }
}
