package io.weir.codec.aggregate;

import io.weir.codec.merge.BitmapSet;
import io.weir.codec.row.RowWriter;
import java.util.List;

/** What an aggregate comes to in a group, from what its row functions came to. */
final class Results {
    private final Aggregate aggregate;
    private final List<Accumulator> accumulators;
    private final Budget budget;

    Results(Aggregate aggregate, List<Accumulator> accumulators, Budget budget) {
        this.aggregate = aggregate;
        this.accumulators = accumulators;
        this.budget = budget;
    }

    /**
     * Puts what came of the group as the row's next value.
     *
     * @return what was taken from the budget for it; the row now holds it
     */
    long put(int group, RowWriter row) {
        if (aggregate instanceof Aggregate.Value value) {
            accumulators.get(value.function()).put(group, row);
        } else if (aggregate instanceof Aggregate.Cardinality cardinality) {
            row.putLong(bitmap(cardinality.bitmap(), group).cardinality());
            budget.giveBack();
        } else {
            byte[] bytes = bitmap((Aggregate.Bitmap) aggregate, group).toBytes();
            budget.giveBack();
            budget.take(bytes.length); // before the row grows by as much
            row.putBytes(bytes, 0, bytes.length);
            return bytes.length;
        }
        return 0;
    }

    private BitmapSet bitmap(Aggregate.Bitmap bitmap, int group) {
        if (bitmap instanceof Aggregate.OfRows rows) {
            return ((BitmapAccumulator) accumulators.get(rows.function())).bitmap(group);
        }
        Aggregate.Combined combined = (Aggregate.Combined) bitmap;
        BitmapSet result = new BitmapSet(combined.kind());
        boolean first = true;
        for (Aggregate.Bitmap operand : combined.operands()) {
            BitmapSet each = bitmap(operand, group);
            if (first || combined.operation() == Function.RB_OR) {
                result.or(each);
                budget.lend(each.heapBytes());
            } else if (combined.operation() == Function.RB_AND) {
                result.and(each);
            } else {
                result.andNot(each);
            }
            first = false;
        }
        return result;
    }
}
