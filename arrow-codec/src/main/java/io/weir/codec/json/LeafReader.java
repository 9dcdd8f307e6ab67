package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonToken;
import io.weir.codec.WeirException;
import io.weir.codec.schema.DataType;
import java.io.IOException;
import java.util.Base64;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeMilliVector;
import org.apache.arrow.vector.TimeNanoVector;
import org.apache.arrow.vector.TimeSecVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.VarBinaryVector;

/** Reads a value of a type that is not nested. What is accepted for which type stands at {@link #of}. */
final class LeafReader extends ValueReader {
    /** Converts the current token, a scalar, and sets the slot. */
    private interface Setter {
        void set(JsonInput in, JsonToken token, int slot) throws IOException, Refused;
    }

    private final DataType type;
    private final Setter setter;

    private LeafReader(DataType type, long slotBytes, Setter setter) {
        super(slotBytes, slotBytes);
        this.type = type;
        this.setter = setter;
    }

    @Override
    void read(JsonInput in, JsonToken token, int slot) throws IOException {
        if (token.isStructStart()) {
            in.refuse("expected %s, found %s".formatted(type, in.found(token)));
            in.parser.skipChildren();
            return;
        }
        try {
            setter.set(in, token, slot);
        } catch (Refused e) {
            in.refuse(type + ": " + e.detail());
        }
    }

    /** @param vector laid out for the type as {@code ArrowSchemas} does */
    static LeafReader of(DataType type, FieldVector vector) {
        Setter setter;
        if (type instanceof DataType.Simple simple) {
            setter = simple(simple, vector);
        } else if (type instanceof DataType.Decimal decimal) {
            setter = decimal(decimal, (DecimalVector) vector);
        } else if (type instanceof DataType.Char character) {
            setter = text((BaseVariableWidthVector) vector, character.length());
        } else if (type instanceof DataType.Binary binary) {
            setter = binary(binary.length(), (FixedSizeBinaryVector) vector);
        } else if (type instanceof DataType.Time time) {
            setter = time(time.precision(), vector);
        } else if (type instanceof DataType.Timestamp timestamp) {
            setter = timestamp(timestamp.precision(), false, (TimeStampVector) vector);
        } else if (type instanceof DataType.TimestampLtz timestamp) {
            setter = timestamp(timestamp.precision(), true, (TimeStampVector) vector);
        } else {
            throw new IllegalArgumentException("nested type " + type);
        }
        int width = vector instanceof BitVector || !(vector instanceof BaseFixedWidthVector fixed)
                ? 4
                : fixed.getTypeWidth();
        return new LeafReader(type, width + 1L, setter);
    }

    /** Bytes of a form, or a number that stands for some. */
    static LeafReader of(BytesForm form, VarBinaryVector vector) {
        return new LeafReader(DataType.Simple.BYTES, 5, (in, token, slot) -> {
            byte[] bytes = formed(form, in, token);
            in.count(bytes.length);
            vector.setSafe(slot, bytes, 0, bytes.length);
        });
    }

    private static byte[] formed(BytesForm form, JsonInput in, JsonToken token) throws IOException, Refused {
        boolean number = token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT;
        try {
            return number
                    ? form.of(JsonNumbers.exactLong(in, token, Long.MIN_VALUE, Long.MAX_VALUE))
                    : form.of(base64(in, token));
        } catch (WeirException e) {
            throw new Refused(e.detail());
        }
    }

