package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.DataType;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.ExtensionTypeVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.NullVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.LargeListVector;
import org.apache.arrow.vector.complex.LargeListViewVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.ListViewVector;
import org.apache.arrow.vector.complex.MapVector;
import org.apache.arrow.vector.complex.RunEndEncodedVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.jspecify.annotations.Nullable;

/** Finds, once for a column's tree, how values of a vector become values of a type; what cannot is refused before any row. */
final class CopierFactory {
    /** Types bound the depth of what is nested, but a dictionary may name itself. */
    private static final int DEPTH_MAX = 4 * DataType.DEPTH_MAX;

    private final DictionaryProvider dictionaries;
    private final CopyBudget budget;

    CopierFactory(DictionaryProvider dictionaries, CopyBudget budget) {
        this.dictionaries = dictionaries;
        this.budget = budget;
    }

    /**
     * @param path of the source in the rows, for errors
     * @param target laid out for the type as {@code ArrowSchemas} does
     */
    SlotCopier of(FieldVector source, DataType type, FieldVector target, String path, int depth) {
        if (depth > DEPTH_MAX) {
            throw new WeirException(ErrorCode.INVALID_ARROW, "column '%s' is nested too deep".formatted(path));
        }
        DictionaryEncoding encoding = source.getField().getDictionary();
        if (encoding != null) {
            return dictionary(source, encoding, type, target, path, depth);
        }
        if (source instanceof RunEndEncodedVector runs) {
            FieldVector values = runs.getValuesVector();
            IntUnaryOperator run = i -> checked(runs.getPhysicalIndex(i), values.getValueCount(), path);
            return new Indirect(run, i -> false, of(values, type, target, path, depth + 1));
        }
        if (source instanceof ExtensionTypeVector<?> extension) {
            return of(extension.getUnderlyingVector(), type, target, path, depth + 1);
        }
        if (source instanceof NullVector) {
            return new Nulls();
        }
        SlotCopier copier = plain(source, type, target, path, depth);
        if (copier == null) {
            throw new WeirException(
                    ErrorCode.INVALID_ROWS,
                    "column '%s': Arrow type %s does not become %s without loss; cast it before sending"
                            .formatted(path, source.getField().getType(), type));
        }
        return copier;
    }

    private SlotCopier dictionary(
            FieldVector source,
            DictionaryEncoding encoding,
            DataType type,
            FieldVector target,
            String path,
            int depth) {
        Dictionary dictionary = dictionaries.lookup(encoding.getId());
        if (dictionary == null || !(source instanceof BaseIntVector indexes)) {
            throw new WeirException(
                    ErrorCode.INVALID_ARROW,
                    "column '%s' names dictionary %d, which the stream does not hold"
                            .formatted(path, encoding.getId()));
        }
        FieldVector values = dictionary.getVector();
        return new Indirect(
                i -> checked(indexes.getValueAsLong(i), values.getValueCount(), path),
                source::isNull,
                of(values, type, target, path, depth + 1));
    }

    private static int checked(long index, int count, String path) {
        if (index < 0 || index >= count) {
            throw new WeirException(
                    ErrorCode.INVALID_ARROW, "column '%s' points at value %d of %d".formatted(path, index, count));
        }
        return (int) index;
    }

    private @Nullable SlotCopier plain(FieldVector source, DataType type, FieldVector target, String path, int depth) {
        if (type instanceof DataType.Row row) {
            return source instanceof StructVector struct
                    ? new RowCopier(struct, row, (StructVector) target, path, depth)
                    : null;
        }
        if (type instanceof DataType.Map map) {
            return source instanceof MapVector entries ? map(entries, map, (ListVector) target, path, depth) : null;
        }
        if (type instanceof DataType.Array array) {
            Elements elements = elements(source, path);
            return elements == null ? null : array(elements, array, (ListVector) target, path, depth);
        }
        if (type instanceof DataType.Vector) {
            Elements elements = elements(source, path);
            return elements == null ? null : vector(elements, (FixedSizeListVector) target, path, depth);
        }
        SlotCopier copier = NumberCopiers.of(source, type, target);
        copier = copier == null ? TimeCopiers.of(source, type, target) : copier;
        return copier == null ? BytesCopiers.of(source, type, target, budget) : copier;
    }

    /** Where the elements of a list are. */
    private record Elements(FieldVector list, FieldVector data, Bound start, Bound end, String path) {
        private interface Bound {
            long of(int i);
        }

        int checkedStart(int i) {
            long first = start.of(i);
            long past = end.of(i);
            if (first < 0 || past < first || past > data.getValueCount()) {
                throw new WeirException(
                        ErrorCode.INVALID_ARROW,
                        "column '%s' points at elements %d to %d of %d"
                                .formatted(path, first, past, data.getValueCount()));
            }
            return (int) first;
        }

        int length(int i) {
            return (int) (end.of(i) - start.of(i));
        }
    }

    private static @Nullable Elements elements(FieldVector source, String path) {
        if (source instanceof MapVector) {
            return null;
        }
        if (source instanceof ListVector v) {
            return new Elements(v, v.getDataVector(), v::getElementStartIndex, v::getElementEndIndex, path);
        }
        if (source instanceof LargeListVector v) {
            return new Elements(v, v.getDataVector(), v::getElementStartIndex, v::getElementEndIndex, path);
        }
        if (source instanceof ListViewVector v) {
            return new Elements(v, v.getDataVector(), v::getElementStartIndex, v::getElementEndIndex, path);
        }
        if (source instanceof LargeListViewVector v) {
            ArrowBuf offsets = v.getOffsetBuffer();
            ArrowBuf sizes = v.getSizeBuffer();
            return new Elements(
                    v,
                    v.getDataVector(),
                    i -> offsets.getLong(8L * i),
                    i -> offsets.getLong(8L * i) + sizes.getLong(8L * i),
                    path);
        }
        if (source instanceof FixedSizeListVector v) {
            long size = v.getListSize();
            return new Elements(v, v.getDataVector(), i -> i * size, i -> (i + 1) * size, path);
        }
        return null;
    }

