package io.weir.actors.tiering;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.schema.Column;
import io.weir.lake.LakeRound;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Changes of a primary-key table's bucket, of which the last one of each key counts. A first pass reads keys and kinds of change; it ends
 * early, between two batches, where it is told to or where the keys take too much memory. A second pass reads the rows that matter, and
 * cannot be cut short.
 */
final class ChangelogSplit implements Split {
    private final SplitSource source;
    private final BucketId bucket;
    private final List<Column> columns;
    private final List<Column> keyColumns;
    private final KeyEncoder encoder;
    private final boolean mayBeThere;
    private final long memoryMax;
    private final long start;
    private final long planned;

    /** Of the first pass; null in the second. */
    private @Nullable KeyChanges keys = new KeyChanges();

    /** Of the second pass; null in the first. */
    private @Nullable LastChanges changes;

    private long stop;
    private long next;
    private boolean early;

    /**
     * @param mayBeThere whether the lake may have rows of keys that are new in the changelog, from a former partition of the same name
     * @param memoryMax about how much the keys may take
     */
    ChangelogSplit(SplitSource source, BucketId bucket, long start, long stop, boolean mayBeThere, long memoryMax) {
        TableInfo table = source.table();
        this.source = source;
        this.bucket = bucket;
        this.columns = table.schema().columns();
        List<String> names = table.keyOrder();
        this.keyColumns =
                columns.stream().filter(column -> names.contains(column.name())).toList();
        this.encoder = KeyEncoder.of(keyColumns, names);
        this.mayBeThere = mayBeThere;
        this.memoryMax = memoryMax;
        this.start = start;
        this.planned = stop;
        this.stop = stop;
        this.next = start;
    }

    @Override
    public BucketId bucket() {
        return bucket;
    }

    @Override
    public void step(LakeRound round) {
        KeyChanges gathering = keys;
        if (gathering != null) {
            gather(gathering);
        } else if (changes != null) {
            write(changes, round);
        }
    }

    private void gather(KeyChanges gathering) {
        Bucket.Fetched fetched = source.fetch(source.piece(bucket, next, stop, keyColumns), keyColumns);
        if (fetched.nextOffset() < stop && !early) {
            source.ports().fetchAhead(source.piece(bucket, fetched.nextOffset(), stop, keyColumns));
        }
        for (Bucket.FetchedRows batch : fetched.batches()) {
            if (next < stop) {
                gathering.addAll(
                        encoder.encode(RecordBatches.decompress(keyColumns, batch.rows())),
                        types(batch.changeTypes()),
                        row -> batch.baseOffset() + row);
                next = batch.baseOffset() + batch.rows().rowCount();
                if (gathering.sizeInBytes() >= memoryMax) {
                    stop = next;
                }
            }
        }
        if (next >= stop || early) {
            endOfGathering(gathering);
        }
    }

    private static IntFunction<ChangeType> types(@Nullable ByteBuffer types) {
        return row -> types == null ? ChangeType.INSERT : ChangeType.of(types.get(types.position() + row));
    }

    private void endOfGathering(KeyChanges gathering) {
        stop = next;
        changes = gathering.lastChanges(mayBeThere);
        keys = null;
    }

    private void write(LastChanges last, LakeRound round) {
        Bucket.Fetched fetched = source.fetch(source.piece(bucket, last.offset(), stop, columns), columns);
        long following = last.offsetFrom(fetched.nextOffset());
        if (following >= 0) {
            source.ports().fetchAhead(source.piece(bucket, following, stop, columns));
        }
        for (Bucket.FetchedRows batch : fetched.batches()) {
            write(batch, last, round);
        }
    }

    private void write(Bucket.FetchedRows batch, LastChanges last, LakeRound round) {
        BitSet deleted = new BitSet();
        BitSet written = new BitSet();
        long end = batch.baseOffset() + batch.rows().rowCount();
        while (!last.isEmpty() && last.offset() < end) {
            int row = Math.toIntExact(last.offset() - batch.baseOffset());
            deleted.set(row, last.deletes());
            written.set(row, last.writes());
            last.advance();
        }
        if (!deleted.isEmpty()) {
            round.delete(SplitSource.rows(batch, bucket, columns, deleted));
        }
        if (!written.isEmpty()) {
            round.append(SplitSource.rows(batch, bucket, columns, written));
        }
    }

    @Override
    public void finishEarly() {
        early = true;
        KeyChanges gathering = keys;
        if (gathering != null) {
            endOfGathering(gathering);
        }
    }

    @Override
    public boolean endWhereItIs() {
        if (keys == null) {
            return false;
        }
        stop = start;
        keys = null;
        changes = new LastChanges(new long[0]);
        return true;
    }

    @Override
    public boolean isDone() {
        return changes != null && changes.isEmpty();
    }

    @Override
    public long start() {
        return start;
    }

    @Override
    public long planned() {
        return planned - start;
    }

    @Override
    public long reached() {
        return stop;
    }

    @Override
    public boolean isComplete() {
        return stop >= planned;
    }

    @Override
    public void close() {}
}
