package io.weir.http;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.RowRouter;
import io.weir.codec.ingest.RowRouter.Route;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/** Leaves out the rows of the lake that others took the place of. Used by one scan. */
final class LakeRowsKept implements UnaryOperator<EncodedRows> {
    private final Map<Route, Optional<LatestChanges>> replaced;
    private final RowRouter router;
    private final KeyEncoder keys;
    private final RowSelection selection;

    /**
     * @param read columns of the rows that come, those of the key among them
     * @param wanted columns of those that go
     * @param replaced by the place of a bucket: the keys that changed, or empty where all of its rows are read elsewhere. Of a place that
     *     is not named, all rows are kept
     */
    LakeRowsKept(
            TableInfo table,
            List<Column> read,
            List<Column> wanted,
            Map<Route, Optional<LatestChanges>> replaced,
            BufferAllocator allocator) {
        this.replaced = Map.copyOf(replaced);
        this.router = new RowRouter(
                new TableSchema(table.schema().schemaId(), read),
                table.partitionBy(),
                table.bucketKey(),
                table.buckets());
        this.keys = KeyEncoder.of(read, table.keyOrder());
        this.selection = new RowSelection(read, wanted, allocator);
    }

    @Override
    public EncodedRows apply(EncodedRows rows) {
        Kept kept = new Kept(rows);
        router.indexesByRoute(rows).forEach(kept::add);
        return selection.select(rows, kept.indexes.build().sorted().toArray());
    }

    /** The indexes of one batch's rows that are kept; its keys are made only where one of them may have changed. */
    private final class Kept {
        private final EncodedRows rows;
        private final IntStream.Builder indexes = IntStream.builder();
        private @Nullable List<Key> made;

        Kept(EncodedRows rows) {
            this.rows = rows;
        }

        void add(Route route, int[] ofRoute) {
            Optional<LatestChanges> latest = replaced.get(route);
            for (int row : ofRoute) {
                if (latest == null || (latest.isPresent() && !latest.get().changed(key(row)))) {
                    indexes.add(row);
                }
            }
        }

        private Key key(int row) {
            List<Key> all = made;
            if (all == null) {
                all = keys.encode(rows);
                made = all;
            }
            return all.get(row);
        }
    }
}
