package io.weir.actors.tiering;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A bucket in memory: its log, its rows, what it knows of the lake. All that was ever written is remembered, for the checks. */
final class SimBucket {
    final BucketId id;
    final String partition;
    final boolean keyed;
    final boolean fullImage;

    /** Everything ever written, by offset; {@code types} likewise. */
    final List<SimRow> rows = new ArrayList<>();

    final List<ChangeType> types = new ArrayList<>();

    /** Batches by their base offset, with their ends. */
    private final TreeMap<Long, Long> batches = new TreeMap<>();

    private final Map<Long, SimRow> current = new TreeMap<>();

    /** What the log began at when the table's first round could have been. */
    long firstOffset;

    long logStart;
    long lakeOffset = -1;
    boolean dropped;
    TableSchema schema = SimRow.SCHEMAS.get(0);
    private @Nullable Snapshot snapshot;

    private record Snapshot(long offset, long takenMs, List<SimRow> rows) {}

    SimBucket(BucketId id, String partition, boolean keyed, boolean fullImage) {
        this.id = id;
        this.partition = partition;
        this.keyed = keyed;
        this.fullImage = fullImage;
    }

    long end() {
        return rows.size();
    }

    /** Ends a batch of what was put since the last one. */
    void commit() {
        long base = batches.isEmpty() ? 0 : batches.lastEntry().getValue();
        if (end() > base) {
            batches.put(base, end());
        }
    }

    private void log(ChangeType type, long k, long v, long nowMs) {
        rows.add(new SimRow(k, partition, v, id.bucket(), end(), nowMs));
        types.add(type);
    }

    /** Of one batch all rows have one time. */
    void append(long unique, long nowMs) {
        log(ChangeType.INSERT, unique, unique, nowMs);
    }

    void upsert(long k, long v, long nowMs) {
        SimRow before = current.get(k);
        if (before == null) {
            log(ChangeType.INSERT, k, v, nowMs);
        } else {
            if (fullImage) {
                log(ChangeType.UPDATE_BEFORE, k, before.v(), nowMs);
            }
            log(ChangeType.UPDATE_AFTER, k, v, nowMs);
        }
        current.put(k, rows.get(rows.size() - 1));
    }

    void delete(long k, long nowMs) {
        SimRow before = current.remove(k);
        if (before != null) {
            log(ChangeType.DELETE, k, before.v(), nowMs);
        }
    }

    /** Only between two batches. */
    void takeSnapshot(long nowMs) {
        snapshot = new Snapshot(end(), nowMs, List.copyOf(current.values()));
    }

    /** Whole batches go that are in the lake, and that are not needed for the rows. */
    void retain() {
        retain(keyed && snapshot != null ? Math.min(lakeOffset, snapshot.offset()) : lakeOffset);
    }

    private void retain(long below) {
        while (batches.size() > 1 && batches.firstEntry().getValue() <= below) {
            logStart = Objects.requireNonNull(batches.pollFirstEntry()).getValue();
        }
    }

    /** Before there is a lake: what is old goes, up to the snapshot where the log is needed for the rows. */
    void expire() {
        if (batches.size() > 1) {
            retain(
                    keyed
                            ? snapshot == null ? 0 : snapshot.offset()
                            : batches.firstEntry().getValue());
            firstOffset = logStart;
        }
    }

    Bucket.Description describe() {
        requireThere();
        Bucket.RemoteDescription remote =
                new Bucket.RemoteDescription(logStart, 0, 0, 0, snapshot == null ? -1 : snapshot.offset(), 0, 0, null);
        return new Bucket.Description("sim:1", 1, logStart, end(), 0, 0, 0, 0, 0, remote, List.of());
    }

    private void requireThere() {
        if (dropped) {
            throw new WeirException(ErrorCode.PARTITION_NOT_FOUND, "dropped: " + id);
        }
    }

    /** @param newest what the bucket hears of the table where it is asked for a column that it does not know */
    Bucket.Fetched fetch(RoundPorts.Piece piece, TableSchema newest) {
        requireThere();
        if (piece.columnIds().stream()
                .anyMatch(column -> schema.columnById(column).isEmpty())) {
            schema = newest;
        }
        if (piece.from() < logStart || piece.from() > end()) {
            throw new WeirException(
                    ErrorCode.OFFSET_OUT_OF_RANGE, "%s has [%d, %d), not %s".formatted(id, logStart, end(), piece));
        }
        List<Column> columns = piece.columnIds().stream()
                .map(column -> schema.columnById(column)
                        .orElseThrow(() -> new WeirException(ErrorCode.COLUMN_NOT_FOUND, "no column " + column)))
                .toList();
        List<Bucket.FetchedRows> found = new ArrayList<>();
        long next = piece.from();
        int bytes = 0;
        while (next < Math.min(end(), piece.to()) && bytes < piece.bytesMax()) {
            long end = Math.min(Objects.requireNonNull(batches.floorEntry(next)).getValue(), piece.to());
            found.add(batch(next, end, columns));
            bytes += 40 * (int) (end - next);
            next = end;
        }
        return new Bucket.Fetched(found, next, end());
    }

    private Bucket.FetchedRows batch(long from, long to, List<Column> columns) {
        List<SimRow> part = rows.subList((int) from, (int) to);
        ByteBuffer kinds = null;
        if (keyed) {
            kinds = ByteBuffer.allocate(part.size());
            for (long offset = from; offset < to; offset++) {
                kinds.put(types.get((int) offset).code());
            }
            kinds.flip();
        }
        EncodedRows encoded = SimRow.encode(part, schema, columns);
        return new Bucket.FetchedRows(encoded, from, null, part.get(0).timestampMs(), kinds);
    }

    RoundPorts.@Nullable SnapshotRows openSnapshot(TableSchema as, int rowsAtOnce) {
        Snapshot open = snapshot;
        if (open == null || dropped) {
            return null;
        }
        return new RoundPorts.SnapshotRows() {
            private int next;

            @Override
            public long offset() {
                return open.offset();
            }

            @Override
            public long takenMs() {
                return open.takenMs();
            }

            @Override
            public @Nullable EncodedRows next() {
                if (next >= open.rows().size()) {
                    return null;
                }
                int end = Math.min(open.rows().size(), next + rowsAtOnce);
                EncodedRows part = SimRow.encode(open.rows().subList(next, end), as, as.columns());
                next = end;
                return part;
            }

            @Override
            public void close() {}
        };
    }

    /** What the changelog up to an offset makes of the rows that are there. */
    void replay(Map<SimRow.Key, SimRow> there, long upTo) {
        for (int offset = 0; offset < upTo; offset++) {
            SimRow row = rows.get(offset);
            switch (types.get(offset)) {
                case INSERT, UPDATE_AFTER -> there.put(row.key(), row);
                case DELETE -> there.remove(row.key());
                case UPDATE_BEFORE -> {}
            }
        }
    }
}
