package io.weir.codec.json;

/**
 * Reads ISO-8601 dates and times from text, exactly: what a column's precision cannot keep is refused. One object reads one text.
 *
 * <pre>
 * date      [+-]YYYY-MM-DD (more than four digits of the year need a sign)
 * time      hh:mm[:ss[.fraction]]
 * date-time date T time [zone], a space may stand for the T
 * zone      Z or [+-]hh[[:]mm]
 * </pre>
 */
final class TimeText {
    private final String text;
    private int position;
    private int fractionDigits;
    private int nanos;
    private boolean zoned;

    private TimeText(String text) {
        this.text = text;
    }

    static int date(String text) throws Refused {
        TimeText in = new TimeText(text);
        long day = in.date();
        in.end();
        if (day != (int) day) {
            throw new Refused("date '%s' is out of range".formatted(text));
        }
        return (int) day;
    }

    /** In the Arrow unit that holds the precision. */
    static long time(String text, int precision) throws Refused {
        TimeText in = new TimeText(text);
        long second = in.time();
        in.end();
        return in.inUnits(second, precision);
    }

    /**
     * In the Arrow unit that holds the precision.
     *
     * @param zone true: a zone must stand at the end, and the result is the instant in UTC; false: none may
     */
    static long dateTime(String text, int precision, boolean zone) throws Refused {
        TimeText in = new TimeText(text);
        long second = in.dateTime();
        if (in.zoned != zone) {
            throw new Refused(
                    zone
                            ? "'%s' has no zone; end it with Z or an offset like +02:00".formatted(cut(text))
                            : "'%s' has a zone, which the column would lose; leave it away, or take TIMESTAMP_LTZ"
                                    .formatted(cut(text)));
        }
        return in.inUnits(second, precision);
    }

    /** How many fractional digits a date-time with zone has; -1 where the text is none. Trailing zeros count. */
    static int digitsOfInstant(String text) {
        if (text.length() < 17 || text.length() > 64 || text.indexOf('T') < 0) {
            return -1;
        }
        try {
            TimeText in = new TimeText(text);
            in.dateTime();
            return in.zoned && in.fractionDigits <= 9 ? in.fractionDigits : -1;
        } catch (Refused e) {
            return -1;
        }
    }

    private long dateTime() throws Refused {
        long day = date();
        if (!accept('T') && !accept(' ')) {
            throw malformed();
        }
        long second = time();
        int offset = 0;
        zoned = position < text.length();
        if (zoned) {
            offset = zone();
        }
        end();
        try {
            // Of a day before 1970 the seconds are counted back from its end: its start may lie below the range of a
            // long.
            long fromDay = day < 0
                    ? Math.addExact(Math.multiplyExact(day + 1, 86_400L), second - 86_400)
                    : Math.addExact(Math.multiplyExact(day, 86_400L), second);
            return Math.subtractExact(fromDay, offset);
        } catch (ArithmeticException e) {
            throw new Refused("'%s' is out of range".formatted(cut(text)));
        }
    }

    private long date() throws Refused {
        boolean negative = accept('-');
        boolean signed = negative || accept('+');
        int start = position;
        long year = 0;
        while (position < text.length() && isDigit(text.charAt(position)) && position - start < 12) {
            year = year * 10 + text.charAt(position++) - '0';
        }
        int digits = position - start;
        if (digits < 4 || (digits > 4 && !signed)) {
            throw malformed();
        }
        year = negative ? -year : year;
        expect('-');
        int month = twoDigits(1, 12);
        expect('-');
        return Civil.toEpochDay(year, month, twoDigits(1, Civil.lengthOfMonth(year, month)));
    }

    private long time() throws Refused {
        int hour = twoDigits(0, 23);
        expect(':');
        int minute = twoDigits(0, 59);
        int second = 0;
        if (accept(':')) {
            second = twoDigits(0, 59);
            if (accept('.')) {
                fraction();
            }
        }
        return hour * 3600L + minute * 60L + second;
    }

    private void fraction() throws Refused {
        int start = position;
        while (position < text.length() && isDigit(text.charAt(position))) {
            int digit = text.charAt(position++) - '0';
            fractionDigits++;
            if (fractionDigits <= 9) {
                nanos = nanos * 10 + digit;
            } else if (digit != 0) {
                throw new Refused("'%s' is finer than a nanosecond".formatted(cut(text)));
            }
        }
        if (start == position) {
            throw malformed();
        }
        for (int i = fractionDigits; i < 9; i++) {
            nanos *= 10;
        }
    }

    private int zone() throws Refused {
        if (accept('Z') || accept('z')) {
            return 0;
        }
        boolean west = accept('-');
        if (!west && !accept('+')) {
            throw malformed();
        }
        int seconds = twoDigits(0, 18) * 3600;
        if (accept(':') || position < text.length()) {
            seconds += twoDigits(0, 59) * 60;
        }
        return west ? -seconds : seconds;
    }

    private long inUnits(long second, int precision) throws Refused {
        if (nanos % Civil.powerOfTen(9 - precision) != 0) {
            throw new Refused("'%s' has more than %d fractional digits, which the column would lose"
                    .formatted(cut(text), precision));
        }
        long perSecond = Civil.unitsPerSecond(precision);
        long part = nanos / (1_000_000_000L / perSecond);
        try {
            return second < 0
                    ? Math.addExact(Math.multiplyExact(second + 1, perSecond), part - perSecond)
                    : Math.addExact(Math.multiplyExact(second, perSecond), part);
        } catch (ArithmeticException e) {
            throw new Refused("'%s' is out of the range of 64 bits at precision %d".formatted(cut(text), precision));
        }
    }

    private int twoDigits(int min, int max) throws Refused {
        if (position + 2 > text.length() || !isDigit(text.charAt(position)) || !isDigit(text.charAt(position + 1))) {
            throw malformed();
        }
        int number = (text.charAt(position) - '0') * 10 + text.charAt(position + 1) - '0';
        position += 2;
        if (number < min || number > max) {
            throw new Refused("'%s': %02d is not from %02d to %02d".formatted(cut(text), number, min, max));
        }
        return number;
    }

    private void expect(char wanted) throws Refused {
        if (!accept(wanted)) {
            throw malformed();
        }
    }

    private boolean accept(char wanted) {
        boolean found = position < text.length() && text.charAt(position) == wanted;
        position += found ? 1 : 0;
        return found;
    }

    private void end() throws Refused {
        if (position < text.length()) {
            throw malformed();
        }
    }

    private Refused malformed() {
        return new Refused("'%s' is not ISO-8601 here (at character %d)".formatted(cut(text), position));
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    static String cut(String text) {
        return text.length() <= 64 ? text : text.substring(0, 64) + "…";
    }
}
