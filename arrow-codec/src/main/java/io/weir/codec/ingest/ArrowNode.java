package io.weir.codec.ingest;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One field node of a record batch that is being checked: knows its nulls and how its values map to the rows that hold them. */
final class ArrowNode {
    /** How indexes of children follow from those of the parent. */
    enum Nesting {
        NONE,
        /** A child value for each value. */
        STRUCT,
        /** A fixed number of child values for each value. */
        FIXED_LIST,
        /** As many child values as 32-bit offsets say. */
        LIST
    }

    private final @Nullable ArrowNode parent;
    private final String name;
    final ByteBuffer body;
    final int length;
    final int nullCount;
    private final int validity;
    private Nesting nesting = Nesting.NONE;
    private int nestingArgument;

    ArrowNode(@Nullable ArrowNode parent, String name, ByteBuffer body, int length, int nullCount, int validity) {
        this.parent = parent;
        this.name = name;
        this.body = body;
        this.length = length;
        this.nullCount = nullCount;
        this.validity = validity;
    }

    /** @param argument position of the offsets, or length of the lists */
    void nest(Nesting newNesting, int argument) {
        nesting = newNesting;
        nestingArgument = argument;
    }

    boolean isNull(int index) {
        return nullCount > 0 && (body.get(validity + (index >> 3)) & 1 << (index & 7)) == 0;
    }

    /** Index of the row that shows value {@code index}; -1 where none does, since it stands under a null or outside all lists. */
    int rowOf(int index) {
        if (parent == null) {
            return index;
        }
        int above = parent.indexHolding(index);
        return above < 0 || parent.isNull(above) ? -1 : parent.rowOf(above);
    }

    private int indexHolding(int childIndex) {
        return switch (nesting) {
            case NONE, STRUCT -> childIndex;
            case FIXED_LIST -> childIndex / nestingArgument;
            case LIST -> listHolding(childIndex);
        };
    }

    private int listHolding(int childIndex) {
        int low = 0;
        int high = length; // the first list that begins behind the child is in [low, high]
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (body.getInt(nestingArgument + 4 * middle) <= childIndex) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low > 0 && childIndex < body.getInt(nestingArgument + 4 * low) ? low - 1 : -1;
    }

    /** JSON pointer from the row to value {@code index}. */
    String pointer(int index) {
        if (parent == null) {
            return "/" + escaped();
        }
        int above = parent.indexHolding(index);
        String prefix = parent.pointer(above);
        return switch (parent.nesting) {
            case NONE, STRUCT -> prefix + "/" + escaped();
            case FIXED_LIST -> prefix + "/" + index % parent.nestingArgument;
            case LIST -> prefix + "/" + (index - body.getInt(parent.nestingArgument + 4 * above));
        };
    }

    private String escaped() {
        return name.replace("~", "~0").replace("/", "~1");
    }

    /** The column and the path within it, for errors that are of no row. */
    String path() {
        return parent == null ? name : parent.path() + "." + name;
    }
}
