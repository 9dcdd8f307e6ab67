package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketStart.OpenBucket;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.persistence.log.BucketLog;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/** A leading bucket's hold on its {@link Uploader}; does nothing where the node has no object store. Confined to the bucket's actor. */
final class Uploads {
    private final ActorContext<Bucket.Command> context;
    private final BucketLog log;
    private final @Nullable BucketRemote remote;
    private final @Nullable ActorRef<Uploader.Command> uploader;
    private long sealedEnd;

    Uploads(
            ActorContext<Bucket.Command> context,
            BucketId bucket,
            BucketPorts ports,
            OpenBucket open,
            Executor writes) {
        this.context = context;
        this.log = open.log();
        this.remote = open.remote();
        this.sealedEnd = log.activeBaseOffset();
        this.uploader =
                remote == null ? null : context.spawnAnonymous(Uploader.create(bucket, ports, open, remote, writes));
    }

    /** At a tick, and when the table may have changed. */
    void check(TableInfo table, TableProperties properties) {
        if (uploader != null) {
            uploader.tell(new Uploader.Check(table, properties));
        }
    }

    /** After each commit; costs next to nothing while no segment was sealed. */
    void committed(TableInfo table, TableProperties properties) {
        long now = log.activeBaseOffset();
        if (now != sealedEnd) {
            sealedEnd = now;
            check(table, properties);
        }
    }

    /**
     * From which offset on retention leaves a primary-key table's log on this disk: what is not uploaded yet stays, whatever its age. Else a
     * KV snapshot would lack the log that goes on from it, and before the first one, nothing could replace a lost disk. On any thread.
     *
     * @param synced offset from which on the KV state here needs it
     */
    long keepFrom(long synced) {
        return remote == null ? synced : Math.min(synced, remote.manifest().remoteEnd());
    }

    /** The same of the log wherever it is: KV snapshots need more of it. */
    long neededFrom(long keepFrom) {
        return remote == null ? keepFrom : Math.min(keepFrom, remote.neededFrom());
    }

    Bucket.@Nullable RemoteDescription describe() {
        return remote == null ? null : remote.describe(log);
    }

    /** Nothing of it touches the log from what runs on the committing thread next. */
    void end() {
        if (remote != null && uploader != null) {
            remote.end();
            context.stop(uploader);
        }
    }
}
