package io.weir.codec.schema;

import java.util.List;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** Our types in Arrow's terms, both ways; the mapping is the table in {@link DataType}. */
public final class ArrowSchemas {
    private ArrowSchemas() {}

    /** The schema message's content for these columns, in their order. */
    public static Schema toArrow(List<Column> columns) {
        throw new UnsupportedOperationException("spine: " + columns);
    }

    public static Field toField(Column column) {
        throw new UnsupportedOperationException("spine: " + column);
    }

    /**
     * Our type for an Arrow field as other writers make it: large and view forms of string, binary and list, dictionary-encoded
     * fields (their value type), unsigned integers (the next wider signed one; uint64 becomes DECIMAL(20,0)), date64, half floats,
     * every time unit and zone.
     *
     * @throws io.weir.codec.WeirException INVALID_SCHEMA naming the field, where there is no type that loses nothing
     */
    public static DataType fromField(Field field) {
        throw new UnsupportedOperationException("spine: " + field);
    }
}
