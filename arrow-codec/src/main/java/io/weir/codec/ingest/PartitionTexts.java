package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ColumnView;
import io.weir.codec.row.Key;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The partitions that the rows of one request name, each value as its one text: {@code 42}, {@code true}, {@code 2026-11-23}. */
final class PartitionTexts {
    static final int PARTITIONS_MAX = 1000;

    private final TableSchema schema;
    private final int[] columns;
    private final KeyBytes bytes = new KeyBytes();
    private final Map<Key, Integer> indexes = new HashMap<>();
    private final List<List<String>> values = new ArrayList<>();

    private Key former = new Key(new byte[0]);
    private int formerIndex = -1;

    /** @param columns positions of the partition columns */
    PartitionTexts(TableSchema schema, int[] columns) {
        this.schema = schema;
        this.columns = columns;
    }

    List<String> values(int index) {
        return values.get(index);
    }

    /** A number for the row's partition, from 0 in order of appearance. */
    int indexOf(List<ColumnView> views, int row) {
        bytes.clear();
        for (int column : columns) {
            bytes.add(views.get(column), row);
        }
        if (formerIndex >= 0 && bytes.equalTo(former.bytes())) {
            return formerIndex; // rows of one partition tend to stand together
        }
        former = new Key(bytes.toArray());
        formerIndex = indexes.computeIfAbsent(former, k -> add(views, row));
        return formerIndex;
    }

    private int add(List<ColumnView> views, int row) {
        if (values.size() == PARTITIONS_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "the rows belong to more than %d partitions; send them in several requests"
                            .formatted(PARTITIONS_MAX));
        }
        List<String> texts = new ArrayList<>();
        for (int column : columns) {
            if (views.get(column).isNull(row)) {
                throw new WeirException(
                        ErrorCode.INVALID_ROWS,
                        "partition column '%s' is null"
                                .formatted(schema.columns().get(column).name()));
            }
            texts.add(text(schema.columns().get(column).type(), views.get(column), row));
        }
        values.add(texts);
        return values.size() - 1;
    }

    private static String text(DataType type, ColumnView view, int row) {
        if (type == DataType.Simple.STRING || type instanceof DataType.Char) {
            int from = view.offset(row);
            byte[] utf8 = new byte[view.offset(row + 1) - from];
            view.copyBytes(from, utf8.length, utf8, 0);
            return new String(utf8, StandardCharsets.UTF_8);
        }
        if (type instanceof DataType.Simple simple) {
            switch (simple) {
                case BOOLEAN:
                    return Boolean.toString(view.bitAt(row));
                case TINYINT:
                    return Byte.toString(view.byteAt(row));
                case SMALLINT:
                    return Short.toString(view.shortAt(row));
                case INT:
                    return Integer.toString(view.intAt(row));
                case BIGINT:
                    return Long.toString(view.longAt(row));
                case DATE:
                    return LocalDate.ofEpochDay(view.intAt(row)).toString();
                default:
                    break;
            }
        }
        throw new IllegalArgumentException(type + " is no type of a partition column");
    }
}
