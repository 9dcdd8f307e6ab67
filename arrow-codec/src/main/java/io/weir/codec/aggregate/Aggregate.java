package io.weir.codec.aggregate;

import io.weir.codec.merge.BitmapKind;
import java.util.List;

/** What an aggregate is made of; row functions are named by their index in the query. */
sealed interface Aggregate {
    /** A row function that makes no bitmap. */
    record Value(int function) implements Aggregate {}

    record Cardinality(Bitmap bitmap) implements Aggregate {}

    /** @see #kind() RBM64 where anything in it is */
    sealed interface Bitmap extends Aggregate {
        BitmapKind kind();
    }

    /** A row function that makes a bitmap. */
    record OfRows(int function, BitmapKind kind) implements Bitmap {}

    /**
     * Of bitmaps that were aggregated.
     *
     * @param operation RB_OR, RB_AND or RB_ANDNOT: the first less all others
     * @param operands at least one
     */
    record Combined(Function operation, List<Bitmap> operands, BitmapKind kind) implements Bitmap {}
}
