package io.weir.codec.ingest;

import io.weir.codec.json.Utf8;
import io.weir.codec.schema.DataType;
import java.nio.ByteBuffer;
import java.util.function.IntFunction;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.LargeVarBinaryVector;
import org.apache.arrow.vector.LargeVarCharVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.ViewVarBinaryVector;
import org.apache.arrow.vector.ViewVarCharVector;
import org.jspecify.annotations.Nullable;

/** Between the plain, large and view forms of strings and of bytes; and booleans, which have one form. */
final class BytesCopiers {
    private interface Setter {
        void set(int to, byte[] bytes) throws SlotCopier.Refused;
    }

    private record Copier(FieldVector source, IntFunction<byte[]> value, CopyBudget budget, Setter target)
            implements SlotCopier {
        @Override
        public boolean isNull(int from) {
            return source.isNull(from);
        }

        @Override
        public void copy(int from, int to) throws Refused {
            byte[] bytes = value.apply(from);
            budget.count(bytes.length);
            target.set(to, bytes);
        }
    }

    private record Booleans(BitVector source, BitVector target) implements SlotCopier {
        @Override
        public boolean isNull(int from) {
            return source.isNull(from);
        }

        @Override
        public void copy(int from, int to) {
            target.setSafe(to, source.get(from));
        }
    }

    private BytesCopiers() {}

    /** Null where the source is nothing like the type. */
    static @Nullable SlotCopier of(FieldVector source, DataType type, FieldVector target, CopyBudget budget) {
        if (type == DataType.Simple.BOOLEAN) {
            return source instanceof BitVector bits ? new Booleans(bits, (BitVector) target) : null;
        }
        boolean text = type == DataType.Simple.STRING || type instanceof DataType.Char;
        IntFunction<byte[]> value = text ? textOf(source) : bytesOf(source);
        Setter setter = setter(type, target);
        return value == null || setter == null ? null : new Copier(source, value, budget, setter);
    }

    private static @Nullable IntFunction<byte[]> textOf(FieldVector source) {
        if (source instanceof VarCharVector plain) {
            return plain::get;
        }
        if (source instanceof LargeVarCharVector large) {
            return large::get;
        }
        return source instanceof ViewVarCharVector view ? view::get : null;
    }

    private static @Nullable IntFunction<byte[]> bytesOf(FieldVector source) {
        if (source instanceof VarBinaryVector plain) {
            return plain::get;
        }
        if (source instanceof LargeVarBinaryVector large) {
            return large::get;
        }
        if (source instanceof FixedSizeBinaryVector fixed) {
            return fixed::get;
        }
        return source instanceof ViewVarBinaryVector view ? view::get : null;
    }

    private static @Nullable Setter setter(DataType type, FieldVector target) {
        if (type == DataType.Simple.BYTES) {
            return ((BaseVariableWidthVector) target)::setSafe;
        }
        if (type == DataType.Simple.STRING) {
            return text((BaseVariableWidthVector) target, Integer.MAX_VALUE);
        }
        if (type instanceof DataType.Char character) {
            return text((BaseVariableWidthVector) target, character.length());
        }
        return type instanceof DataType.Binary binary ? fixed((FixedSizeBinaryVector) target, binary.length()) : null;
    }

    private static Setter text(BaseVariableWidthVector target, int codePointsMax) {
        return (to, bytes) -> {
            int invalid = Utf8.firstInvalid(ByteBuffer.wrap(bytes));
            if (invalid >= 0) {
                throw new SlotCopier.Refused("the string is not UTF-8 at byte " + invalid);
            }
            if (bytes.length > codePointsMax) {
                int codePoints = 0;
                for (byte b : bytes) {
                    codePoints += (b & 0xC0) == 0x80 ? 0 : 1;
                }
                if (codePoints > codePointsMax) {
                    throw new SlotCopier.Refused(
                            "a string of %d characters; at most %d".formatted(codePoints, codePointsMax));
                }
            }
            target.setSafe(to, bytes);
        };
    }

    private static Setter fixed(FixedSizeBinaryVector target, int length) {
        return (to, bytes) -> {
            if (bytes.length != length) {
                throw new SlotCopier.Refused("expected %d bytes, found %d".formatted(length, bytes.length));
            }
            target.setSafe(to, bytes);
        };
    }
}
