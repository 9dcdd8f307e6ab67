package io.weir.codec.merge;

import java.util.Locale;
import java.util.Optional;

/**
 * How the values that a column gets one after the other become one, in a table whose merge engine is {@code aggregation}. A null
 * that is written changes nothing, but where it says otherwise.
 */
public enum Aggregation {
    /** Of numbers, in the column's type; what does not fit it is refused. */
    SUM,
    /** As SUM; of a DECIMAL rounded to its scale, half away from zero. */
    PRODUCT,
    /** Of what has an order; NaN is past all numbers. */
    MAX,
    MIN,
    /** The value of the row that came first, null or not. */
    FIRST_VALUE,
    FIRST_VALUE_IGNORE_NULLS,
    /** The value of the row that came last, null or not. */
    LAST_VALUE,
    LAST_VALUE_IGNORE_NULLS,
    /** All strings in the order they came, with a delimiter between them; at most 1 MiB. */
    LISTAGG,
    BOOL_AND,
    BOOL_OR,
    /** Union of bitmaps of 32-bit numbers, of at most 16 MiB. */
    RBM32,
    /** Union of bitmaps of 64-bit numbers, of at most 16 MiB. */
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
