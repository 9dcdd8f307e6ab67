package io.weir.lake.iceberg;

import io.weir.codec.predicate.Interval;
import io.weir.codec.predicate.PredicateFold;
import io.weir.codec.schema.Column;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * A predicate in Iceberg's terms, to skip files and row groups by. It may be true for rows that ours is not true for, never the other
 * way round; so where something has no exact counterpart, as NaN or text that is cut within a character, the wider one is taken.
 */
final class PushDown implements PredicateFold<Expression> {
    private final Function<Column, Types.@Nullable NestedField> fields;

    /** @param fields what a column is in the snapshot's schema; null where it has none, and the column is null in all rows */
    PushDown(Function<Column, Types.@Nullable NestedField> fields) {
        this.fields = fields;
    }

    @Override
    public Expression all(List<Expression> operands) {
        return join(operands, Expressions::and);
    }

    @Override
    public Expression any(List<Expression> operands) {
        return join(operands, Expressions::or);
    }

    /** As a tree that is not deep, since Iceberg visits it by recursion. */
    private static Expression join(List<Expression> operands, BinaryOperator<Expression> operator) {
        if (operands.size() == 1) {
            return operands.get(0);
        }
        int half = operands.size() / 2;
        return operator.apply(
                join(operands.subList(0, half), operator), join(operands.subList(half, operands.size()), operator));
    }

    @Override
    public Expression isNull(Column column) {
        Types.NestedField field = fields.apply(column);
        if (field == null || field.type().isNestedType()) {
            return Expressions.alwaysTrue();
        }
        return Expressions.isNull(field.name());
    }

    @Override
    public Expression notNull(Column column) {
        Types.NestedField field = fields.apply(column);
        if (field == null) {
            return Expressions.alwaysFalse();
        }
        return field.type().isNestedType() ? Expressions.alwaysTrue() : Expressions.notNull(field.name());
    }

    @Override
    public Expression never() {
        return Expressions.alwaysFalse();
    }

    @Override
    public Expression within(Column column, List<Interval> intervals) {
        Types.NestedField field = fields.apply(column);
        if (field == null || intervals.isEmpty()) {
            return Expressions.alwaysFalse();
        }
        List<Object> points = new ArrayList<>();
        List<Expression> parts = new ArrayList<>();
        for (Interval interval : intervals) {
            Object point = interval.isPoint() ? point(column, field.type(), interval.low()) : null;
            if (point != null) {
                points.add(point);
            } else {
                parts.add(inside(column, field, interval));
            }
        }
        if (!points.isEmpty()) {
            parts.add(
                    points.size() == 1
                            ? Expressions.equal(field.name(), points.get(0))
                            : Expressions.in(field.name(), points));
        }
        return any(parts);
    }

    private Expression inside(Column column, Types.NestedField field, Interval interval) {
        Expression above = interval.low() == null ? Expressions.alwaysTrue() : atLeast(column, field, interval.low());
        Expression below = interval.high() == null
                ? Expressions.alwaysTrue()
                : notAbove(column, field, interval.high(), interval.closed());
        return Expressions.and(notNull(column), Expressions.and(above, below));
    }

    @Override
    public Expression outside(Column column, List<Interval> intervals) {
        Types.NestedField field = fields.apply(column);
        boolean isRange = intervals.size() == 1 && !intervals.get(0).isPoint();
        if (field == null || !isRange || isFloating(field.type())) {
            return notNull(column);
        }
        Interval range = intervals.get(0);
        Expression below =
                range.low() == null ? Expressions.alwaysFalse() : notAbove(column, field, range.low(), false);
        Expression above = range.high() == null ? Expressions.alwaysFalse() : atLeast(column, field, range.high());
        return Expressions.and(notNull(column), Expressions.or(below, above));
    }

    private static boolean isFloating(Type type) {
        return type.typeId() == Type.TypeID.FLOAT || type.typeId() == Type.TypeID.DOUBLE;
    }

