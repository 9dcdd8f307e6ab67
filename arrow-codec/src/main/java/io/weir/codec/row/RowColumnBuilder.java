package io.weir.codec.row;

import io.weir.codec.schema.DataType;
import java.util.List;

/** ROWs within rows. */
final class RowColumnBuilder extends NestedColumnBuilder {
    private final List<DataType.Row.Field> fields;
    private final List<ColumnBuilder> children;

    RowColumnBuilder(DataType.Row type) {
        this.fields = type.fields();
        this.children =
                fields.stream().map(field -> ColumnBuilder.of(field.type())).toList();
    }

    @Override
    List<ColumnBuilder> children() {
        return children;
    }

    @Override
    void read(RowInput in) {
        int bits = takeNullBits(in, fields.size());
        for (int i = 0; i < fields.size(); i++) {
            if (!isSet(in, bits, i)) {
                children.get(i).read(in);
            } else if (fields.get(i).nullable()) {
                children.get(i).addNull();
            } else {
                throw RowInput.damaged("null in a field that is NOT NULL");
            }
        }
        validity.addValid();
    }

    @Override
    void addEmpty() {
        for (int i = 0; i < fields.size(); i++) {
            children.get(i).addMissing(fields.get(i).nullable());
        }
    }
}
