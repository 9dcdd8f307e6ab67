package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.codec.schema.DataType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.arrow.vector.BaseIntVector;
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
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;

/** Writes one slot of a vector, laid out for its type as {@code ArrowSchemas} does, as a JSON value. */
final class ValueWriter {
    private ValueWriter() {}

    static void write(JsonGenerator out, FieldVector vector, DataType type, int i) throws IOException {
        if (vector.isNull(i)) {
            out.writeNull();
            return;
        }
        switch (vector.getMinorType()) {
            case BIT -> out.writeBoolean(((BitVector) vector).get(i) != 0);
            case TINYINT, SMALLINT, INT, BIGINT -> out.writeNumber(((BaseIntVector) vector).getValueAsLong(i));
            case FLOAT4 -> out.writeNumber(((Float4Vector) vector).get(i));
            case FLOAT8 -> out.writeNumber(((Float8Vector) vector).get(i));
            case DECIMAL ->
                out.writeString(((DecimalVector) vector).getObject(i).toPlainString());
            case VARCHAR -> writeText(out, ((VarCharVector) vector).get(i));
            case VARBINARY -> out.writeBinary(((VarBinaryVector) vector).get(i));
            case FIXEDSIZEBINARY -> out.writeBinary(((FixedSizeBinaryVector) vector).get(i));
            case LIST -> writeArray(out, (ListVector) vector, ((DataType.Array) type).element(), i);
            case FIXED_SIZE_LIST -> writeFloats(out, (FixedSizeListVector) vector, i);
            case MAP -> writeMap(out, (ListVector) vector, (DataType.Map) type, i);
            case STRUCT -> writeRow(out, (StructVector) vector, (DataType.Row) type, i);
            default -> out.writeString(timeText(vector, type, i));
        }
    }

    private static String timeText(FieldVector vector, DataType type, int i) {
        StringBuilder text = new StringBuilder(32);
        if (vector instanceof TimeStampVector timestamps) {
            if (type instanceof DataType.TimestampLtz zoned) {
                Civil.appendDateTime(text, timestamps.get(i), zoned.precision());
                text.append('Z');
            } else {
                Civil.appendDateTime(text, timestamps.get(i), ((DataType.Timestamp) type).precision());
            }
        } else if (vector instanceof DateDayVector dates) {
            Civil.appendDate(text, dates.get(i));
        } else {
            Civil.appendTime(text, timeOfDay(vector, i), ((DataType.Time) type).precision());
        }
        return text.toString();
    }

    private static long timeOfDay(FieldVector vector, int i) {
        if (vector instanceof TimeSecVector seconds) {
            return seconds.get(i);
        }
        if (vector instanceof TimeMilliVector millis) {
            return millis.get(i);
        }
        return vector instanceof TimeMicroVector micros ? micros.get(i) : ((TimeNanoVector) vector).get(i);
    }

    private static void writeText(JsonGenerator out, byte[] utf8) throws IOException {
        if (out.getOutputTarget() instanceof OutputStream) {
            out.writeUTF8String(
                    utf8, 0, utf8.length); // saves decoding what is encoded again; other targets do not take it
        } else {
            out.writeString(new String(utf8, StandardCharsets.UTF_8));
        }
    }

    private static void writeArray(JsonGenerator out, ListVector list, DataType element, int i) throws IOException {
        FieldVector elements = list.getDataVector();
        int end = list.getElementEndIndex(i);
        out.writeStartArray();
        for (int e = list.getElementStartIndex(i); e < end; e++) {
            write(out, elements, element, e);
        }
        out.writeEndArray();
    }

    private static void writeFloats(JsonGenerator out, FixedSizeListVector list, int i) throws IOException {
        Float4Vector elements = (Float4Vector) list.getDataVector();
        int length = list.getListSize();
        out.writeStartArray();
        for (int e = i * length; e < (i + 1) * length; e++) {
            out.writeNumber(elements.get(e));
        }
        out.writeEndArray();
    }

    private static void writeMap(JsonGenerator out, ListVector map, DataType.Map type, int i) throws IOException {
        StructVector entries = (StructVector) map.getDataVector();
        FieldVector keys = (FieldVector) entries.getChildByOrdinal(0);
        FieldVector values = (FieldVector) entries.getChildByOrdinal(1);
        int start = map.getElementStartIndex(i);
        int end = map.getElementEndIndex(i);
        if (keys instanceof VarCharVector names) {
            out.writeStartObject();
            for (int e = start; e < end; e++) {
                out.writeFieldName(new String(names.get(e), StandardCharsets.UTF_8));
                write(out, values, type.value(), e);
            }
            out.writeEndObject();
            return;
        }
        out.writeStartArray();
        for (int e = start; e < end; e++) {
            out.writeStartObject();
            out.writeFieldName("key");
            write(out, keys, type.key(), e);
            out.writeFieldName("value");
            write(out, values, type.value(), e);
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private static void writeRow(JsonGenerator out, StructVector struct, DataType.Row type, int i) throws IOException {
        out.writeStartObject();
        for (int f = 0; f < type.fields().size(); f++) {
            DataType.Row.Field field = type.fields().get(f);
            out.writeFieldName(field.name());
            write(out, (FieldVector) struct.getChildByOrdinal(f), field.type(), i);
        }
        out.writeEndObject();
    }
}
