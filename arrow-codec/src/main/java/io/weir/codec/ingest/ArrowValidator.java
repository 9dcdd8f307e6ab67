package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchLayout;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/**
 * Full validation of one uncompressed record batch that a client sent: after it, no reader that trusts Arrow's rules can be led
 * outside a buffer, and strings are UTF-8. Buffers are long enough for the rows, offsets do not decrease and stay within the data,
 * declared null counts are those of the bitmaps, dictionary indexes are in the dictionary. Where our columns are given (the fields
 * then have their layout), values are held to the columns' types too, and row problems are collected.
 */
final class ArrowValidator {
    private final BatchLayout layout;
    private final ByteBuffer body;
    private final String where;
    private final Map<Long, ArrowDictionary> dictionaries;
    private final RowProblems problems;
    private final DecodeBudget budget;
    private int node;
    private int buffer;
    private int variadic;

    private ArrowValidator(
            BatchLayout layout,
            ByteBuffer body,
            String where,
            Map<Long, ArrowDictionary> dictionaries,
            RowProblems problems,
            DecodeBudget budget) {
        this.layout = layout;
        this.body = body.slice().order(ByteOrder.LITTLE_ENDIAN);
        this.where = where;
        this.dictionaries = dictionaries;
        this.problems = problems;
        this.budget = budget;
    }

    /**
     * @param fields as Arrow keeps them in memory: dictionary-encoded ones have their index type
     * @param columns ours, or null where only the layout is checked
     * @param where begins the error's detail, e.g. {@code record batch 3}
     * @throws WeirException INVALID_ARROW
     */
    static void validate(
            List<Field> fields,
            @Nullable List<Column> columns,
            BatchLayout layout,
            ByteBuffer body,
            String where,
            Map<Long, ArrowDictionary> dictionaries,
            RowProblems problems,
            DecodeBudget budget) {
        ArrowValidator validator = new ArrowValidator(layout, body, where, dictionaries, problems, budget);
        for (int i = 0; i < fields.size(); i++) {
            Column column = columns == null ? null : columns.get(i);
            validator.visit(
                    fields.get(i),
                    null,
                    layout.rowCount(),
                    true,
                    column == null ? null : column.type(),
                    column == null || column.nullable());
        }
        validator.expectEnd();
    }

    private void expectEnd() {
        if (node != layout.nodeCount() || buffer != layout.bufferCount() || variadic != layout.variadicCountCount()) {
            throw refuse("it has %d field nodes and %d buffers where the schema needs %d and %d"
                    .formatted(layout.nodeCount(), layout.bufferCount(), node, buffer));
        }
    }

    private WeirException refuse(String detail) {
        return new WeirException(ErrorCode.INVALID_ARROW, where + ": " + detail);
    }

    private WeirException refuse(ArrowNode at, String detail) {
        return refuse("column " + at.path() + ": " + detail);
    }

    private void visit(
            Field field,
            @Nullable ArrowNode parent,
            int length,
            boolean exact,
            @Nullable DataType expected,
            boolean nullable) {
        ArrowNode here = enter(field, parent, length, exact);
        if (!nullable && here.nullCount > 0) {
            ValueRules.checkNulls(here, problems);
        }
        ArrowType type = field.getType();
        if (field.getDictionary() != null) {
            checkIndexes(here, field);
            return;
        }
        switch (type.getTypeID()) {
            case Null -> {}
            case Utf8, Binary -> bytes32(here, type.getTypeID() == ArrowType.ArrowTypeID.Utf8, expected);
            case LargeUtf8, LargeBinary -> bytes64(here, type.getTypeID() == ArrowType.ArrowTypeID.LargeUtf8);
            case Utf8View, BinaryView -> views(here, type.getTypeID() == ArrowType.ArrowTypeID.Utf8View);
            case List, Map -> list32(here, field, expected);
            case LargeList -> {
                int offsets = next(here, 8L * (here.length + 1L), here.length == 0);
                long end = here.length == 0 ? 0 : checkOffsets64(here, offsets, Integer.MAX_VALUE);
                visit(onlyChild(here, field), here, (int) end, false, null, true);
            }
            case ListView -> listView(here, field, 4);
            case LargeListView -> listView(here, field, 8);
            case FixedSizeList -> fixedSizeList(here, field, (ArrowType.FixedSizeList) type, expected);
            case Struct -> struct(here, field, expected);
            default -> fixed(here, type, expected);
        }
    }

