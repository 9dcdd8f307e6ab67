package io.weir.codec.merge;

import java.util.Locale;
import java.util.Optional;

/** How the values that a column gets one after the other become one, in a table whose merge engine is {@code aggregation}. */
public enum Aggregation {
    SUM,
    PRODUCT,
    MAX,
    MIN,
    FIRST_VALUE,
    FIRST_VALUE_IGNORE_NULLS,
    LAST_VALUE,
    LAST_VALUE_IGNORE_NULLS,
    LISTAGG,
    BOOL_AND,
    BOOL_OR,
    RBM32,
    RBM64;

    /** As the property {@code fields.<column>.agg} names it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Aggregation> of(String text) {
        for (Aggregation aggregation : values()) {
            if (aggregation.text().equals(text)) {
                return Optional.of(aggregation);
            }
        }
        return Optional.empty();
    }
}
