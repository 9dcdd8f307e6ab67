package io.weir.codec.predicate;

import java.util.List;

/** The predicate as it was written; what its names and literals mean is not known yet. */
sealed interface Expression {
    /** At least two operands. */
    record And(List<Expression> operands) implements Expression {}

    /** At least two operands. */
    record Or(List<Expression> operands) implements Expression {}

    record Not(Expression operand) implements Expression {}

    record Compare(ColumnName column, Comparison comparison, Literal literal) implements Expression {}

    record In(ColumnName column, List<Literal> literals) implements Expression {}

    record IsNull(ColumnName column) implements Expression {}

    record Like(ColumnName column, Literal pattern) implements Expression {}

    /** A BOOLEAN column alone. */
    record Holds(ColumnName column) implements Expression {}

    /** @param position in the text, from 1 */
    record ColumnName(String name, int position) {}
}