    private ArrowNode enter(Field field, @Nullable ArrowNode parent, int length, boolean exact) {
        if (node >= layout.nodeCount()) {
            throw refuse("it has only %d field nodes, too few for the schema".formatted(layout.nodeCount()));
        }
        int count = layout.nodeLength(node);
        int nulls = layout.nullCount(node++);
        if (field.getType().getTypeID() == ArrowType.ArrowTypeID.Null) {
            nulls = 0; // neither a bitmap nor values: nothing in the body bounds their number
            budget.takeBytes(count);
        }
        int bitmap = field.getType().getTypeID() == ArrowType.ArrowTypeID.Null ? -1 : buffer++;
        if (bitmap >= layout.bufferCount()) {
            throw refuse("it has only %d buffers, too few for the schema".formatted(layout.bufferCount()));
        }
        int validity = bitmap < 0 ? 0 : layout.bufferOffset(bitmap);
        ArrowNode here = new ArrowNode(parent, field.getName(), body, count, nulls, validity);
        if (exact ? count != length : count < length) {
            throw refuse(here, "%d values where %d are needed".formatted(count, length));
        }
        if (bitmap >= 0 && (nulls > 0 || layout.bufferLength(bitmap) > 0)) {
            checkNullCount(here, bitmap);
        }
        return here;
    }

    private void checkNullCount(ArrowNode here, int bitmap) {
        int bytes = (int) ((here.length + 7L) / 8);
        if (layout.bufferLength(bitmap) < bytes) {
            throw refuse(
                    here,
                    "the validity bitmap has %d bytes, %d values need %d"
                            .formatted(layout.bufferLength(bitmap), here.length, bytes));
        }
        int at = layout.bufferOffset(bitmap);
        int set = 0;
        int i = 0;
        for (; i <= here.length - 64; i += 64) {
            set += Long.bitCount(body.getLong(at + (i >> 3)));
        }
        for (; i < here.length; i++) {
            set += body.get(at + (i >> 3)) >> (i & 7) & 1;
        }
        if (here.length - set != here.nullCount) {
            throw refuse(here, "%d nulls are declared, the bitmap has %d".formatted(here.nullCount, here.length - set));
        }
    }

    /** Position of the next buffer, which must have at least {@code bytes}; an empty one passes where {@code orEmpty}. */
    private int next(ArrowNode here, long bytes, boolean orEmpty) {
        if (buffer >= layout.bufferCount()) {
            throw refuse("it has only %d buffers, too few for the schema".formatted(layout.bufferCount()));
        }
        int length = layout.bufferLength(buffer);
        if (length < bytes && !(orEmpty && length == 0)) {
            throw refuse(here, "a buffer has %d bytes, %d values need %d".formatted(length, here.length, bytes));
        }
        return layout.bufferOffset(buffer++);
    }

    private void fixed(ArrowNode here, ArrowType type, @Nullable DataType expected) {
        long bits = ArrowFields.bits(type);
        if (bits < 0) {
            throw refuse(here, "type %s is not taken".formatted(type));
        }
        int data = next(here, (here.length * bits + 7) / 8, false);
        if (expected != null) {
            ValueRules.checkFixed(here, expected, data, problems);
        }
    }

    private void checkIndexes(ArrowNode here, Field field) {
        ArrowType.Int type = (ArrowType.Int) field.getType();
        int width = type.getBitWidth() / 8;
        int data = next(here, (long) here.length * width, false);
        ArrowDictionary dictionary = dictionaries.get(field.getDictionary().getId());
        if (dictionary == null) {
            throw refuse(
                    here,
                    "dictionary %d was not sent".formatted(field.getDictionary().getId()));
        }
        int size = dictionary.size();
        long decoded = 0;
        for (int i = 0; i < here.length; i++) {
            long index =
                    switch (width) {
                        case 1 -> body.get(data + i) & (type.getIsSigned() ? -1L : 0xFFL);
                        case 2 -> body.getShort(data + 2 * i) & (type.getIsSigned() ? -1L : 0xFFFFL);
                        case 4 -> body.getInt(data + 4 * i) & (type.getIsSigned() ? -1L : 0xFFFFFFFFL);
                        default -> body.getLong(data + 8 * i);
                    };
            if ((index < 0 || index >= size) && !here.isNull(i)) {
                throw refuse(here, "row %d has index %d into a dictionary of %d".formatted(i, index, size));
            }
            decoded += index >= 0 && index < size ? dictionary.valueBytes((int) index) : 0;
        }
        budget.takeBytes(decoded);
    }