    private static Setter simple(DataType.Simple type, FieldVector vector) {
        return switch (type) {
            case BOOLEAN -> bool((BitVector) vector);
            case TINYINT -> integer((BaseIntVector) vector, Byte.MIN_VALUE, Byte.MAX_VALUE);
            case SMALLINT -> integer((BaseIntVector) vector, Short.MIN_VALUE, Short.MAX_VALUE);
            case INT -> integer((BaseIntVector) vector, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case BIGINT -> integer((BaseIntVector) vector, Long.MIN_VALUE, Long.MAX_VALUE);
            case FLOAT -> {
                Float4Vector floats = (Float4Vector) vector;
                yield (in, token, slot) -> floats.setSafe(slot, JsonNumbers.nearestFloat(in, token));
            }
            case DOUBLE -> {
                Float8Vector doubles = (Float8Vector) vector;
                yield (in, token, slot) -> doubles.setSafe(slot, JsonNumbers.nearestDouble(in, token));
            }
            case STRING -> text((BaseVariableWidthVector) vector, Integer.MAX_VALUE);
            case BYTES -> bytes((BaseVariableWidthVector) vector);
            case DATE -> {
                DateDayVector dates = (DateDayVector) vector;
                yield (in, token, slot) -> dates.setSafe(slot, TimeText.date(string(in, token)));
            }
        };
    }

    private static Setter bool(BitVector vector) {
        return (in, token, slot) -> {
            boolean isText = token == JsonToken.VALUE_STRING || token == JsonToken.FIELD_NAME;
            String text = in.parser.getText();
            boolean yes = token == JsonToken.VALUE_TRUE || (isText && text.equals("true"));
            if (!yes && token != JsonToken.VALUE_FALSE && !(isText && text.equals("false"))) {
                throw new Refused("expected true or false, found " + in.found(token));
            }
            vector.setSafe(slot, yes ? 1 : 0);
        };
    }

    private static Setter integer(BaseIntVector vector, long min, long max) {
        return (in, token, slot) -> vector.setWithPossibleTruncate(slot, JsonNumbers.exactLong(in, token, min, max));
    }

    private static Setter decimal(DataType.Decimal type, DecimalVector vector) {
        return (in, token, slot) ->
                vector.setSafe(slot, JsonNumbers.exactDecimal(in, token, type.precision(), type.scale()));
    }

    /** Strings; numbers and booleans as their JSON text. */
    private static Setter text(BaseVariableWidthVector vector, int codePointsMax) {
        return (in, token, slot) -> {
            int bytes = in.encodeText();
            if (bytes > codePointsMax) {
                int codePoints = codePoints(in.scratch(), bytes);
                if (codePoints > codePointsMax) {
                    throw new Refused("%s has %d characters".formatted(in.found(token), codePoints));
                }
            }
            in.count(bytes);
            vector.setSafe(slot, in.scratch(), 0, bytes);
        };
    }

    private static int codePoints(byte[] utf8, int length) {
        int codePoints = 0;
        for (int i = 0; i < length; i++) {
            codePoints += (utf8[i] & 0xC0) == 0x80 ? 0 : 1;
        }
        return codePoints;
    }

    private static Setter bytes(BaseVariableWidthVector vector) {
        return (in, token, slot) -> {
            byte[] bytes = base64(in, token);
            in.count(bytes.length);
            vector.setSafe(slot, bytes, 0, bytes.length);
        };
    }

    private static Setter binary(int length, FixedSizeBinaryVector vector) {
        return (in, token, slot) -> {
            byte[] bytes = base64(in, token);
            if (bytes.length != length) {
                throw new Refused("expected %d bytes, found %d".formatted(length, bytes.length));
            }
            vector.setSafe(slot, bytes);
        };
    }

    private static byte[] base64(JsonInput in, JsonToken token) throws IOException, Refused {
        String text = string(in, token);
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new Refused("'%s' is not base64".formatted(TimeText.cut(text)));
        }
    }

    private static Setter time(int precision, FieldVector vector) {
        return (in, token, slot) -> {
            long value = TimeText.time(string(in, token), precision);
            if (vector instanceof TimeSecVector seconds) {
                seconds.setSafe(slot, (int) value);
            } else if (vector instanceof TimeMilliVector millis) {
                millis.setSafe(slot, (int) value);
            } else if (vector instanceof TimeMicroVector micros) {
                micros.setSafe(slot, value);
            } else {
                ((TimeNanoVector) vector).setSafe(slot, value);
            }
        };
    }

    /** ISO-8601, with zone exactly where the type has one; or a number, milliseconds since 1970. */
    private static Setter timestamp(int precision, boolean zone, TimeStampVector vector) {
        return (in, token, slot) -> {
            boolean number = token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT;
            vector.setSafe(
                    slot,
                    number
                            ? JsonNumbers.epochMillis(in, token, precision)
                            : TimeText.dateTime(string(in, token), precision, zone));
        };
    }

    private static String string(JsonInput in, JsonToken token) throws IOException, Refused {
        if (token != JsonToken.VALUE_STRING && token != JsonToken.FIELD_NAME) {
            throw new Refused("expected a string, found " + in.found(token));
        }
        return in.parser.getText();
    }
}