    private SlotCopier array(Elements elements, DataType.Array type, ListVector target, String path, int depth) {
        SlotCopier element = of(elements.data(), type.element(), target.getDataVector(), path + "[]", depth + 1);
        return new ListCopier(elements, element, type.elementNullable(), target);
    }

    private SlotCopier map(MapVector source, DataType.Map type, ListVector target, String path, int depth) {
        if (!(source.getDataVector() instanceof StructVector entries) || entries.size() != 2) {
            throw new WeirException(ErrorCode.INVALID_ARROW, "column '%s' is a map without entries".formatted(path));
        }
        StructVector targetEntries = (StructVector) target.getDataVector();
        SlotCopier key = of(child(entries, 0), type.key(), child(targetEntries, 0), path + ".key", depth + 1);
        SlotCopier value = of(child(entries, 1), type.value(), child(targetEntries, 1), path + ".value", depth + 1);
        EntryCopier entry = new EntryCopier(entries, key, value, type.valueNullable(), targetEntries);
        Elements elements =
                new Elements(source, entries, source::getElementStartIndex, source::getElementEndIndex, path);
        return new ListCopier(elements, entry, false, target);
    }

    private SlotCopier vector(Elements elements, FixedSizeListVector target, String path, int depth) {
        SlotCopier element = of(elements.data(), DataType.Simple.FLOAT, target.getDataVector(), path + "[]", depth + 1);
        return new VectorCopier(elements, element, target);
    }

    private static FieldVector child(StructVector struct, int ordinal) {
        return (FieldVector) struct.getChildByOrdinal(ordinal);
    }

    private static final class Nulls implements SlotCopier {
        @Override
        public boolean isNull(int from) {
            return true;
        }

        @Override
        public void copy(int from, int to) {
            throw new IllegalStateException("a null has no value");
        }
    }

    /** Values that stand elsewhere, in a dictionary or once for a run. */
    private record Indirect(IntUnaryOperator index, java.util.function.IntPredicate nulls, SlotCopier values)
            implements SlotCopier {
        @Override
        public boolean isNull(int from) {
            return nulls.test(from) || values.isNull(index.applyAsInt(from));
        }

        @Override
        public void copy(int from, int to) throws Refused {
            values.copy(index.applyAsInt(from), to);
        }
    }

    private final class ListCopier implements SlotCopier {
        private final Elements elements;
        private final SlotCopier element;
        private final boolean nullable;
        private final ListVector target;

        ListCopier(Elements elements, SlotCopier element, boolean nullable, ListVector target) {
            this.elements = elements;
            this.element = element;
            this.nullable = nullable;
            this.target = target;
        }

        @Override
        public boolean isNull(int from) {
            return elements.list().isNull(from);
        }

        @Override
        public void copy(int from, int to) throws Refused {
            int first = elements.checkedStart(from);
            int length = elements.length(from);
            budget.count(8L * length);
            int start = target.startNewValue(to);
            for (int i = 0; i < length; i++) {
                element.copySlot(first + i, start + i, nullable);
            }
            target.endValue(to, length);
        }
    }

    private final class VectorCopier implements SlotCopier {
        private final Elements elements;
        private final SlotCopier element;
        private final FixedSizeListVector target;

        VectorCopier(Elements elements, SlotCopier element, FixedSizeListVector target) {
            this.elements = elements;
            this.element = element;
            this.target = target;
        }

        @Override
        public boolean isNull(int from) {
            return elements.list().isNull(from);
        }

        @Override
        public void copy(int from, int to) throws Refused {
            int first = elements.checkedStart(from);
            int length = elements.length(from);
            if (length != target.getListSize()) {
                throw new Refused("expected %d floats, found %d".formatted(target.getListSize(), length));
            }
            budget.count(4L * length);
            target.setNotNull(to);
            for (int i = 0; i < length; i++) {
                element.copySlot(first + i, to * length + i, false);
            }
        }
    }

    private record EntryCopier(
            StructVector source, SlotCopier key, SlotCopier value, boolean valueNullable, StructVector target)
            implements SlotCopier {
        @Override
        public boolean isNull(int from) {
            return source.isNull(from);
        }

        @Override
        public void copy(int from, int to) throws Refused {
            target.setIndexDefined(to);
            key.copySlot(from, to, false);
            value.copySlot(from, to, valueNullable);
        }
    }

    private final class RowCopier implements SlotCopier {
        private final StructVector source;
        private final StructVector target;
        private final MemberCopiers members;

        RowCopier(StructVector source, DataType.Row type, StructVector target, String path, int depth) {
            this.source = source;
            this.target = target;
            this.members = new MemberCopiers("field", path + ".", CopierFactory.this);
            List<FieldVector> children = source.getChildrenFromFields();
            for (int i = 0; i < type.fields().size(); i++) {
                DataType.Row.Field field = type.fields().get(i);
                members.add(field.name(), field.type(), field.nullable(), children, child(target, i), depth + 1);
            }
            members.checkAllKnown(children);
        }

        @Override
        public boolean isNull(int from) {
            return source.isNull(from);
        }

        @Override
        public void copy(int from, int to) throws Refused {
            target.setIndexDefined(to);
            for (int i = 0; i < members.size(); i++) {
                members.copy(i, from, to);
            }
        }
    }
}
