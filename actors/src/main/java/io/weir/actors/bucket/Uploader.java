package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketStart.OpenBucket;
import io.weir.actors.catalog.TableProperties;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.Behavior;

/**
 * Moves what a leading bucket has to the object store: sealed segments, oldest first, and KV snapshots; then trims this disk, and lets go what
 * is too old on the store. A child of the bucket's actor, so that the store's pace is never that of writes: while the store stands still, what
 * waits grows, and is shown. One thing at a time.
 */
final class Uploader {
    sealed interface Command permits Check, Own {}

    /** Sent at each tick of the bucket, when a segment was sealed, and when the table's properties have changed. */
    record Check(TableProperties properties) implements Command {}

    /** What it tells itself. */
    non-sealed interface Own extends Command {}

    private Uploader() {}

    /**
     * @param writes the bucket's committing thread: what changes the log or takes a KV snapshot runs there
     */
    static Behavior<Command> create(
            BucketId bucket, BucketPorts ports, OpenBucket open, BucketRemote remote, Executor writes) {
        throw new UnsupportedOperationException("spine: uploader");
    }
}
