package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonToken;
import io.weir.codec.schema.ColumnNames;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a JSON object's members into one slot of several vectors: the columns of a table, or the fields of a ROW. */
final class MemberReaders {
    private final String noun;
    private final String[] names;
    private final boolean[] nullable;
    private final boolean[] required;
    private final ValueReader[] readers;
    private final Map<String, Integer> indexes = new HashMap<>();

    /** The reading that met a member last, to tell absent and repeated members without clearing anything in between. */
    private final long[] metIn;

    private long reading;
    private long slotBytes;
    private long treeBytes;

    private final @Nullable PresenceBits presence;

    MemberReaders(int count, String noun) {
        this(count, noun, null);
    }

    /** @param presence is told which members each object holds, or null */
    MemberReaders(int count, String noun, @Nullable PresenceBits presence) {
        this.noun = noun;
        this.presence = presence;
        this.names = new String[count];
        this.nullable = new boolean[count];
        this.required = new boolean[count];
        this.readers = new ValueReader[count];
        this.metIn = new long[count];
    }

    void set(int index, String name, boolean isNullable, ValueReader reader) {
        set(index, name, isNullable, !isNullable, reader);
    }

    void set(int index, String name, boolean isNullable, boolean isRequired, ValueReader reader) {
        names[index] = name;
        nullable[index] = isNullable;
        required[index] = isRequired;
        readers[index] = reader;
        indexes.put(name, index);
        slotBytes += reader.slotBytes;
        treeBytes += reader.treeBytes;
    }

    ValueReader reader(int index) {
        return readers[index];
    }

    long slotBytes() {
        return slotBytes;
    }

    long treeBytes() {
        return treeBytes;
    }

    /** Reads from after the object's start to its end. */
    void read(JsonInput in, int slot) throws IOException {
        if (presence != null) {
            presence.startRow();
        }
        long current = ++reading; // of this object: a member never holds an object that these readers read
        int expected = 0;
        int met = 0;
        while (in.parser.nextToken() != JsonToken.END_OBJECT) {
            String name = in.parser.currentName();
            int index =
                    expected < names.length && names[expected].equals(name) ? expected : indexes.getOrDefault(name, -1);
            if (index < 0) {
                in.refuse(unknown(name));
                in.parser.nextToken();
                in.parser.skipChildren();
                continue;
            }
            if (metIn[index] == current) {
                in.refuse("the " + noun + " stands twice in the object");
            } else {
                met++;
            }
            metIn[index] = current;
            if (presence != null) {
                presence.set(index);
            }
            expected = index + 1;
            in.parser.nextToken();
            ValueReader.readSlot(in, readers[index], nullable[index], slot);
        }
        if (met < names.length) {
            checkAbsent(in, current);
        }
    }

    private void checkAbsent(JsonInput in, long current) {
        for (int i = 0; i < names.length; i++) {
            if (metIn[i] != current && required[i]) {
                in.refuseAbsent(in.pointerHere(), names[i], absent(i));
            }
        }
    }

    private String absent(int i) {
        return "the " + noun + (nullable[i] ? " is absent" : " is NOT NULL and absent");
    }

    private String unknown(String name) {
        List<String> known = Arrays.asList(names);
        String meant = ColumnNames.nearest(name, known)
                .map(n -> "; '" + n + "' is the nearest")
                .orElseGet(() ->
                        "; there is " + TimeText.cut(String.join(", ", known.subList(0, Math.min(8, known.size())))));
        return "no %s is named '%s'%s".formatted(noun, TimeText.cut(name), meant);
    }
}
