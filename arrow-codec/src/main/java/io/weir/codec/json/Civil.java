package io.weir.codec.json;

import io.weir.codec.schema.ArrowSchemas;

/**
 * Days and calendar dates, proleptic Gregorian, for any day that a 64-bit count of seconds reaches, which java.time does not. The
 * arithmetic counts years from March in eras of 400 years, so that a leap day is the last day of its year.
 */
final class Civil {
    private static final int DAYS_PER_ERA = 146_097;
    private static final int DAYS_TO_1970 = 719_468;

    private Civil() {}

    static long toEpochDay(long year, int month, int day) {
        long y = month <= 2 ? year - 1 : year;
        long era = Math.floorDiv(y, 400);
        long yearOfEra = y - era * 400;
        long dayOfYear = (153L * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
        long dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return era * DAYS_PER_ERA + dayOfEra - DAYS_TO_1970;
    }

    static int lengthOfMonth(long year, int month) {
        boolean leap = Math.floorMod(year, 4) == 0 && (Math.floorMod(year, 100) != 0 || Math.floorMod(year, 400) == 0);
        return switch (month) {
            case 2 -> leap ? 29 : 28;
            case 4, 6, 9, 11 -> 30;
            default -> 31;
        };
    }

    /** Appends {@code 2015-09-12}; years outside 0000 to 9999 have a sign, as ISO-8601 wants. */
    static void appendDate(StringBuilder out, long epochDay) {
        long day = epochDay + DAYS_TO_1970;
        long era = Math.floorDiv(day, DAYS_PER_ERA);
        int dayOfEra = (int) (day - era * DAYS_PER_ERA);
        int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int monthFromMarch = (5 * dayOfYear + 2) / 153;
        int month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        long year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
        if (year < 0 || year > 9999) {
            out.append(year < 0 ? '-' : '+');
        }
        appendPadded(out, Math.abs(year), 4);
        out.append('-');
        appendPadded(out, month, 2);
        out.append('-');
        appendPadded(out, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, 2);
    }

    /** Appends {@code 00:46:58.771}, with exactly {@code precision} digits of the fraction. */
    static void appendTime(StringBuilder out, long value, int precision) {
        long perSecond = unitsPerSecond(precision);
        long seconds = Math.floorDiv(value, perSecond);
        appendPadded(out, seconds / 3600, 2);
        out.append(':');
        appendPadded(out, seconds / 60 % 60, 2);
        out.append(':');
        appendPadded(out, seconds % 60, 2);
        if (precision > 0) {
            out.append('.');
            long nanos = Math.floorMod(value, perSecond) * (1_000_000_000L / perSecond);
            appendPadded(out, nanos / powerOfTen(9 - precision), precision);
        }
    }

    static void appendDateTime(StringBuilder out, long value, int precision) {
        long perDay = 86_400L * unitsPerSecond(precision);
        appendDate(out, Math.floorDiv(value, perDay));
        out.append('T');
        appendTime(out, Math.floorMod(value, perDay), precision);
    }

    private static void appendPadded(StringBuilder out, long number, int width) {
        for (long limit = powerOfTen(width - 1); limit > 1 && number < limit; limit /= 10) {
            out.append('0');
        }
        out.append(number);
    }

    /** How many of the Arrow unit that holds this precision make a second. */
    static long unitsPerSecond(int precision) {
        return switch (ArrowSchemas.unitOf(precision)) {
            case SECOND -> 1;
            case MILLISECOND -> 1_000;
            case MICROSECOND -> 1_000_000;
            case NANOSECOND -> 1_000_000_000;
        };
    }

    static long powerOfTen(int exponent) {
        long power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= 10;
        }
        return power;
    }
}
