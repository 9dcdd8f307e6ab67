package io.weir.codec.predicate;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes predicates of which it knows, without the code under test, what they say of a row. */
public final class RandomPredicate {
    /** A predicate as text, and what it says: true, false or (null) unknown. */
    public interface Node {
        String text();

        @Nullable
        Boolean test(List<Object> row);
    }

    /** @param value null for NULL; BigDecimal, Double, String, ByteBuffer or Boolean */
    private record Value(String text, @Nullable Object value) {}

    private final TableSchema schema;
    private final List<List<Object>> rows;
    private final RandomGenerator random;

    /** @param rows of the schema; literals are mostly near their values, so that comparisons are not all false */
    public RandomPredicate(TableSchema schema, List<List<Object>> rows, RandomGenerator random) {
        this.schema = schema;
        this.rows = rows;
        this.random = random;
    }

    public Node next(int depth) {
        if (depth == 0) {
            return leaf();
        }
        return switch (random.nextInt(5)) {
            case 0 -> not(next(depth - 1));
            case 1, 2 -> join(depth, true);
            case 3 -> join(depth, false);
            default -> leaf();
        };
    }

    private record Made(String text, java.util.function.Function<List<Object>, Boolean> function) implements Node {
        @Override
        public @Nullable Boolean test(List<Object> row) {
            return function.apply(row);
        }
    }

    private static @Nullable Boolean negated(@Nullable Boolean truth) {
        return truth == null ? null : !truth;
    }

    private static Node not(Node operand) {
        return new Made("NOT (" + operand.text() + ")", row -> negated(operand.test(row)));
    }

    private Node join(int depth, boolean and) {
        List<Node> operands = new ArrayList<>();
        for (int i = random.nextInt(2, 4); i > 0; i--) {
            operands.add(next(depth - 1));
        }
        String text =
                operands.stream().map(o -> "(" + o.text() + ")").collect(Collectors.joining(and ? " AND " : " or "));
        return new Made(text, row -> {
            List<Boolean> results = new ArrayList<>();
            operands.forEach(o -> results.add(o.test(row)));
            return results.contains(!and)
                    ? Boolean.valueOf(!and)
                    : results.contains(null) ? null : Boolean.valueOf(and);
        });
    }

    private Node leaf() {
        int index = random.nextInt(schema.columns().size());
        Column column = schema.columns().get(index);
        String name = random.nextBoolean() ? column.name() : '"' + column.name() + '"';
        boolean negated = random.nextBoolean();
        boolean string = column.type() == DataType.Simple.STRING || column.type() instanceof DataType.Char;
        int choice = random.nextInt(6);
        if (choice == 0 || column.type() instanceof DataType.Vector) {
            return new Made(name + (negated ? " IS NOT NULL" : " is null"), row -> (row.get(index) == null) != negated);
        }
        if (choice == 1) {
            return in(column, index, name, negated);
        }
        if (choice == 2 && string) {
            return like(column, index, name, negated);
        }
        if (choice == 3 && ordered(column.type())) {
            Node low = compare(index, name, ">=", literal(column, index));
            Value high = literal(column, index);
            Node upper = compare(index, name, "<=", high);
            String text = name + (negated ? " NOT" : "") + " BETWEEN "
                    + low.text().split(">= ", 2)[1] + " AND " + high.text();
            return new Made(text, row -> {
                Boolean a = low.test(row);
                Boolean b = upper.test(row);
                Boolean both = Boolean.FALSE.equals(a) || Boolean.FALSE.equals(b) ? Boolean.FALSE : a == null ? a : b;
                return negated ? negated(both) : both;
            });
        }
        String[] operators = {"=", "!=", "<>", "<", "<=", ">", ">="};
        int allowed = ordered(column.type()) ? operators.length : 3;
        return compare(index, name, operators[random.nextInt(allowed)], literal(column, index));
    }

    private Node in(Column column, int index, String name, boolean negated) {
        List<Value> values = new ArrayList<>();
        for (int i = random.nextInt(1, 6); i > 0; i--) {
            values.add(literal(column, index));
        }
        String list = values.stream().map(Value::text).collect(Collectors.joining(", "));
        return new Made(name + (negated ? " NOT IN (" : " IN (") + list + ")", row -> {
            boolean unknown = row.get(index) == null;
            for (Value value : values) {
                Boolean equal = compare(index, name, "=", value).test(row);
                if (Boolean.TRUE.equals(equal)) {
                    return !negated;
                }
                unknown |= equal == null;
            }
            return unknown ? null : Boolean.valueOf(negated);
        });
    }

