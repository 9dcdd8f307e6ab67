package io.weir.lake.iceberg;

import io.weir.codec.schema.DataType;

/**
 * Between the unit in which we hold a time or timestamp and the microseconds that Iceberg counts.
 *
 * @param micros that are one of ours
 */
record TimeUnits(long micros) {
    /** @param type TIME, TIMESTAMP or TIMESTAMP_LTZ of at most six digits */
    static TimeUnits of(DataType type) {
        int precision;
        if (type instanceof DataType.Time time) {
            precision = time.precision();
        } else if (type instanceof DataType.Timestamp timestamp) {
            precision = timestamp.precision();
        } else {
            precision = ((DataType.TimestampLtz) type).precision();
        }
        return new TimeUnits(precision == 0 ? 1_000_000 : precision <= 3 ? 1000 : 1);
    }

    /** Exact for what was written from ours; what others wrote finer is cut downwards. */
    long toOurs(long value) {
        return Math.floorDiv(value, micros);
    }

    /** @throws ArithmeticException where it is beyond what microseconds reach */
    long toMicros(long value) {
        return Math.multiplyExact(value, micros);
    }
}
