package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.codec.batch.EncodedRows;
import io.weir.lake.LakeScan;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/** One scan of the lake as slices. Blocking. Its methods may be called by any thread: a close waits for the batch that is being read. */
final class LakeRowsReader {
    private final BucketId place;
    private final Supplier<LakeScan> open;
    private final UnaryOperator<EncodedRows> kept;
    private volatile boolean over;
    private @Nullable LakeScan scan;

    LakeRowsReader(BucketId place, Supplier<LakeScan> open, UnaryOperator<EncodedRows> kept) {
        this.place = place;
        this.open = open;
        this.kept = kept;
    }

    /** The next rows that are kept; empty at the end. A failure is the last slice. */
    synchronized Optional<Slice> next() {
        try {
            while (!over) {
                LakeScan from = opened();
                EncodedRows read = from.next();
                if (read == null) {
                    over = true;
                    break;
                }
                EncodedRows rows = read.rowCount() == 0 ? read : kept.apply(read);
                if (rows.rowCount() > 0) {
                    return Optional.of(
                            new Slice(place, null, List.of(new Bucket.FetchedRows(rows, 0, null, 0, null)), 0));
                }
            }
            return Optional.empty();
        } catch (RuntimeException e) {
            over = true;
            return Optional.of(Slice.failed(place, 0, e));
        }
    }

    private LakeScan opened() {
        LakeScan known = scan;
        if (known == null) {
            known = open.get();
            scan = known;
        }
        return known;
    }

    Done close() {
        over = true; // before the lock, so that a reader that skips batch after batch stops
        synchronized (this) {
            LakeScan open = scan;
            scan = null;
            if (open != null) {
                open.close();
            }
        }
        return Done.getInstance();
    }
}
