package io.weir.codec.predicate;

import io.weir.codec.schema.DataType;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;

/** Literals to values of a column's type, or to where they lie among them. Errors name the literal, its position and what fits. */
final class Literals {
    /** Powers of ten beyond this are refused: a short literal must not become a number of a million digits. */
    private static final int EXPONENT_MAX = 1100;

    private static final Set<String> NOT_FINITE = Set.of("NaN", "Infinity", "-Infinity");

    private Literals() {}

    static BigDecimal number(Literal literal, DataType type) {
        if (literal.kind() != Literal.Kind.NUMBER && literal.kind() != Literal.Kind.STRING) {
            throw misfit(literal, type, "a number");
        }
        try {
            BigDecimal number = new BigDecimal(literal.text());
            if (Math.abs((long) number.scale()) > EXPONENT_MAX || number.precision() > EXPONENT_MAX) {
                throw misfit(literal, type, "a number of at most " + EXPONENT_MAX + " digits");
            }
            return number;
        } catch (NumberFormatException e) {
            throw misfit(literal, type, "a number");
        }
    }

    static DoubleSet.Place place(Literal literal, DataType type) {
        if (literal.kind() == Literal.Kind.STRING && NOT_FINITE.contains(literal.text())) {
            return DoubleSet.Place.of(Double.parseDouble(literal.text()));
        }
        return DoubleSet.Place.of(number(literal, type), type == DataType.Simple.FLOAT);
    }

    /** 1 or 0. */
    static BigDecimal truth(Literal literal, DataType type) {
        return switch (literal.kind()) {
            case TRUE -> BigDecimal.ONE;
            case FALSE -> BigDecimal.ZERO;
            default -> throw misfit(literal, type, "TRUE or FALSE");
        };
    }

    static byte[] text(Literal literal, DataType type) {
        if (literal.kind() != Literal.Kind.STRING) {
            throw misfit(literal, type, "a string in single quotes");
        }
        return literal.text().getBytes(StandardCharsets.UTF_8);
    }

    static byte[] bytes(Literal literal, DataType type) {
        String wanted = "X'hex digits' or a base64 string";
        try {
            return switch (literal.kind()) {
                case HEX -> HexFormat.of().parseHex(literal.text());
                case STRING -> Base64.getDecoder().decode(literal.text());
                default -> throw misfit(literal, type, wanted);
            };
        } catch (IllegalArgumentException e) {
            throw misfit(literal, type, wanted);
        }
    }

    /** Days since 1970-01-01. */
    static BigDecimal date(Literal literal, DataType type) {
        String wanted = "a date like '2015-09-12'";
        try {
            return BigDecimal.valueOf(
                    LocalDate.parse(quoted(literal, type, wanted)).toEpochDay());
        } catch (DateTimeException e) {
            throw misfit(literal, type, wanted);
        }
    }

    /** In the unit of the column, with a fraction where the literal is finer. */
    static BigDecimal time(Literal literal, DataType.Time type) {
        String wanted = "a time like '13:45:00.5'";
        try {
            long nanos = LocalTime.parse(quoted(literal, type, wanted)).toNanoOfDay();
            return BigDecimal.valueOf(nanos, 9).scaleByPowerOfTen(unitDigits(type.precision()));
        } catch (DateTimeException e) {
            throw misfit(literal, type, wanted);
        }
    }

    /** In the unit of the column since 1970-01-01T00:00, with a fraction where the literal is finer. */
    static BigDecimal timestamp(Literal literal, DataType.Timestamp type) {
        if (literal.kind() == Literal.Kind.NUMBER) {
            return milliseconds(literal, type, type.precision());
        }
        String wanted = "a timestamp without zone like '2015-09-12T13:45:00' or milliseconds since 1970";
        String text = quoted(literal, type, wanted);
        try {
            LocalDateTime value =
                    text.length() == 10 ? LocalDate.parse(text).atStartOfDay() : LocalDateTime.parse(withT(text));
            return units(value.toEpochSecond(ZoneOffset.UTC), value.getNano(), type.precision());
        } catch (DateTimeException e) {
            throw misfit(literal, type, wanted);
        }
    }

    /** In the unit of the column since 1970-01-01T00:00Z, with a fraction where the literal is finer. */
    static BigDecimal instant(Literal literal, DataType.TimestampLtz type) {
        if (literal.kind() == Literal.Kind.NUMBER) {
            return milliseconds(literal, type, type.precision());
        }
        String wanted = "a timestamp with zone like '2015-09-12T13:45:00Z' or milliseconds since 1970";
        try {
            OffsetDateTime value = OffsetDateTime.parse(withT(quoted(literal, type, wanted)));
            return units(value.toEpochSecond(), value.getNano(), type.precision());
        } catch (DateTimeException e) {
            throw misfit(literal, type, wanted);
        }
    }

    private static BigDecimal milliseconds(Literal literal, DataType type, int precision) {
        return number(literal, type).scaleByPowerOfTen(unitDigits(precision) - 3);
    }

    private static BigDecimal units(long seconds, int nanos, int precision) {
        return BigDecimal.valueOf(seconds).add(BigDecimal.valueOf(nanos, 9)).scaleByPowerOfTen(unitDigits(precision));
    }

    /** Arrow's unit for a precision: seconds, milli-, micro- or nanoseconds. */
    private static int unitDigits(int precision) {
        return (precision + 2) / 3 * 3;
    }

    private static String withT(String text) {
        return text.length() > 10 && text.charAt(10) == ' ' ? text.substring(0, 10) + 'T' + text.substring(11) : text;
    }

    private static String quoted(Literal literal, DataType type, String wanted) {
        if (literal.kind() != Literal.Kind.STRING) {
            throw misfit(literal, type, wanted);
        }
        return literal.text();
    }

    static RuntimeException misfit(Literal literal, DataType type, String wanted) {
        String shown = literal.shown().length() > 60 ? literal.shown().substring(0, 60) + "…" : literal.shown();
        return Lexer.error(
                literal.position(), "expected " + wanted + " for a column of type " + type + ", found " + shown);
    }
}
