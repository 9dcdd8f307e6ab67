package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import io.weir.codec.row.RowView;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.io.IOException;
import java.util.List;

/**
 * Writes encoded rows ({@link io.weir.codec.row.RowEncoder}) as JSON objects in the forms of {@link JsonRowWriter}, straight from their
 * bytes. Columns of nested types are not written here: whoever wants one makes vectors of the rows. Not thread-safe.
 */
public final class RowJson {
    private final RowView view;
    private final int[] sources;
    private final DataType[] types;
    private final SerializedString[] names;

    /**
     * @param schema version of the rows that are written
     * @param wanted columns of the objects, in order; {@link #canWrite} them all
     */
    public RowJson(TableSchema schema, List<Column> wanted) {
        this.view = new RowView(schema);
        this.sources =
                wanted.stream().mapToInt(column -> schema.indexOf(column.id())).toArray();
        this.types = wanted.stream().map(Column::type).toArray(DataType[]::new);
        this.names = wanted.stream().map(c -> new SerializedString(c.name())).toArray(SerializedString[]::new);
    }

    public static boolean canWrite(List<Column> columns) {
        return columns.stream()
                .map(Column::type)
                .noneMatch(type -> type instanceof DataType.Array
                        || type instanceof DataType.Vector
                        || type instanceof DataType.Map
                        || type instanceof DataType.Row);
    }

    /**
     * @param out writes UTF-8 to a stream
     * @throws io.weir.codec.WeirException CORRUPT_DATA where the bytes are no row of the schema version
     */
    public void write(JsonGenerator out, byte[] row) throws IOException {
        view.on(row);
        out.writeStartObject();
        for (int i = 0; i < sources.length; i++) {
            out.writeFieldName(names[i]);
            if (view.isNull(sources[i])) {
                out.writeNull();
            } else {
                write(out, row, sources[i], types[i]);
            }
        }
        out.writeEndObject();
    }

    private void write(JsonGenerator out, byte[] row, int column, DataType type) throws IOException {
        if (type instanceof DataType.Simple simple) {
            writeSimple(out, row, column, simple);
        } else if (type instanceof DataType.Decimal) {
            out.writeString(view.getDecimal(column).toPlainString());
        } else if (type instanceof DataType.Char) {
            out.writeUTF8String(row, view.start(column), view.length(column));
        } else if (type instanceof DataType.Binary) {
            out.writeBinary(row, view.start(column), view.length(column));
        } else {
            out.writeString(time(view.getLong(column), type));
        }
    }

    private void writeSimple(JsonGenerator out, byte[] row, int column, DataType.Simple type) throws IOException {
        switch (type) {
            case BOOLEAN -> out.writeBoolean(view.getLong(column) != 0);
            case TINYINT, SMALLINT, INT, BIGINT -> out.writeNumber(view.getLong(column));
            case FLOAT -> out.writeNumber((float) view.getDouble(column));
            case DOUBLE -> out.writeNumber(view.getDouble(column));
            case STRING -> out.writeUTF8String(row, view.start(column), view.length(column));
            case BYTES -> out.writeBinary(row, view.start(column), view.length(column));
            case DATE -> {
                StringBuilder text = new StringBuilder(16);
                Civil.appendDate(text, view.getLong(column));
                out.writeString(text.toString());
            }
        }
    }

    private static String time(long value, DataType type) {
        StringBuilder text = new StringBuilder(32);
        if (type instanceof DataType.TimestampLtz zoned) {
            Civil.appendDateTime(text, value, zoned.precision());
            text.append('Z');
        } else if (type instanceof DataType.Timestamp timestamp) {
            Civil.appendDateTime(text, value, timestamp.precision());
        } else {
            Civil.appendTime(text, value, ((DataType.Time) type).precision());
        }
        return text.toString();
    }
}