    private Node like(Column column, int index, String name, boolean negated) {
        String of = String.valueOf(some(column, index, "žlu%_\\"));
        String prefix =
                of.substring(0, of.offsetByCodePoints(0, random.nextInt(of.codePointCount(0, of.length()) + 1)));
        boolean open = random.nextBoolean();
        String pattern = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + (open ? "%" : "");
        return new Made(name + (negated ? " NOT LIKE " : " LIKE ") + quote(pattern), row -> {
            if (row.get(index) == null) {
                return null;
            }
            String value = (String) row.get(index);
            return (open ? value.startsWith(prefix) : value.equals(prefix)) != negated;
        });
    }

    private static Node compare(int index, String name, String operator, Value literal) {
        return new Made(name + " " + operator + " " + literal.text(), row -> {
            Object value = row.get(index);
            if (value == null || literal.value() == null) {
                return null;
            }
            if (isNaN(value) || isNaN(literal.value())) {
                return operator.equals("!=") || operator.equals("<>");
            }
            int order = order(value, literal.value());
            return switch (operator) {
                case "=" -> order == 0;
                case "<" -> order < 0;
                case "<=" -> order <= 0;
                case ">" -> order > 0;
                case ">=" -> order >= 0;
                default -> order != 0;
            };
        });
    }

    private static boolean isNaN(Object value) {
        return value instanceof Double d ? d.isNaN() : value instanceof Float f && f.isNaN();
    }

    private static int order(Object value, Object literal) {
        if (value instanceof String text) {
            return Arrays.compare(
                    text.codePoints().toArray(), ((String) literal).codePoints().toArray());
        }
        if (value instanceof ByteBuffer bytes) {
            return bytes.equals(literal) ? 0 : 1;
        }
        if (value instanceof Boolean truth) {
            return truth.compareTo((Boolean) literal);
        }
        if (value instanceof Number number && (isInfinite(number) || isInfinite(literal))) {
            double other = literal instanceof Double d ? d : 0;
            return number.doubleValue() < other ? -1 : number.doubleValue() > other ? 1 : 0;
        }
        return exact(value).compareTo(exact(literal));
    }

    private static boolean isInfinite(Object value) {
        return value instanceof Number number
                && Double.isInfinite(number.doubleValue())
                && !(value instanceof BigDecimal);
    }

    private static BigDecimal exact(Object value) {
        if (value instanceof BigDecimal decimal) {
            return decimal;
        }
        return value instanceof Long integer
                ? BigDecimal.valueOf(integer)
                : new BigDecimal(((Number) value).doubleValue());
    }

    private static boolean ordered(DataType type) {
        return type != DataType.Simple.BOOLEAN && type != DataType.Simple.BYTES && !(type instanceof DataType.Binary);
    }

    /** A value that the column holds somewhere, or the default. */
    private Object some(Column column, int index, Object otherwise) {
        Object value = rows.get(random.nextInt(rows.size())).get(index);
        return value == null ? otherwise : value;
    }

    private Value literal(Column column, int index) {
        DataType type = column.type();
        if (random.nextInt(12) == 0) {
            return new Value("NULL", null);
        }
        if (type == DataType.Simple.STRING || type instanceof DataType.Char) {
            String value = (String) some(column, index, "it's");
            String changed = random.nextInt(4) == 0 ? value + "\u00ff" : value;
            return new Value(quote(changed), changed);
        }
        if (type == DataType.Simple.BYTES || type instanceof DataType.Binary) {
            return bytes((ByteBuffer) some(column, index, ByteBuffer.wrap(new byte[] {1, 2})));
        }
        if (type == DataType.Simple.BOOLEAN) {
            return random.nextBoolean() ? new Value("TRUE", true) : new Value("false", false);
        }
        if (type == DataType.Simple.FLOAT || type == DataType.Simple.DOUBLE) {
            return floating(type, some(column, index, type == DataType.Simple.FLOAT ? (Object) 1.5f : (Object) 0.1));
        }
        if (type == DataType.Simple.DATE) {
            long day = (Long) some(column, index, 0L) + random.nextInt(-1, 2);
            return new Value(quote(LocalDate.ofEpochDay(day).toString()), BigDecimal.valueOf(day));
        }
        if (type instanceof DataType.Time time) {
            return time(time.precision(), (Long) some(column, index, 1L));
        }
        if (type instanceof DataType.Timestamp timestamp) {
            return timestamp(timestamp.precision(), (Long) some(column, index, 1L), "");
        }
        if (type instanceof DataType.TimestampLtz timestamp) {
            return timestamp(timestamp.precision(), (Long) some(column, index, 1L), "Z");
        }
        return number(some(column, index, 0L));
    }

