package io.weir.codec.predicate;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.predicate.Expression.ColumnName;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** Finds what the names mean, converts the literals, and pushes NOT down to the leaves. */
final class Binder {
    private final TableSchema schema;

    Binder(TableSchema schema) {
        this.schema = schema;
    }

    Condition bind(Expression expression, boolean negated) {
        if (expression instanceof Expression.Not not) {
            return bind(not.operand(), !negated);
        }
        if (expression instanceof Expression.And and) {
            return join(and.operands(), negated, negated);
        }
        if (expression instanceof Expression.Or or) {
            return join(or.operands(), !negated, negated);
        }
        return leaf(expression, negated);
    }

    private Condition join(List<Expression> operands, boolean any, boolean negated) {
        List<Condition> bound = operands.stream().map(o -> bind(o, negated)).toList();
        return any ? new Condition.Any(bound) : new Condition.All(bound);
    }

    private Condition leaf(Expression expression, boolean negated) {
        if (expression instanceof Expression.IsNull test) {
            Column column = column(test.column());
            return negated ? new Condition.Present(column) : new Condition.Absent(column);
        }
        if (expression instanceof Expression.Compare test) {
            return compare(column(test.column()), test.comparison(), List.of(test.literal()), negated);
        }
        if (expression instanceof Expression.In test) {
            return compare(column(test.column()), Comparison.EQUAL, test.literals(), negated);
        }
        if (expression instanceof Expression.Like test) {
            return like(column(test.column()), test.pattern(), negated);
        }
        ColumnName name = ((Expression.Holds) expression).column();
        Column column = column(name);
        if (column.type() != DataType.Simple.BOOLEAN) {
            throw Lexer.error(
                    name.position(),
                    "a column may stand alone only where it is BOOLEAN, and " + column.name() + " is " + column.type()
                            + "; expected a comparison, IN, IS, BETWEEN or LIKE after it");
        }
        return compare(
                column, Comparison.EQUAL, List.of(new Literal(Literal.Kind.TRUE, "TRUE", name.position())), negated);
    }

    private Condition compare(Column column, Comparison comparison, List<Literal> literals, boolean negated) {
        List<Literal> values = literals.stream().filter(l -> !l.isNull()).toList();
        // One NULL in a list makes "not in it" unknown for ever, and "in it" true only for the others.
        if (values.isEmpty() || (negated && values.size() < literals.size())) {
            values.forEach(v -> set(column, comparison, List.of(v)));
            return new Condition.Never(column);
        }
        return new Condition.Within(column, set(column, comparison, values), negated);
    }

    private ValueSet set(Column column, Comparison comparison, List<Literal> literals) {
        DataType type = column.type();
        if (comparison != Comparison.EQUAL && !hasOrder(type)) {
            throw Lexer.error(
                    literals.get(0).position(),
                    "column " + column.name() + " is " + type + ", which takes =, !=, IN and IS NULL alone");
        }
        Stream<Literal> values = literals.stream();
        if (type instanceof DataType.Simple simple) {
            return switch (simple) {
                case BOOLEAN ->
                    LongSet.of(
                            comparison, values.map(l -> Literals.truth(l, type)).toList());
                case TINYINT, SMALLINT, INT, BIGINT ->
                    LongSet.of(
                            comparison,
                            values.map(l -> Literals.number(l, type)).toList());
                case FLOAT, DOUBLE ->
                    DoubleSet.of(
                            comparison, values.map(l -> Literals.place(l, type)).toList());
                case STRING ->
                    BytesSet.of(
                            comparison, values.map(l -> Literals.text(l, type)).toList());
                case BYTES ->
                    BytesSet.of(
                            comparison, values.map(l -> Literals.bytes(l, type)).toList());
                case DATE ->
                    LongSet.of(
                            comparison, values.map(l -> Literals.date(l, type)).toList());
            };
        }
        if (type instanceof DataType.Decimal decimal) {
            return DecimalSet.of(
                    comparison, values.map(l -> Literals.number(l, type)).toList(), decimal.scale());
        }
        if (type instanceof DataType.Char) {
            return BytesSet.of(
                    comparison, values.map(l -> Literals.text(l, type)).toList());
        }
        if (type instanceof DataType.Binary) {
            return BytesSet.of(
                    comparison, values.map(l -> Literals.bytes(l, type)).toList());
        }
        if (type instanceof DataType.Time time) {
            return LongSet.of(
                    comparison, values.map(l -> Literals.time(l, time)).toList());
        }
        if (type instanceof DataType.Timestamp timestamp) {
            return LongSet.of(
                    comparison,
                    values.map(l -> Literals.timestamp(l, timestamp)).toList());
        }
        if (type instanceof DataType.TimestampLtz instant) {
            return LongSet.of(
                    comparison, values.map(l -> Literals.instant(l, instant)).toList());
        }
        throw Lexer.error(
                literals.get(0).position(), "column " + column.name() + " is " + type + ", which takes IS NULL alone");
    }

