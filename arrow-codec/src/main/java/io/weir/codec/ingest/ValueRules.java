package io.weir.codec.ingest;

import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.DataType;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.apache.arrow.vector.types.TimeUnit;

/** What a column type asks of its values beyond their layout: digits, lengths, ranges of time. Reports each row that breaks it. */
final class ValueRules {
    private static final long SECONDS_PER_DAY = 86_400;
    private static final long FIRST_DAY = -719_162; // 0001-01-01
    private static final long LAST_DAY = 2_932_896; // 9999-12-31
    private static final long[] POWERS = new long[19];

    static {
        POWERS[0] = 1;
        for (int i = 1; i < POWERS.length; i++) {
            POWERS[i] = POWERS[i - 1] * 10;
        }
    }

    private ValueRules() {}

    static void checkNulls(ArrowNode node, RowProblems problems) {
        for (int i = 0; i < node.length && !problems.isFull(); i++) {
            if (node.isNull(i)) {
                report(node, i, "null in a column that is NOT NULL", problems);
            }
        }
    }

    private static void report(ArrowNode node, int index, String detail, RowProblems problems) {
        int row = node.rowOf(index);
        if (row >= 0) {
            problems.add(row, node.pointer(index), detail);
        }
    }

    /** @param data position of the values */
    static void checkFixed(ArrowNode node, DataType type, int data, RowProblems problems) {
        if (type instanceof DataType.Decimal decimal) {
            checkDecimals(node, decimal, data, problems);
        } else if (type == DataType.Simple.DATE) {
            checkRange(node, data, 4, FIRST_DAY, LAST_DAY, 1, type, problems);
        } else if (type instanceof DataType.Time time) {
            long perSecond = perSecond(time.precision());
            int width = time.precision() <= 3 ? 4 : 8;
            checkRange(node, data, width, 0, SECONDS_PER_DAY * perSecond - 1, step(time.precision()), type, problems);
        } else if (type instanceof DataType.Timestamp timestamp) {
            checkTimestamps(node, data, timestamp.precision(), type, problems);
        } else if (type instanceof DataType.TimestampLtz timestamp) {
            checkTimestamps(node, data, timestamp.precision(), type, problems);
        }
    }

    private static void checkTimestamps(ArrowNode node, int data, int precision, DataType type, RowProblems problems) {
        long perSecond = perSecond(precision);
        boolean nanos = perSecond == 1_000_000_000L; // all of them are within years 1 to 9999
        long from = nanos ? Long.MIN_VALUE : FIRST_DAY * SECONDS_PER_DAY * perSecond;
        long to = nanos ? Long.MAX_VALUE : (LAST_DAY + 1) * SECONDS_PER_DAY * perSecond - 1;
        checkRange(node, data, 8, from, to, step(precision), type, problems);
    }

    private static long perSecond(int precision) {
        TimeUnit unit = ArrowSchemas.unitOf(precision);
        return switch (unit) {
            case SECOND -> 1;
            case MILLISECOND -> 1000;
            case MICROSECOND -> 1_000_000;
            case NANOSECOND -> 1_000_000_000;
        };
    }

    /** Values of TIME(4) count microseconds, in steps of 100. */
    private static long step(int precision) {
        return perSecond(precision) / POWERS[precision];
    }

    private static void checkRange(
            ArrowNode node, int data, int width, long from, long to, long step, DataType type, RowProblems problems) {
        ByteBuffer body = node.body;
        for (int i = 0; i < node.length; i++) {
            long value = width == 4 ? body.getInt(data + 4 * i) : body.getLong(data + 8 * i);
            if ((value < from || value > to || (step != 1 && value % step != 0)) && !node.isNull(i)) {
                String detail = value < from || value > to
                        ? "%d is not a %s: expected %d to %d".formatted(value, type, from, to)
                        : "%d has more digits than %s: expected a multiple of %d".formatted(value, type, step);
                report(node, i, detail, problems);
                if (problems.isFull()) {
                    return;
                }
            }
        }
    }

    private static void checkDecimals(ArrowNode node, DataType.Decimal type, int data, RowProblems problems) {
        ByteBuffer body = node.body;
        long bound = type.precision() <= 18 ? POWERS[type.precision()] : 0;
        for (int i = 0; i < node.length; i++) {
            long low = body.getLong(data + 16 * i);
            boolean isLong = body.getLong(data + 16 * i + 8) == low >> 63;
            boolean fits = isLong && (bound == 0 || (low < bound && low > -bound));
            if (!fits && !node.isNull(i) && (bound != 0 || !fits(body, data + 16 * i, type))) {
                report(
                        node,
                        i,
                        "%s has too many digits for %s".formatted(unscaled(body, data + 16 * i), type),
                        problems);
                if (problems.isFull()) {
                    return;
                }
            }
        }
    }

    private static boolean fits(ByteBuffer body, int at, DataType.Decimal type) {
        return unscaled(body, at).abs().compareTo(BigInteger.TEN.pow(type.precision())) < 0;
    }

    private static BigInteger unscaled(ByteBuffer body, int at) {
        byte[] bigEndian = new byte[16];
        for (int i = 0; i < 16; i++) {
            bigEndian[i] = body.get(at + 15 - i);
        }
        return new BigInteger(bigEndian);
    }

    /** @param offsets,values positions of the two buffers */
    static void checkLengths(ArrowNode node, DataType.Char type, int offsets, int values, RowProblems problems) {
        for (int i = 0; i < node.length && !problems.isFull(); i++) {
            int from = node.body.getInt(offsets + 4 * i);
            int to = node.body.getInt(offsets + 4 * i + 4);
            if (to - from > type.length() && !node.isNull(i)) {
                int codePoints = Utf8.codePoints(node.body, values + from, values + to);
                if (codePoints > type.length()) {
                    report(node, i, "%d characters, %s holds %d".formatted(codePoints, type, type.length()), problems);
                }
            }
        }
    }
}
