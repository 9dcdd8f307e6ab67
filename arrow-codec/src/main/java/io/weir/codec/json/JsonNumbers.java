package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;

/** The current token as a number, exactly or not at all; strings that hold a JSON number count as one. */
final class JsonNumbers {
    /** Whole numbers of so many characters are exact. */
    private static final int DOUBLE_DIGITS = 15;

    private static final int FLOAT_DIGITS = 7;

    private static final int TEXT_MAX = 1000;

    /** No column keeps a number that needs more, and arithmetic on scales stays far from overflow. */
    private static final int EXPONENT_MAX = 100_000;

    private JsonNumbers() {}

    /** A whole number from {@code min} to {@code max}. */
    static long exactLong(JsonInput in, JsonToken token, long min, long max) throws IOException, Refused {
        long value;
        if (token == JsonToken.VALUE_NUMBER_INT && in.parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            value = in.parser.getLongValue();
        } else {
            BigDecimal decimal = decimal(in, token);
            if ((long) decimal.precision() - decimal.scale() > 19) {
                throw outOfRange(in, token, min, max);
            }
            BigDecimal stripped = decimal.stripTrailingZeros();
            if (stripped.scale() > 0) {
                throw new Refused("expected a whole number, found " + in.found(token));
            }
            if (stripped.precision() - stripped.scale() > 18
                    && stripped.toBigIntegerExact().bitLength() > 63) {
                throw outOfRange(in, token, min, max);
            }
            value = stripped.longValueExact();
        }
        if (value < min || value > max) {
            throw outOfRange(in, token, min, max);
        }
        return value;
    }

    private static Refused outOfRange(JsonInput in, JsonToken token, long min, long max) throws IOException {
        return new Refused("%s is not from %d to %d".formatted(in.found(token), min, max));
    }

    /** With exactly {@code scale} digits after the point, {@code precision} in all. */
    static BigDecimal exactDecimal(JsonInput in, JsonToken token, int precision, int scale)
            throws IOException, Refused {
        BigDecimal value = decimal(in, token);
        if (value.signum() == 0) {
            return BigDecimal.valueOf(0, scale);
        }
        // Checked on digit counts first: 1e999999999 must not be written out.
        if ((long) value.precision() - value.scale() > precision - scale) {
            throw new Refused(
                    "%s has more than %d digits before the point".formatted(in.found(token), precision - scale));
        }
        if (value.stripTrailingZeros().scale() > scale) {
            throw new Refused("%s has more than %d digits after the point, which the column would lose"
                    .formatted(in.found(token), scale));
        }
        return value.setScale(scale);
    }

    /** Milliseconds since 1970 in the Arrow unit that holds the precision. */
    static long epochMillis(JsonInput in, JsonToken token, int precision) throws IOException, Refused {
        BigDecimal seconds = decimal(in, token).movePointLeft(3).stripTrailingZeros();
        if (seconds.scale() > precision) {
            throw new Refused("%s ms has more than %d fractional digits of a second, which the column would lose"
                    .formatted(in.found(token), precision));
        }
        BigDecimal value = seconds.multiply(BigDecimal.valueOf(Civil.unitsPerSecond(precision)));
        if ((long) value.precision() - value.scale() > 19
                || value.toBigInteger().bitLength() > 63) {
            throw new Refused(
                    "%s ms is out of the range of 64 bits at precision %d".formatted(in.found(token), precision));
        }
        return value.longValueExact();
    }

    static double nearestDouble(JsonInput in, JsonToken token) throws IOException, Refused {
        double value;
        if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
            value = in.parser.getDoubleValue();
        } else {
            Double special = special(in, token);
            if (special != null) {
                return special;
            }
            value = Double.parseDouble(numberText(in, token));
        }
        if (Double.isInfinite(value)) {
            throw new Refused(in.found(token) + " is beyond the range of DOUBLE");
        }
        if (token == JsonToken.VALUE_NUMBER_INT && in.parser.getTextLength() > DOUBLE_DIGITS) {
            checkWhole(in, token, new BigDecimal(value), Double.toString(value), "DOUBLE");
        }
        return value;
    }

    static float nearestFloat(JsonInput in, JsonToken token) throws IOException, Refused {
        float value;
        if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
            value = Float.parseFloat(in.parser.getText()); // by way of a double it would be rounded twice
        } else {
            Double special = special(in, token);
            if (special != null) {
                return special.floatValue();
            }
            value = Float.parseFloat(numberText(in, token));
        }
        if (Float.isInfinite(value)) {
            throw new Refused(in.found(token) + " is beyond the range of FLOAT");
        }
        if (token == JsonToken.VALUE_NUMBER_INT && in.parser.getTextLength() > FLOAT_DIGITS) {
            checkWhole(in, token, new BigDecimal(value), Float.toString(value), "FLOAT");
        }
        return value;
    }

    /**
     * Fractions are written in decimal and taken as the nearest value, as everywhere; a whole number is meant as it is written. It
     * is taken when it is the value, or the shortest text for it, which is what other programs print for large ones.
     */
    private static void checkWhole(JsonInput in, JsonToken token, BigDecimal exact, String shortest, String type)
            throws IOException, Refused {
        BigDecimal written = new BigDecimal(in.parser.getText());
        if (written.compareTo(exact) != 0 && written.compareTo(new BigDecimal(shortest)) != 0) {
            throw new Refused("%s is not a value of %s, the nearest is %s".formatted(in.found(token), type, exact));
        }
    }

    private static @org.jspecify.annotations.Nullable Double special(JsonInput in, JsonToken token) throws IOException {
        if (token != JsonToken.VALUE_STRING && token != JsonToken.FIELD_NAME) {
            return null;
        }
        return switch (in.parser.getText()) {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> null;
        };
    }

    static BigDecimal decimal(JsonInput in, JsonToken token) throws IOException, Refused {
        try {
            BigDecimal value = new BigDecimal(numberText(in, token));
            if (Math.abs((long) value.scale()) > EXPONENT_MAX) {
                throw new Refused(in.found(token) + " has an exponent out of range");
            }
            return value;
        } catch (NumberFormatException e) {
            throw new Refused(in.found(token) + " has an exponent out of range");
        }
    }

    private static String numberText(JsonInput in, JsonToken token) throws IOException, Refused {
        if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
            return in.parser.getText();
        }
        boolean text = token == JsonToken.VALUE_STRING || token == JsonToken.FIELD_NAME;
        if (!text || !isNumber(in.parser.getText())) {
            throw new Refused("expected a number, found " + in.found(token));
        }
        return in.parser.getText();
    }

    /** True for text of JSON's grammar of numbers, so that "007" or " 7" are strings and lose nothing. */
    static boolean isNumber(String text) {
        int length = text.length();
        if (length > TEXT_MAX) {
            return false;
        }
        int start = text.startsWith("-") ? 1 : 0;
        int i = digits(text, start);
        if (i == start || (text.charAt(start) == '0' && i > start + 1)) {
            return false;
        }
        if (i < length && text.charAt(i) == '.') {
            int fraction = i + 1;
            i = digits(text, fraction);
            if (i == fraction) {
                return false;
            }
        }
        if (i < length && (text.charAt(i) == 'e' || text.charAt(i) == 'E')) {
            i++;
            i += i < length && (text.charAt(i) == '+' || text.charAt(i) == '-') ? 1 : 0;
            int exponent = i;
            i = digits(text, exponent);
            if (i == exponent) {
                return false;
            }
        }
        return i == length;
    }

    private static int digits(String text, int start) {
        int i = start;
        while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
            i++;
        }
        return i;
    }
}
