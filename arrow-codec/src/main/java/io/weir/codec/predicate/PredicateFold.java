package io.weir.codec.predicate;

import io.weir.codec.schema.Column;
import java.util.List;

/**
 * Makes something else of a predicate, from its leaves up, for stores that skip by statistics of their own. There is no NOT: it is in
 * the leaves. So what says yes to too many rows at a leaf says yes to too many as a whole, and never to too few.
 */
public interface PredicateFold<T> {
    /** AND. @param operands at least one */
    T all(List<T> operands);

    /** OR. @param operands at least one */
    T any(List<T> operands);

    /**
     * The value is there, and in one of the intervals.
     *
     * @param intervals sorted and apart; none where no value passes
     */
    T within(Column column, List<Interval> intervals);

    /** The value is there, and in none of the intervals. NaN, which is in none, passes. */
    T outside(Column column, List<Interval> intervals);

    T isNull(Column column);

    T notNull(Column column);

    /** True for no row. */
    T never();
}
