package io.weir.codec.aggregate;

import io.weir.codec.row.Key;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.arrow.vector.FieldVector;

/**
 * The groups of rows, numbered as they come. A group is known by its columns' values as bytes whose unsigned order is that of the values
 * (see {@link GroupColumn}), so that sorting takes no more than comparing bytes. The keys stand in a HashMap, whose bins turn to trees:
 * rows that were made to collide cost a logarithm.
 */
final class Groups {
    /** Of a group in the map, besides the bytes of its key. */
    private static final int GROUP_BYTES = 160;

    private final List<Column> columns;
    private final List<GroupColumn> encoders;
    private final Budget budget;
    private final Map<Key, Integer> numbers = new HashMap<>();
    private final List<Key> keys = new ArrayList<>();
    private final KeyBuffer buffer = new KeyBuffer();

    Groups(List<Column> columns, Budget budget) {
        this.columns = columns;
        this.budget = budget;
        this.encoders =
                columns.stream().map(column -> GroupColumn.of(column.type())).toList();
        if (columns.isEmpty()) {
            number(new Key(new byte[0]));
        }
    }

    int count() {
        return keys.size();
    }

    /** The number of each row's group. */
    int[] of(Map<Integer, FieldVector> vectors, int rowCount) {
        int[] groupOf = new int[rowCount];
        if (columns.isEmpty()) {
            return groupOf;
        }
        for (int i = 0; i < encoders.size(); i++) {
            encoders.get(i)
                    .bind(Objects.requireNonNull(vectors.get(columns.get(i).id())), rowCount);
        }
        for (int row = 0; row < rowCount; row++) {
            buffer.clear();
            for (GroupColumn encoder : encoders) {
                encoder.append(row, buffer);
            }
            if (row > 0 && buffer.equalTo(keys.get(groupOf[row - 1]).bytes())) {
                groupOf[row] = groupOf[row - 1]; // rows of a group often come together
            } else {
                groupOf[row] = number(new Key(buffer.toBytes()));
            }
        }
        return groupOf;
    }

    private int number(Key key) {
        Integer known = numbers.get(key);
        if (known != null) {
            return known;
        }
        budget.take(GROUP_BYTES + key.bytes().length);
        numbers.put(key, keys.size());
        keys.add(key);
        return keys.size() - 1;
    }

    /** The groups' numbers in the order of their columns, nulls first. */
    int[] sorted() {
        return IntStream.range(0, keys.size())
                .boxed()
                .sorted((a, b) -> keys.get(a).compareTo(keys.get(b)))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** Puts the values of the group's columns. */
    void put(int group, RowWriter row) {
        buffer.read(keys.get(group).bytes());
        for (GroupColumn encoder : encoders) {
            encoder.put(buffer, row);
        }
    }
}
