package io.weir.lake.iceberg;

import io.weir.codec.batch.ColumnView;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.iceberg.FieldMetrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.parquet.ParquetValueWriter;
import org.apache.iceberg.parquet.TripleWriter;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;

/** Writes the row of a cursor into one Parquet file, without an object for a value: the columns' bytes go from buffer to buffer. */
final class RowWriter implements ParquetValueWriter<RowCursor> {
    private final MessageType parquet;
    private final List<TopColumn> columns = new ArrayList<>();
    private int generation = -1;

    /**
     * @param table schema that cursors have
     * @param file schema of the file: some of the table's columns, perhaps all
     */
    RowWriter(Schema table, Schema file, MessageType parquet) {
        this.parquet = parquet;
        for (int i = 0; i < file.columns().size(); i++) {
            Types.NestedField field = file.columns().get(i);
            org.apache.parquet.schema.Type type = parquet.getType(i);
            ColumnNode node = node(field.type(), field.isRequired(), type, List.of(type.getName()));
            columns.add(top(field.name(), node, position(table, field.fieldId())));
        }
    }

    private static int position(Schema table, int fieldId) {
        for (int i = 0; i < table.columns().size(); i++) {
            if (table.columns().get(i).fieldId() == fieldId) {
                return i;
            }
        }
        throw new IllegalArgumentException("no field " + fieldId);
    }

    private static TopColumn top(String name, ColumnNode node, int position) {
        return switch (name) {
            case IcebergTypes.BUCKET -> new Bucket((LeafNode) node);
            case IcebergTypes.OFFSET -> new Offset((LeafNode) node);
            case IcebergTypes.TIMESTAMP -> new Timestamp((LeafNode) node);
            default -> new TableColumn(name, node, position);
        };
    }

    private ColumnNode node(
            Type type, boolean required, org.apache.parquet.schema.Type parquetType, List<String> path) {
        String[] names = path.toArray(String[]::new);
        if (type.isPrimitiveType()) {
            ColumnDescriptor descriptor = parquet.getColumnDescription(names);
            return LeafNode.of(type, descriptor, required);
        }
        GroupType group = parquetType.asGroupType();
        int level = parquet.getMaxDefinitionLevel(names);
        List<ColumnNode> children = new ArrayList<>();
        if (type instanceof Types.StructType struct) {
            for (int i = 0; i < struct.fields().size(); i++) {
                Types.NestedField field = struct.fields().get(i);
                org.apache.parquet.schema.Type member = group.getType(i);
                children.add(node(field.type(), field.isRequired(), member, below(path, member)));
            }
            return new NestedNode.Struct(level, required, children);
        }
        org.apache.parquet.schema.Type repeated = group.getType(0);
        List<String> repeatedPath = below(path, repeated);
        int repetition = parquet.getMaxRepetitionLevel(repeatedPath.toArray(String[]::new));
        List<Types.NestedField> fields = type.asNestedType().fields();
        for (int i = 0; i < fields.size(); i++) {
            org.apache.parquet.schema.Type member = repeated.asGroupType().getType(i);
            children.add(node(fields.get(i).type(), fields.get(i).isRequired(), member, below(repeatedPath, member)));
        }
        return new NestedNode.Repeated(level, required, repetition, children);
    }

    private static List<String> below(List<String> path, org.apache.parquet.schema.Type type) {
        List<String> longer = new ArrayList<>(path);
        longer.add(type.getName());
        return longer;
    }

    @Override
    public void write(int repetition, RowCursor cursor) {
        if (cursor.generation() != generation) {
            columns.forEach(column -> column.bind(cursor));
            generation = cursor.generation();
        }
        for (TopColumn column : columns) {
            column.write(cursor);
        }
    }

    /** For those who write nulls in a row's place; nobody does. */
    @Override
    public List<TripleWriter<?>> columns() {
        return List.of();
    }

    @Override
    public void setColumnStore(ColumnWriteStore store) {
        columns.forEach(column -> column.node().columnStore(store));
    }

    @Override
    public Stream<FieldMetrics<?>> metrics() {
        return columns.stream().flatMap(column -> column.node().metrics());
    }

    private sealed interface TopColumn {
        ColumnNode node();

        default void bind(RowCursor cursor) {}

        void write(RowCursor cursor);
    }

    private static final class TableColumn implements TopColumn {
        private final String name;
        private final ColumnNode node;
        private final int position;
        private boolean absent;

        TableColumn(String name, ColumnNode node, int position) {
            this.name = name;
            this.node = node;
            this.position = position;
        }

        @Override
        public ColumnNode node() {
            return node;
        }

        @Override
        public void bind(RowCursor cursor) {
            @Nullable ColumnView view = cursor.view(position);
            absent = view == null;
            if (view != null) {
                node.bind(view);
            } else if (node.required) {
                throw new IllegalArgumentException(
                        "the rows have no column '%s', which the lake requires".formatted(name));
            }
        }

        @Override
        public void write(RowCursor cursor) {
            if (absent) {
                node.writeNullHere(0);
            } else {
                node.write(0, cursor.row());
            }
        }
    }

    private record Bucket(LeafNode node) implements TopColumn {
        @Override
        public void write(RowCursor cursor) {
            ColumnWriter writer = node.writer();
            writer.write(cursor.bucket(), 0, node.level);
        }
    }

    private record Offset(LeafNode node) implements TopColumn {
        @Override
        public void write(RowCursor cursor) {
            node.writer().write(cursor.offset(), 0, node.level);
        }
    }

    private record Timestamp(LeafNode node) implements TopColumn {
        @Override
        public void write(RowCursor cursor) {
            node.writer().write(cursor.timestampMicros(), 0, node.level);
        }
    }
}
