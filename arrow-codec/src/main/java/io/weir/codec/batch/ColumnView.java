package io.weir.codec.batch;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A column (or a child of one) of checked, uncompressed rows, read where it lies in the body. Offsets are absolute positions in
 * {@link #body}; an absent validity buffer is -1. Reads outside the body throw.
 */
public final class ColumnView {
    final DataType type;
    final ByteBuffer body;
    final int length;
    final int nullCount;
    final int validity;

    /** Offsets of variable and list types, values of the others. */
    final int data;

    /** Bytes of variable types. */
    final int values;

    final List<ColumnView> children;

    private ColumnView(DataType type, ByteBuffer body, BatchLayout layout, Cursor at) {
        this.type = type;
        this.body = body;
        this.length = layout.nodeLength(at.node);
        this.nullCount = layout.nullCount(at.node++);
        this.validity = nullCount > 0 ? layout.bufferOffset(at.buffer) : -1;
        at.buffer++;
        boolean variable = TypeShape.isVariable(type);
        boolean hasData =
                variable || TypeShape.isList(type) || TypeShape.bits(type) > 0 || type instanceof DataType.Binary;
        this.data = hasData ? layout.bufferOffset(at.buffer++) : -1;
        this.values = variable ? layout.bufferOffset(at.buffer++) : -1;
        List<ColumnView> nested = new ArrayList<>();
        for (TypeShape.Child child : TypeShape.children(type)) {
            nested.add(new ColumnView(child.type(), body, layout, at));
        }
        this.children = nested;
    }

    private static final class Cursor {
        private int node;
        private int buffer;
    }

    /**
     * Views of all columns; compressed rows are decompressed first.
     *
     * @throws io.weir.codec.WeirException CORRUPT_DATA where the rows are none of these columns
     */
    public static List<ColumnView> of(List<Column> columns, EncodedRows rows) {
        EncodedRows plain = BodyCompression.decompress(columns, rows);
        ByteBuffer body = plain.body().slice().order(ByteOrder.LITTLE_ENDIAN);
        BatchLayout layout = BatchLayout.read(columns, plain.metadata(), body.remaining());
        Cursor cursor = new Cursor();
        List<ColumnView> views = new ArrayList<>(columns.size());
        for (Column column : columns) {
            views.add(new ColumnView(column.type(), body, layout, cursor));
        }
        return views;
    }

    public DataType type() {
        return type;
    }

    /** Values, nulls included. */
    public int length() {
        return length;
    }

    public boolean hasNulls() {
        return nullCount > 0;
    }

    /** The children as {@link TypeShape#children} lists them: a map has one, its entries. */
    public ColumnView child(int index) {
        return children.get(index);
    }

    public boolean isNull(int index) {
        return validity >= 0 && (body.get(validity + (index >> 3)) & 1 << (index & 7)) == 0;
    }

    /** Where value {@code index} begins, for variable and list types; {@code index} up to and including the length. */
    public int offset(int index) {
        return length == 0 ? 0 : body.getInt(data + 4 * index);
    }

    /** Of BOOLEAN. */
    public boolean bitAt(int index) {
        return (body.get(data + (index >> 3)) & 1 << (index & 7)) != 0;
    }

    /** Of types of one byte; so on for the others. Nothing is checked but the bounds of the body. */
    public byte byteAt(int index) {
        return body.get(data + index);
    }

    public short shortAt(int index) {
        return body.getShort(data + 2 * index);
    }

    public int intAt(int index) {
        return body.getInt(data + 4 * index);
    }

    /** Of types of eight bytes; a DECIMAL has its low half at twice its index, and its high half behind it. */
    public long longAt(int index) {
        return body.getLong(data + 8 * index);
    }

    /** Copies bytes of a variable type. @param from counted as {@link #offset} does */
    public void copyBytes(int from, int count, byte[] out, int at) {
        body.get(values + from, out, at, count);
    }

    /** Copies a value of a type of {@code width} bytes. */
    public void copyFixed(int index, int width, byte[] out, int at) {
        body.get(data + index * width, out, at, width);
    }
}
