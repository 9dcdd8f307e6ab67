package io.weir.codec.ingest;

import io.weir.codec.ingest.SlotCopier.Refused;
import io.weir.codec.schema.DataType;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.Decimal256Vector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float2Vector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.FloatingPointVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.jspecify.annotations.Nullable;

/** Between integers of all widths, signed or not, floats of all widths, and decimals of all scales. */
final class NumberCopiers {
    /** Sets a slot; one of the three is called, by what the source holds. */
    private interface Target {
        void set(int to, long value) throws Refused;

        void set(int to, double value) throws Refused;

        void set(int to, BigDecimal value) throws Refused;
    }

    private interface Move {
        void move(int from, int to) throws Refused;
    }

    private record Copier(FieldVector source, Move move) implements SlotCopier {
        @Override
        public boolean isNull(int from) {
            return source.isNull(from);
        }

        @Override
        public void copy(int from, int to) throws Refused {
            move.move(from, to);
        }
    }

    private NumberCopiers() {}

    /** Null where either is no number. */
    static @Nullable SlotCopier of(FieldVector source, DataType type, FieldVector target) {
        Target setter = target(type, target);
        Move move = setter == null ? null : move(source, setter);
        return move == null ? null : new Copier(source, move);
    }

    private static @Nullable Move move(FieldVector source, Target target) {
        if (source instanceof UInt1Vector numbers) {
            return (from, to) -> target.set(to, numbers.get(from) & 0xFFL);
        }
        if (source instanceof UInt2Vector numbers) {
            return (from, to) -> target.set(to, (long) numbers.get(from));
        }
        if (source instanceof UInt4Vector numbers) {
            return (from, to) -> target.set(to, Integer.toUnsignedLong(numbers.get(from)));
        }
        if (source instanceof UInt8Vector numbers) {
            return (from, to) -> {
                long value = numbers.get(from);
                if (value >= 0) {
                    target.set(to, value);
                } else {
                    target.set(to, new BigDecimal(new BigInteger(Long.toUnsignedString(value))));
                }
            };
        }
        if (source instanceof BaseIntVector numbers) {
            return (from, to) -> target.set(to, numbers.getValueAsLong(from));
        }
        if (source instanceof Float2Vector numbers) {
            return (from, to) -> target.set(to, (double) numbers.getValueAsFloat(from));
        }
        if (source instanceof FloatingPointVector numbers) {
            return (from, to) -> target.set(to, numbers.getValueAsDouble(from));
        }
        if (source instanceof DecimalVector numbers) {
            return (from, to) -> target.set(to, numbers.getObject(from));
        }
        if (source instanceof Decimal256Vector numbers) {
            return (from, to) -> target.set(to, numbers.getObject(from));
        }
        return null;
    }

    private static @Nullable Target target(DataType type, FieldVector target) {
        if (type instanceof DataType.Decimal decimal) {
            return new ToDecimal((DecimalVector) target, decimal);
        }
        if (!(type instanceof DataType.Simple simple)) {
            return null;
        }
        return switch (simple) {
            case TINYINT -> new ToInteger((BaseIntVector) target, Byte.MIN_VALUE, Byte.MAX_VALUE);
            case SMALLINT -> new ToInteger((BaseIntVector) target, Short.MIN_VALUE, Short.MAX_VALUE);
            case INT -> new ToInteger((BaseIntVector) target, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case BIGINT -> new ToInteger((BaseIntVector) target, Long.MIN_VALUE, Long.MAX_VALUE);
            case FLOAT -> new ToFloat((Float4Vector) target);
            case DOUBLE -> new ToDouble((Float8Vector) target);
            default -> null;
        };
    }

    /** Kept exactly or refused; an infinity or NaN has no decimal. */
    private static BigDecimal exact(double value) throws Refused {
        if (!Double.isFinite(value)) {
            throw new Refused(value + " is not a number that the column can keep");
        }
        return new BigDecimal(value);
    }

    private record ToInteger(BaseIntVector target, long min, long max) implements Target {
        @Override
        public void set(int to, long value) throws Refused {
            if (value < min || value > max) {
                throw new Refused("%d is not from %d to %d".formatted(value, min, max));
            }
            target.setWithPossibleTruncate(to, value);
        }

        @Override
        public void set(int to, double value) throws Refused {
            set(to, exact(value));
        }

        @Override
        public void set(int to, BigDecimal value) throws Refused {
            try {
                set(to, value.longValueExact());
            } catch (ArithmeticException e) {
                throw new Refused("%s is not a whole number from %d to %d".formatted(value, min, max));
            }
        }
    }

    private record ToDecimal(DecimalVector target, DataType.Decimal type) implements Target {
        @Override
        public void set(int to, long value) throws Refused {
            set(to, BigDecimal.valueOf(value));
        }

        @Override
        public void set(int to, double value) throws Refused {
            set(to, exact(value));
        }

        @Override
        public void set(int to, BigDecimal value) throws Refused {
            BigDecimal stripped = value.stripTrailingZeros();
            boolean fits = stripped.signum() == 0
                    || (stripped.scale() <= type.scale()
                            && (long) stripped.precision() - stripped.scale() <= type.precision() - type.scale());
            if (!fits) {
                throw new Refused("%s does not fit %s".formatted(value, type));
            }
            target.setSafe(to, stripped.setScale(type.scale()));
        }
    }

    private record ToFloat(Float4Vector target) implements Target {
        @Override
        public void set(int to, long value) throws Refused {
            set(to, BigDecimal.valueOf(value));
        }

        @Override
        public void set(int to, double value) throws Refused {
            float nearest = (float) value;
            if (Double.compare(nearest, value) != 0) {
                throw new Refused(value + " is finer or larger than FLOAT keeps");
            }
            target.setSafe(to, nearest);
        }

        @Override
        public void set(int to, BigDecimal value) throws Refused {
            float nearest = value.floatValue();
            if (Float.isInfinite(nearest) || new BigDecimal(nearest).compareTo(value) != 0) {
                throw new Refused(value + " is finer or larger than FLOAT keeps");
            }
            target.setSafe(to, nearest);
        }
    }

    private record ToDouble(Float8Vector target) implements Target {
        @Override
        public void set(int to, long value) throws Refused {
            set(to, BigDecimal.valueOf(value));
        }

        @Override
        public void set(int to, double value) {
            target.setSafe(to, value);
        }

        @Override
        public void set(int to, BigDecimal value) throws Refused {
            double nearest = value.doubleValue();
            if (Double.isInfinite(nearest) || new BigDecimal(nearest).compareTo(value) != 0) {
                throw new Refused(value + " is finer or larger than DOUBLE keeps");
            }
            target.setSafe(to, nearest);
        }
    }
}