    private void bytes32(ArrowNode here, boolean text, @Nullable DataType expected) {
        int offsets = next(here, 4L * (here.length + 1L), here.length == 0);
        int dataBytes = buffer < layout.bufferCount() ? layout.bufferLength(buffer) : 0;
        int data = next(here, 0, true);
        if (here.length == 0) {
            return;
        }
        int end = checkOffsets32(here, offsets, dataBytes);
        if (!text) {
            return;
        }
        int start = data + body.getInt(offsets);
        int ascii = Utf8.asciiEnd(body, start, data + end);
        if (ascii == data + end) {
            if (expected instanceof DataType.Char type) {
                ValueRules.checkLengths(here, type, offsets, data, problems);
            }
            return;
        }
        // From the value on that holds the first byte past ASCII: all bytes are valid, and no value begins within a
        // character.
        for (int i = 0; i <= here.length; i++) {
            int at = data + body.getInt(offsets + 4 * i);
            if (at < data + end && Utf8.isContinuation(body.get(at))) {
                throw refuse(here, "the string of row %d begins or ends within a character".formatted(i));
            }
        }
        int valid = Utf8.validEnd(body, start, data + end);
        if (valid != data + end) {
            throw refuse(here, "byte %d of the string data is not UTF-8".formatted(valid - data));
        }
        if (expected instanceof DataType.Char type) {
            ValueRules.checkLengths(here, type, offsets, data, problems);
        }
    }

    /** Checks {@code length + 1} offsets and returns the last. */
    private int checkOffsets32(ArrowNode here, int offsets, int max) {
        int former = body.getInt(offsets);
        int wrong = former;
        for (int i = 1; i <= here.length; i++) {
            int offset = body.getInt(offsets + 4 * i);
            wrong |= offset | (offset - former);
            former = offset;
        }
        if (wrong < 0 || former > max) {
            throw refuse(here, "offsets decrease or lie outside the %d values that there are".formatted(max));
        }
        return former;
    }

    private long checkOffsets64(ArrowNode here, int offsets, long max) {
        long former = body.getLong(offsets);
        long wrong = former;
        for (int i = 1; i <= here.length; i++) {
            long offset = body.getLong(offsets + 8 * i);
            wrong |= offset | (offset - former);
            former = offset;
        }
        if (wrong < 0 || former > max) {
            throw refuse(here, "offsets decrease or lie outside the %d values that there are".formatted(max));
        }
        return former;
    }

    private void bytes64(ArrowNode here, boolean text) {
        int offsets = next(here, 8L * (here.length + 1L), here.length == 0);
        int dataBytes = buffer < layout.bufferCount() ? layout.bufferLength(buffer) : 0;
        int data = next(here, 0, true);
        if (here.length == 0) {
            return;
        }
        checkOffsets64(here, offsets, dataBytes);
        for (int i = 0; text && i < here.length; i++) {
            int from = data + (int) body.getLong(offsets + 8 * i);
            checkText(here, i, from, data + (int) body.getLong(offsets + 8 * i + 8));
        }
    }

    private void checkText(ArrowNode here, int index, int from, int to) {
        if (Utf8.validEnd(body, from, to) != to) {
            throw refuse(here, "the string of row %d is not UTF-8".formatted(index));
        }
    }

    /** Sixteen bytes a value: length, then the bytes themselves up to 12, or four of them, number of a buffer and offset in it. */
    private void views(ArrowNode here, boolean text) {
        int data = next(here, 16L * here.length, false);
        if (variadic >= layout.variadicCountCount()) {
            throw refuse(here, "the number of its data buffers is not declared");
        }
        int count = layout.variadicCount(variadic++);
        int first = buffer;
        if (count > layout.bufferCount() - first) {
            throw refuse(
                    here, "%d data buffers are declared, there are %d".formatted(count, layout.bufferCount() - first));
        }
        buffer += count;
        long decoded = 0;
        for (int i = 0; i < here.length; i++) {
            if (here.isNull(i)) {
                continue;
            }
            int view = data + 16 * i;
            int length = body.getInt(view);
            int from = view + 4;
            if (length < 0) {
                throw refuse(here, "row %d has a view of length %d".formatted(i, length));
            }
            if (length > 12) {
                from = outOfLine(here, i, view, length, first, count);
            }
            if (text) {
                checkText(here, i, from, from + length);
            }
            decoded += length;
        }
        budget.takeBytes(decoded); // any number of views may show the same bytes
    }

