package io.weir.actors.tiering;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.batch.EncodedRows;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a round asks of the rest of the store. Blocking, each call for a bounded time; used by one thread at a time. What fails is
 * WeirException, by its code, or an unchecked exception that says what a person needs to know.
 */
public interface RoundPorts extends AutoCloseable {
    /** @throws io.weir.codec.WeirException TABLE_NOT_FOUND where it was dropped */
    TableInfo table(long tableId);

    /** Those that exist now. @throws io.weir.codec.WeirException TABLE_NOT_FOUND where the table was dropped */
    List<PartitionInfo> partitions(TableInfo table);

    /** @throws io.weir.codec.WeirException TABLE_NOT_FOUND or PARTITION_NOT_FOUND where the bucket was dropped */
    Bucket.Description describe(BucketId bucket);

    /** @throws io.weir.codec.WeirException OFFSET_OUT_OF_RANGE, CORRUPT_DATA and so on, as the bucket says */
    Bucket.Fetched fetch(Piece piece);

    /** The piece is likely to be the next that is fetched: what can be done for that meanwhile may begin. */
    default void fetchAhead(Piece piece) {}

    /**
     * The rows of the bucket's newest KV snapshot, whose files are kept for as long as that is open; empty where there is no snapshot.
     *
     * @param holder names who wants it; no two attempts have the same name
     */
    Optional<SnapshotRows> snapshot(BucketId bucket, TableInfo table, String holder);

    /** Tells the bucket how far the lake has it. May be lost. */
    void lakeAdvanced(BucketId bucket, long offset);

    /** By the clock of this node. */
    long nowMs();

    /** Lets go of what was fetched ahead. */
    @Override
    default void close() {}

    /**
     * Rows {@code [from, to)} of a bucket's log, about so many bytes of them from the first on.
     *
     * @param columnIds wanted columns, in order; not empty
     */
    record Piece(BucketId bucket, long from, long to, List<Integer> columnIds, int bytesMax) {
        public Piece {
            columnIds = List.copyOf(columnIds);
        }
    }

    /** Read once, from begin to end. */
    interface SnapshotRows extends AutoCloseable {
        /** The rows are what the changelog up to here, exclusive, leaves. */
        long offset();

        long takenMs();

        /** The next rows, laid out by the table's current schema; null at the end. */
        @Nullable
        EncodedRows next();

        @Override
        void close();
    }
}