    private Value bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        if (random.nextBoolean()) {
            return new Value(quote(Base64.getEncoder().encodeToString(bytes)), buffer);
        }
        StringBuilder hex = new StringBuilder();
        for (byte b : bytes) {
            hex.append("%02x".formatted(b));
        }
        return new Value("X'" + hex + "'", buffer);
    }

    private Value number(Object near) {
        BigDecimal value = near instanceof BigDecimal decimal ? decimal : BigDecimal.valueOf((Long) near);
        BigDecimal changed =
                switch (random.nextInt(6)) {
                    case 0 -> value.add(new BigDecimal("0.5"));
                    case 1 -> value.subtract(BigDecimal.ONE.scaleByPowerOfTen(-40));
                    case 2 -> value.add(BigDecimal.ONE);
                    case 3 -> value.multiply(new BigDecimal("1e20"));
                    default -> value;
                };
        String text = random.nextBoolean() ? changed.toString() : changed.toPlainString();
        return new Value(random.nextInt(5) == 0 ? quote(text) : text, changed);
    }

    private Value floating(DataType type, Object near) {
        Number number = (Number) near;
        double value = number.doubleValue();
        if (!Double.isFinite(value)) {
            return new Value(quote(number.toString()), value);
        }
        return switch (random.nextInt(4)) {
            // Far more digits than any value is written with: nothing but exact arithmetic decides.
            case 0 -> {
                BigDecimal exact = new BigDecimal(value).add(BigDecimal.ONE.scaleByPowerOfTen(-1090));
                yield exact.precision() > 1000
                        ? new Value("1e400", new BigDecimal("1e400"))
                        : new Value(exact.toString(), exact);
            }
            case 1 -> new Value("1e400", new BigDecimal("1e400"));
            case 2 -> {
                double half = type == DataType.Simple.FLOAT ? Float.parseFloat("0.1") : Double.parseDouble("0.1");
                yield new Value("0.1", half);
            }
            default -> new Value(number.toString(), value);
        };
    }

    private static int digits(int precision) {
        return precision == 0 ? 0 : precision <= 3 ? 3 : precision <= 6 ? 6 : 9;
    }

    /** Sometimes a nanosecond finer than the column. */
    private Value time(int precision, long value) {
        int digits = digits(precision);
        long nanos = value * (long) Math.pow(10, 9 - digits) + (random.nextInt(3) == 0 && digits < 9 ? 1 : 0);
        return new Value(
                quote(LocalTime.ofNanoOfDay(nanos).toString()),
                BigDecimal.valueOf(nanos).movePointLeft(9 - digits));
    }

    private Value timestamp(int precision, long value, String zone) {
        int digits = digits(precision);
        BigDecimal seconds = BigDecimal.valueOf(value, digits);
        if (random.nextInt(3) == 0) {
            return new Value(seconds.movePointRight(3).toPlainString(), BigDecimal.valueOf(value));
        }
        BigDecimal nanos = seconds.movePointRight(9).add(BigDecimal.valueOf(random.nextInt(2)));
        long second =
                nanos.movePointLeft(9).setScale(0, java.math.RoundingMode.FLOOR).longValueExact();
        int nano = nanos.subtract(BigDecimal.valueOf(second).movePointRight(9)).intValueExact();
        LocalDateTime local = LocalDateTime.ofEpochSecond(second, nano, ZoneOffset.UTC);
        return new Value(quote(local + zone), nanos.movePointLeft(9 - digits));
    }

    private static String quote(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
