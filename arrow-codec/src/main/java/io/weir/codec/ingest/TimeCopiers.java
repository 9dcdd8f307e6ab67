package io.weir.codec.ingest;

import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.DataType;
import java.util.function.IntToLongFunction;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DateMilliVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeMilliVector;
import org.apache.arrow.vector.TimeNanoVector;
import org.apache.arrow.vector.TimeSecVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.jspecify.annotations.Nullable;

/** Between dates, times and timestamps of all units; a timestamp keeps being with or without zone. */
final class TimeCopiers {
    private static final long MILLIS_PER_DAY = 86_400_000;

    private interface Setter {
        void set(int to, long value);
    }

    /** @param step what values must be a multiple of, in the target's unit: TIME(4) counts microseconds in hundreds */
    private record Scaled(
            FieldVector source,
            IntToLongFunction value,
            long fromPerSecond,
            long toPerSecond,
            long step,
            long max,
            Setter target)
            implements SlotCopier {
        @Override
        public boolean isNull(int from) {
            return source.isNull(from);
        }

        @Override
        public void copy(int from, int to) throws Refused {
            long original = value.applyAsLong(from);
            long scaled;
            try {
                scaled = toPerSecond >= fromPerSecond
                        ? Math.multiplyExact(original, toPerSecond / fromPerSecond)
                        : original / (fromPerSecond / toPerSecond);
            } catch (ArithmeticException e) {
                throw new Refused(
                        "%d (in %d a second) is out of the column's range".formatted(original, fromPerSecond));
            }
            boolean cut = toPerSecond < fromPerSecond && original % (fromPerSecond / toPerSecond) != 0;
            if (cut || scaled % step != 0) {
                throw new Refused(
                        "%d (in %d a second) is finer than the column keeps".formatted(original, fromPerSecond));
            }
            if (max != Long.MAX_VALUE && (scaled < 0 || scaled >= max)) {
                throw new Refused("%d (in %d a second) is no time of a day".formatted(original, fromPerSecond));
            }
            target.set(to, scaled);
        }
    }

    private record MilliDates(DateMilliVector source, DateDayVector target) implements SlotCopier {
        @Override
        public boolean isNull(int from) {
            return source.isNull(from);
        }

        @Override
        public void copy(int from, int to) throws Refused {
            long millis = source.get(from);
            long day = Math.floorDiv(millis, MILLIS_PER_DAY);
            if (millis % MILLIS_PER_DAY != 0 || day != (int) day) {
                throw new Refused(millis + " ms is not a day of the calendar");
            }
            target.setSafe(to, (int) day);
        }
    }

    private TimeCopiers() {}

    /** Null where the source is nothing like the type. */
    static @Nullable SlotCopier of(FieldVector source, DataType type, FieldVector target) {
        if (type == DataType.Simple.DATE) {
            DateDayVector dates = (DateDayVector) target;
            if (source instanceof DateDayVector days) {
                return new Scaled(days, days::get, 1, 1, 1, Long.MAX_VALUE, (to, v) -> dates.setSafe(to, (int) v));
            }
            return source instanceof DateMilliVector millis ? new MilliDates(millis, dates) : null;
        }
        if (type instanceof DataType.Time time) {
            return time(source, time.precision(), target);
        }
        if (type instanceof DataType.Timestamp timestamp) {
            return timestamp(source, timestamp.precision(), false, (TimeStampVector) target);
        }
        return type instanceof DataType.TimestampLtz timestamp
                ? timestamp(source, timestamp.precision(), true, (TimeStampVector) target)
                : null;
    }

    private static @Nullable SlotCopier time(FieldVector source, int precision, FieldVector target) {
        if (!(source.getField().getType() instanceof ArrowType.Time sourceType)) {
            return null;
        }
        long perSecond = perSecond(ArrowSchemas.unitOf(precision));
        return new Scaled(
                source,
                timeOf(source),
                perSecond(sourceType.getUnit()),
                perSecond,
                step(precision, perSecond),
                86_400 * perSecond,
                timeSetter(target));
    }

    private static IntToLongFunction timeOf(FieldVector source) {
        if (source instanceof TimeSecVector seconds) {
            return seconds::get;
        }
        if (source instanceof TimeMilliVector millis) {
            return millis::get;
        }
        return source instanceof TimeMicroVector micros ? micros::get : ((TimeNanoVector) source)::get;
    }

    private static Setter timeSetter(FieldVector target) {
        if (target instanceof TimeSecVector seconds) {
            return (to, value) -> seconds.setSafe(to, (int) value);
        }
        if (target instanceof TimeMilliVector millis) {
            return (to, value) -> millis.setSafe(to, (int) value);
        }
        return target instanceof TimeMicroVector micros ? micros::setSafe : ((TimeNanoVector) target)::setSafe;
    }

    private static @Nullable SlotCopier timestamp(
            FieldVector source, int precision, boolean zone, TimeStampVector target) {
        if (!(source instanceof TimeStampVector timestamps)
                || !(source.getField().getType() instanceof ArrowType.Timestamp sourceType)) {
            return null;
        }
        boolean zoned =
                sourceType.getTimezone() != null && !sourceType.getTimezone().isEmpty();
        if (zoned != zone) {
            return null;
        }
        long perSecond = perSecond(ArrowSchemas.unitOf(precision));
        return new Scaled(
                source,
                timestamps::get,
                perSecond(sourceType.getUnit()),
                perSecond,
                step(precision, perSecond),
                Long.MAX_VALUE,
                target::setSafe);
    }

    private static long perSecond(TimeUnit unit) {
        return switch (unit) {
            case SECOND -> 1;
            case MILLISECOND -> 1_000;
            case MICROSECOND -> 1_000_000;
            case NANOSECOND -> 1_000_000_000;
        };
    }

    private static long step(int precision, long perSecond) {
        long step = perSecond;
        for (int i = 0; i < precision; i++) {
            step /= 10;
        }
        return step;
    }
}