    private int outOfLine(ArrowNode here, int index, int view, int length, int firstBuffer, int count) {
        int number = body.getInt(view + 8);
        int offset = body.getInt(view + 12);
        if (number < 0
                || number >= count
                || offset < 0
                || (long) offset + length > layout.bufferLength(firstBuffer + number)) {
            throw refuse(here, "the view of row %d points outside its data buffers".formatted(index));
        }
        int from = layout.bufferOffset(firstBuffer + number) + offset;
        if (body.getInt(view + 4) != body.getInt(from)) {
            throw refuse(here, "the view of row %d has another prefix than its data".formatted(index));
        }
        return from;
    }

    private Field onlyChild(ArrowNode here, Field field) {
        if (field.getChildren().size() != 1) {
            throw refuse(
                    here,
                    "%d children instead of one".formatted(field.getChildren().size()));
        }
        return field.getChildren().get(0);
    }

    private void list32(ArrowNode here, Field field, @Nullable DataType expected) {
        int offsets = next(here, 4L * (here.length + 1L), here.length == 0);
        int end = here.length == 0 ? 0 : checkOffsets32(here, offsets, Integer.MAX_VALUE);
        here.nest(ArrowNode.Nesting.LIST, offsets);
        Field child = onlyChild(here, field);
        boolean isMap = field.getType().getTypeID() == ArrowType.ArrowTypeID.Map;
        if (isMap
                && (child.getType().getTypeID() != ArrowType.ArrowTypeID.Struct
                        || child.getChildren().size() != 2)) {
            throw refuse(here, "the entries of a map must be a struct of key and value");
        }
        if (expected instanceof DataType.Array array) {
            visit(child, here, end, false, array.element(), array.elementNullable());
        } else if (expected instanceof DataType.Map map) {
            DataType entry = new DataType.Row(List.of(
                    new DataType.Row.Field("key", map.key(), false),
                    new DataType.Row.Field("value", map.value(), map.valueNullable())));
            visit(child, here, end, false, entry, false);
        } else {
            visit(child, here, end, false, null, true);
        }
    }

    private void listView(ArrowNode here, Field field, int width) {
        int offsets = next(here, (long) width * here.length, false);
        int sizes = next(here, (long) width * here.length, false);
        long end = 0;
        long total = 0;
        for (int i = 0; i < here.length; i++) {
            long offset = width == 4 ? body.getInt(offsets + 4 * i) : body.getLong(offsets + 8 * i);
            long size = width == 4 ? body.getInt(sizes + 4 * i) : body.getLong(sizes + 8 * i);
            if (offset < 0 || size < 0 || offset > Integer.MAX_VALUE || size > Integer.MAX_VALUE) {
                throw refuse(here, "the list of row %d has offset %d and size %d".formatted(i, offset, size));
            }
            end = Math.max(end, offset + size);
            total += size;
        }
        if (end > Integer.MAX_VALUE || (node < layout.nodeCount() && total > layout.nodeLength(node))) {
            throw refuse(here, "its lists overlap or reach to value %d".formatted(end));
        }
        visit(onlyChild(here, field), here, (int) end, false, null, true);
    }

    private void fixedSizeList(ArrowNode here, Field field, ArrowType.FixedSizeList type, @Nullable DataType expected) {
        long children = (long) here.length * type.getListSize();
        if (type.getListSize() < 0 || children > Integer.MAX_VALUE - 8) {
            throw refuse(here, "%d lists of %d values".formatted(here.length, type.getListSize()));
        }
        here.nest(ArrowNode.Nesting.FIXED_LIST, Math.max(1, type.getListSize()));
        boolean vector = expected instanceof DataType.Vector;
        visit(onlyChild(here, field), here, (int) children, true, vector ? DataType.Simple.FLOAT : null, !vector);
    }

    private void struct(ArrowNode here, Field field, @Nullable DataType expected) {
        here.nest(ArrowNode.Nesting.STRUCT, 0);
        for (int i = 0; i < field.getChildren().size(); i++) {
            DataType.Row.Field ours =
                    expected instanceof DataType.Row row ? row.fields().get(i) : null;
            visit(
                    field.getChildren().get(i),
                    here,
                    here.length,
                    true,
                    ours == null ? null : ours.type(),
                    ours == null || ours.nullable());
        }
    }
}
