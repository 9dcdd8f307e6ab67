package io.weir.lake.iceberg;

import io.weir.codec.batch.ColumnView;
import io.weir.codec.schema.DataType;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.iceberg.FieldMetrics;
import org.apache.parquet.column.ColumnWriteStore;
import org.jspecify.annotations.Nullable;

/** A struct, a list or a map. */
abstract class NestedNode extends ColumnNode {
    final List<ColumnNode> children;
    private @Nullable ColumnView bound;

    NestedNode(int level, boolean required, List<ColumnNode> children) {
        super(level, required);
        this.children = children;
    }

    @Override
    void bind(ColumnView view) {
        bound = view;
    }

    final ColumnView view() {
        return Objects.requireNonNull(bound);
    }

    @Override
    final void write(int repetition, int index) {
        if (view().isNull(index)) {
            writeNullHere(repetition);
        } else {
            put(repetition, index);
        }
    }

    abstract void put(int repetition, int index);

    @Override
    final void writeNull(int repetition, int definition) {
        for (ColumnNode child : children) {
            child.writeNull(repetition, definition);
        }
    }

    @Override
    final void columnStore(ColumnWriteStore store) {
        children.forEach(child -> child.columnStore(store));
    }

    @Override
    final Stream<FieldMetrics<?>> metrics() {
        return children.stream().flatMap(ColumnNode::metrics);
    }

    static final class Struct extends NestedNode {
        Struct(int level, boolean required, List<ColumnNode> fields) {
            super(level, required, fields);
        }

        @Override
        void bind(ColumnView view) {
            super.bind(view);
            for (int i = 0; i < children.size(); i++) {
                children.get(i).bind(view.child(i));
            }
        }

        @Override
        void put(int repetition, int index) {
            for (ColumnNode field : children) {
                field.write(repetition, index);
            }
        }
    }

    /** A list's element, or a map's key and value, repeated. */
    static final class Repeated extends NestedNode {
        private final int repetitionLevel;
        private int fixedLength;

        /**
         * @param level of a list that is there; its elements are one above it
         * @param repetitionLevel of a second element
         */
        Repeated(int level, boolean required, int repetitionLevel, List<ColumnNode> elements) {
            super(level, required, elements);
            this.repetitionLevel = repetitionLevel;
        }

        @Override
        void bind(ColumnView view) {
            super.bind(view);
            fixedLength = view.type() instanceof DataType.Vector vector ? vector.length() : -1;
            if (view.type() instanceof DataType.Map) {
                ColumnView entries = view.child(0);
                children.get(0).bind(entries.child(0));
                children.get(1).bind(entries.child(1));
            } else {
                children.get(0).bind(view.child(0));
            }
        }

        @Override
        void put(int repetition, int index) {
            int start = fixedLength < 0 ? view().offset(index) : index * fixedLength;
            int end = fixedLength < 0 ? view().offset(index + 1) : start + fixedLength;
            if (start == end) {
                writeNull(repetition, level);
                return;
            }
            for (ColumnNode child : children) {
                child.write(repetition, start);
                for (int i = start + 1; i < end; i++) {
                    child.write(repetitionLevel, i);
                }
            }
        }
    }
}
