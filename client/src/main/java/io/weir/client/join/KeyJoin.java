package io.weir.client.join;

import io.weir.client.Rows;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/** The join of one key: what both sides hold now, what the output holds now, and what is to be written. Without state; thread-safe. */
final class KeyJoin {
    private final JoinPlan plan;
    private final JoinTable left;
    private final JoinTable right;
    private final JoinTable output;
    private final int rowsPerKeyMax;
    private final BufferAllocator allocator;
    private final JoinRows rows;

    KeyJoin(
            JoinPlan plan,
            JoinTable left,
            JoinTable right,
            JoinTable output,
            int rowsPerKeyMax,
            BufferAllocator allocator) {
        this.plan = plan;
        this.left = left;
        this.right = right;
        this.output = output;
        this.rowsPerKeyMax = rowsPerKeyMax;
        this.allocator = allocator;
        this.rows = new JoinRows(plan, allocator);
    }

    /** @param key one row: the join key's columns in the order of the plan */
    CompletionStage<Difference> difference(EncodedRows key) {
        CompletionStage<@Nullable EncodedRows> ofLeft = prefix(left, plan.leftKey(), key, plan.leftColumns());
        CompletionStage<@Nullable EncodedRows> ofRight = prefix(right, plan.rightKey(), key, plan.rightColumns());
        CompletionStage<@Nullable EncodedRows> present =
                prefix(output, plan.outputKey(), key, plan.output().columns());
        return ofLeft.thenCombine(ofRight, (l, r) -> new Sides(l, r))
                .thenCombine(present, (sides, there) -> Difference.of(plan, joined(sides), there, allocator));
    }

    private record Sides(
            @Nullable EncodedRows left, @Nullable EncodedRows right) {}

    private @Nullable EncodedRows joined(Sides sides) {
        if (sides.left() == null) {
            return null;
        }
        if (sides.right() == null) {
            return plan.kind() == JoinKind.LEFT ? rows.unmatched(sides.left()) : null;
        }
        long count = (long) sides.left().rowCount() * sides.right().rowCount();
        if (count > rowsPerKeyMax) {
            throw tooMany(count + " joined rows");
        }
        return rows.matched(sides.left(), sides.right());
    }

    private CompletionStage<@Nullable EncodedRows> prefix(
            JoinTable table, List<Column> keyColumns, EncodedRows key, List<Column> columns) {
        return table.prefix(Rows.of(keyColumns, key), JoinPlan.names(columns), rowsPerKeyMax + 1)
                .thenApply(found -> {
                    if (found.count() > rowsPerKeyMax) {
                        throw tooMany("rows in " + table.description().fullName());
                    }
                    return found.isEmpty() ? null : found.merged(allocator);
                });
    }

    private WeirException tooMany(String what) {
        return new WeirException(
                ErrorCode.BODY_TOO_LARGE,
                "a join key has more than %d %s; raise rowsPerKeyMax, which takes memory, or choose a finer key"
                        .formatted(rowsPerKeyMax, what));
    }

    /** Upserts first, then deletes: of different keys, so a reader sees a row too many for a moment rather than one too few. */
    CompletionStage<Done> write(List<Difference> differences) {
        EncodedRows upserts =
                merged(plan.output().columns(), differences.stream().map(Difference::upserts));
        List<Column> keyColumns = plan.outputKeyPositions().stream()
                .map(plan.output().columns()::get)
                .toList();
        EncodedRows deletes = merged(keyColumns, differences.stream().map(Difference::deletes));
        CompletionStage<Done> upserted = upserts == null
                ? CompletableFuture.completedFuture(Done.getInstance())
                : output.upsert(Rows.of(plan.output().columns(), upserts));
        return deletes == null ? upserted : upserted.thenCompose(done -> output.delete(Rows.of(keyColumns, deletes)));
    }

    private @Nullable EncodedRows merged(List<Column> columns, Stream<@Nullable EncodedRows> parts) {
        List<EncodedRows> some =
                parts.filter(Objects::nonNull).map(Objects::requireNonNull).toList();
        return some.isEmpty() ? null : RecordBatches.merge(new TableSchema(0, columns), some, allocator);
    }
}