    private static boolean hasOrder(DataType type) {
        return type != DataType.Simple.BOOLEAN
                && type != DataType.Simple.BYTES
                && !(type instanceof DataType.Binary)
                && !isNested(type);
    }

    private static boolean isNested(DataType type) {
        return type instanceof DataType.Array
                || type instanceof DataType.Vector
                || type instanceof DataType.Map
                || type instanceof DataType.Row;
    }

    private static Condition like(Column column, Literal pattern, boolean negated) {
        if (column.type() != DataType.Simple.STRING && !(column.type() instanceof DataType.Char)) {
            throw Lexer.error(
                    pattern.position(),
                    "column " + column.name() + " is " + column.type() + "; LIKE takes STRING and CHAR alone");
        }
        if (pattern.isNull()) {
            return new Condition.Never(column);
        }
        if (pattern.kind() != Literal.Kind.STRING) {
            throw Literals.misfit(pattern, column.type(), "a pattern in single quotes");
        }
        StringBuilder fixed = new StringBuilder();
        boolean open = fixedPart(pattern, fixed);
        byte[] bytes = fixed.toString().getBytes(StandardCharsets.UTF_8);
        ValueSet values = open ? BytesSet.startingWith(bytes) : BytesSet.of(Comparison.EQUAL, List.of(bytes));
        return new Condition.Within(column, values, negated);
    }

    /** Appends the pattern without its escapes and final wildcard; true where it has that wildcard. */
    private static boolean fixedPart(Literal pattern, StringBuilder fixed) {
        String text = pattern.text();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                i++;
                if (i == text.length() || "\\%_".indexOf(text.charAt(i)) < 0) {
                    throw Lexer.error(pattern.position(), "in a LIKE pattern \\ comes before %, _ or another \\");
                }
                fixed.append(text.charAt(i));
            } else if (c == '%' && i == text.length() - 1) {
                return true;
            } else if (c == '%' || c == '_') {
                throw Lexer.error(
                        pattern.position(),
                        "LIKE takes one % at the end of the pattern and no other wildcard; write \\" + c
                                + " for the character itself");
            } else {
                fixed.append(c);
            }
        }
        return false;
    }

    private Column column(ColumnName name) {
        return schema.column(name.name()).orElseThrow(() -> {
            List<String> names = schema.columns().stream().map(Column::name).toList();
            String near = NearestName.of(name.name(), names)
                    .map(n -> "; did you mean " + n + "?")
                    .orElse("");
            String shown = name.name().length() > 128 ? name.name().substring(0, 128) + "…" : name.name();
            return new WeirException(
                    ErrorCode.COLUMN_NOT_FOUND,
                    "The predicate names a column " + shown + " at position " + name.position()
                            + ", which the table does not have" + near);
        });
    }
}
