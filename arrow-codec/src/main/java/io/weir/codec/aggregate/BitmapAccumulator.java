package io.weir.codec.aggregate;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.merge.BitmapSet;
import io.weir.codec.row.RowWriter;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;

/**
 * rb_or, rb_and and rb_build. What the sets take is estimated as they grow, and measured where the estimate has become an eighth of the
 * budget, or the batch is over.
 */
final class BitmapAccumulator extends Accumulator {
    /** Of a set that is new. */
    private static final int SET_BYTES = 400;

    /** Of a member that may have come into a set. */
    private static final int MEMBER_BYTES = 8;

    private final RowFunction function;
    private final BitmapKind kind;
    private final Budget budget;
    private final VariableBytes values = new VariableBytes();
    private final BitSet touched = new BitSet();
    private @Nullable BitmapSet[] sets = new @Nullable BitmapSet[0];
    private long[] measured = new long[0];
    private long estimated;

    BitmapAccumulator(RowFunction function, Budget budget) {
        this.function = function;
        this.kind = Objects.requireNonNull(function.kind());
        this.budget = budget;
    }

    @Override
    long bytesPerGroup() {
        return 16;
    }

    @Override
    void grow(int groups) {
        sets = Arrays.copyOf(sets, groups);
        measured = Arrays.copyOf(measured, groups);
    }

    @Override
    void add(@Nullable FieldVector vector, BitSet rows, int[] groupOf) {
        FieldVector present = Objects.requireNonNull(vector);
        if (function.function() == Function.RB_BUILD) {
            long[] members = ColumnValues.longs(present, groupOf.length);
            for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
                addMember(groupOf[row], members[row]);
            }
        } else {
            values.bind(present);
            for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
                values.read(row);
                addBitmap(groupOf[row]);
            }
        }
        measure();
    }

    private void addMember(int group, long member) {
        if (member < 0) {
            String name = Objects.requireNonNull(function.column()).name();
            throw refused(
                    function,
                    "a bitmap holds no negative number, and column " + name + " holds " + member
                            + "; leave such rows out by filter (where " + name + " >= 0)");
        }
        set(group).add(member);
        touch(group, MEMBER_BYTES);
    }

    private void addBitmap(int group) {
        BitmapSet set = sets[group];
        try {
            if (function.function() == Function.RB_OR || set == null) {
                set(group).or(kind, values.bytes(), 0, values.length());
                touch(group, values.length());
            } else {
                BitmapSet other = new BitmapSet(kind);
                other.or(kind, values.bytes(), 0, values.length());
                set.and(other);
                touched.set(group);
            }
        } catch (WeirException e) {
            throw e.code() == ErrorCode.INVALID_ROWS ? refused(function, "a row holds " + e.detail()) : e;
        }
    }

    private BitmapSet set(int group) {
        BitmapSet set = sets[group];
        if (set == null) {
            set = new BitmapSet(kind);
            sets[group] = set;
            touch(group, SET_BYTES);
        }
        return set;
    }

    private void touch(int group, int bytes) {
        touched.set(group);
        estimated += bytes;
        if (estimated > budget.bytesMax() >> 3) {
            measure();
        }
    }

    private void measure() {
        long grown = 0;
        for (int group = touched.nextSetBit(0); group >= 0; group = touched.nextSetBit(group + 1)) {
            long bytes = Objects.requireNonNull(sets[group]).heapBytes();
            grown += bytes - measured[group];
            measured[group] = bytes;
        }
        touched.clear();
        estimated = 0;
        budget.take(grown);
    }

    /** The group's set, which is not to be changed. */
    BitmapSet bitmap(int group) {
        BitmapSet set = sets[group];
        return set == null ? new BitmapSet(kind) : set;
    }

    @Override
    void put(int group, RowWriter row) {
        byte[] bytes = bitmap(group).toBytes();
        row.putBytes(bytes, 0, bytes.length);
    }
}
