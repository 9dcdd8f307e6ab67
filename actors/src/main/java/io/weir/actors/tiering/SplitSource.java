package io.weir.actors.tiering;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeRows;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the splits of a round read through: pieces of logs in the columns of the schema version that the round was planned with, checked
 * to be without a hole and to be of that version's types. Used by one thread at a time.
 */
final class SplitSource {
    private final RoundPorts ports;
    private final TableInfo table;
    private final int bytesMax;
    private final Set<Integer> fitting = new HashSet<>();

    /** @param bytesMax about how much a piece may have */
    SplitSource(RoundPorts ports, TableInfo table, int bytesMax) {
        this.ports = ports;
        this.table = table;
        this.bytesMax = bytesMax;
        fitting.add(table.schema().schemaId());
    }

    RoundPorts ports() {
        return ports;
    }

    TableInfo table() {
        return table;
    }

    RoundPorts.Piece piece(BucketId bucket, long from, long to, List<Column> columns) {
        return new RoundPorts.Piece(
                bucket, from, to, columns.stream().map(Column::id).toList(), bytesMax);
    }

    /** @throws WeirException INTERNAL where rows are missing, BUCKET_UNAVAILABLE where none came */
    Bucket.Fetched fetch(RoundPorts.Piece piece, List<Column> columns) {
        Bucket.Fetched fetched = ports.fetch(piece);
        long expected = piece.from();
        for (Bucket.FetchedRows rows : fetched.batches()) {
            if (rows.offsets() != null || rows.baseOffset() != expected) {
                throw hole(piece.bucket(), expected, rows.baseOffset());
            }
            checkTypes(piece.bucket(), rows.rows(), columns);
            expected += rows.rows().rowCount();
        }
        if (fetched.nextOffset() != expected) {
            throw hole(piece.bucket(), expected, fetched.nextOffset());
        }
        if (expected <= piece.from()) {
            throw new WeirException(
                    ErrorCode.BUCKET_UNAVAILABLE,
                    "bucket %s gives no rows from offset %d on, though its high watermark was %d"
                            .formatted(piece.bucket().entityId(), piece.from(), piece.to()));
        }
        return fetched;
    }

    private static WeirException hole(BucketId bucket, long expected, long found) {
        return new WeirException(
                ErrorCode.INTERNAL,
                "bucket %s has no rows from offset %d to %d any more".formatted(bucket.entityId(), expected, found));
    }

    /**
     * A bucket projects to the types of the version that it knows, which is an older or a younger one for a moment when a column was
     * widened.
     */
    private void checkTypes(BucketId bucket, EncodedRows rows, List<Column> columns) {
        int version = rows.schemaId();
        if (version == 0 || fitting.contains(version)) {
            return;
        }
        TableSchema theirs = ports.table(table.tableId())
                .schema(version)
                .orElseThrow(() -> new WeirException(
                        ErrorCode.BUCKET_UNAVAILABLE,
                        "the catalog does not know schema version %d yet".formatted(version)));
        for (Column column : columns) {
            boolean same = theirs.columnById(column.id())
                    .map(other -> other.type().equals(column.type()))
                    .orElse(false);
            if (!same) {
                throw new WeirException(
                        ErrorCode.BUCKET_UNAVAILABLE,
                        "column '%s' was changed meanwhile: the round is of schema version %d, bucket %s of version %d"
                                .formatted(column.name(), table.schema().schemaId(), bucket.entityId(), version));
            }
        }
        if (columns.size() == table.schema().columns().size()) {
            fitting.add(version);
        }
    }

    static LakeRows rows(Bucket.FetchedRows batch, BucketId bucket, List<Column> columns, @Nullable BitSet selected) {
        long base = batch.baseOffset();
        return new LakeRows(
                bucket.bucket(), columns, batch.rows(), selected, row -> base + row, batch.commitTimestampMs());
    }
}