    private static Expression atLeast(Column column, Types.NestedField field, Object low) {
        if (low instanceof ByteBuffer bytes) {
            // What is not below these bytes is not below the whole characters that they begin with.
            return field.type().typeId() == Type.TypeID.STRING
                    ? Expressions.greaterThanOrEqual(field.name(), wholeCharacters(bytes))
                    : Expressions.alwaysTrue();
        }
        Object value = bound(column, field.type(), low, false);
        return value == null ? Expressions.alwaysTrue() : Expressions.greaterThanOrEqual(field.name(), value);
    }

    private static Expression notAbove(Column column, Types.NestedField field, Object high, boolean closed) {
        if (high instanceof ByteBuffer bytes) {
            return field.type().typeId() == Type.TypeID.STRING
                    ? textNotAbove(field.name(), bytes, closed)
                    : Expressions.alwaysTrue();
        }
        Object value = bound(column, field.type(), high, true);
        return value == null ? Expressions.alwaysTrue() : Expressions.lessThanOrEqual(field.name(), value);
    }

    private static Expression textNotAbove(String name, ByteBuffer high, boolean closed) {
        String text = wholeCharacters(high);
        boolean whole = text.getBytes(StandardCharsets.UTF_8).length == high.remaining();
        if (whole) {
            return closed ? Expressions.lessThanOrEqual(name, text) : Expressions.lessThan(name, text);
        }
        // It is cut within a character: what lies below is below the characters before it, or begins with them.
        return text.isEmpty()
                ? Expressions.alwaysTrue()
                : Expressions.or(Expressions.lessThan(name, text), Expressions.startsWith(name, text));
    }

    /** What equals the value alone; null where there is no such literal, or more than one value of that kind. */
    private static @Nullable Object point(Column column, Type type, @Nullable Object value) {
        if (value instanceof ByteBuffer bytes) {
            return bytesPoint(type, bytes);
        }
        if (type.typeId() == Type.TypeID.BOOLEAN && value instanceof Long truth) {
            return truth == 1;
        }
        if (value == null || (value instanceof Double number && number == 0)) {
            return null;
        }
        Object low = bound(column, type, value, false);
        return low != null && low.equals(bound(column, type, value, true)) ? low : null;
    }

    private static @Nullable Object bytesPoint(Type type, ByteBuffer bytes) {
        return switch (type.typeId()) {
            case STRING -> {
                String text = wholeCharacters(bytes);
                yield text.getBytes(StandardCharsets.UTF_8).length == bytes.remaining() ? text : null;
            }
            case BINARY -> bytes;
            case FIXED -> ((Types.FixedType) type).length() == bytes.remaining() ? bytes : null;
            default -> null;
        };
    }

    /** A literal for a bound of an interval, rounded outwards; null where it bounds nothing there. */
    private static @Nullable Object bound(Column column, Type type, Object value, boolean up) {
        return switch (type.typeId()) {
            case INTEGER, LONG, DATE -> value;
            case TIME, TIMESTAMP -> time(column, (Long) value);
            // Both zeros: Iceberg has the negative one below the other.
            case FLOAT -> zeros(((Double) value).floatValue(), up);
            case DOUBLE -> zeros((Double) value, up);
            case DECIMAL -> decimal((Types.DecimalType) type, (BigDecimal) value);
            default -> null;
        };
    }

    private static Float zeros(float value, boolean up) {
        return value == 0 ? (up ? 0f : -0f) : value;
    }

    private static Double zeros(double value, boolean up) {
        return value == 0 ? (up ? 0d : -0d) : value;
    }

    private static @Nullable Object time(Column column, long value) {
        try {
            return TimeUnits.of(column.type()).toMicros(value);
        } catch (ArithmeticException e) {
            return null;
        }
    }

    /** Iceberg takes no literal of another scale; one of more digits than the type bounds nothing or everything. */
    private static @Nullable Object decimal(Types.DecimalType type, BigDecimal value) {
        BigInteger limit = BigInteger.TEN.pow(type.precision());
        boolean fits = value.unscaledValue().abs().compareTo(limit) < 0;
        return fits && value.scale() == type.scale() ? value : null;
    }

    /** The characters that the bytes begin with and hold whole. */
    private static String wholeCharacters(ByteBuffer bytes) {
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .decode(bytes.duplicate(), text, true);
        return text.flip().toString();
    }
}
