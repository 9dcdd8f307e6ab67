package io.weir.codec.merge;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The merge rules of a primary-key table, by column names; from its properties.
 *
 * @param versionColumn of {@link Engine#VERSIONED}, else null
 * @param aggregations of {@link Engine#AGGREGATION}: how a column aggregates; one that is not named takes {@link #DEFAULT}
 * @param delimiters of LISTAGG columns that do not take {@link #DEFAULT_DELIMITER}
 */
public record MergeSpec(
        Engine engine,
        @Nullable String versionColumn,
        Map<String, Aggregation> aggregations,
        Map<String, String> delimiters) {
    public static final Aggregation DEFAULT = Aggregation.LAST_VALUE_IGNORE_NULLS;
    public static final String DEFAULT_DELIMITER = ",";
    public static final MergeSpec LAST_ROW = new MergeSpec(Engine.LAST_ROW, null, Map.of(), Map.of());

    /** Which of two rows with one key stays. */
    public enum Engine {
        /** The later one. */
        LAST_ROW,
        /** The earlier one. */
        FIRST_ROW,
        /** The one with the higher version; the later one among equals. A null version is lower than any. */
        VERSIONED,
        /** Both, column by column. */
        AGGREGATION
    }

    public MergeSpec {
        aggregations = Map.copyOf(aggregations);
        delimiters = Map.copyOf(delimiters);
    }

    /** The kind of bitmap that the column holds, where it holds one. */
    public Optional<BitmapKind> bitmap(String column) {
        Aggregation aggregation = aggregations.get(column);
        if (aggregation == Aggregation.RBM32) {
            return Optional.of(BitmapKind.RBM32);
        }
        return aggregation == Aggregation.RBM64 ? Optional.of(BitmapKind.RBM64) : Optional.empty();
    }
}
