package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketStart.OpenBucket;
import io.weir.actors.bucket.UploadPlan.LogView;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.WeirException;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.log.SealedSegment;
import io.weir.persistence.log.SegmentBody;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.StoredObject;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.japi.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an {@link Uploader} does, step by step; one step at a time. Whatever touches the log or the KV state runs on the bucket's
 * committing thread, and no more once the bucket has ended.
 *
 * <p>An object is put first and named by the manifest then. Where the second fails, or its outcome is not known, the object is left to the
 * reaper: only the reaper can tell that nobody will name it any more.
 */
final class RemoteWork {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteWork.class);
    private static final String SEGMENT_IO = "weir.dispatchers.segment-io";
    private static final Duration SEQUENCE_TIMEOUT = Duration.ofSeconds(10);

    private final BucketId bucket;
    private final BucketPorts ports;
    private final BucketLog log;
    private final @Nullable PrimaryKeyState rows;
    private final LakeGuard lake;
    private final int leaderEpoch;
    private final BucketRemote remote;
    private final RemoteTier tier;
    private final Executor writes;
    private final Executor fileWork;
    private final ActorSystem<?> system;
    private final ManifestLink manifests;
    private final ManifestCopies copies;

    // The committing thread's own.
    private @Nullable List<RemoteSegment> shown;

    RemoteWork(
            BucketId bucket,
            BucketPorts ports,
            OpenBucket open,
            BucketRemote remote,
            Executor writes,
            ActorSystem<?> system) {
        this.bucket = bucket;
        this.ports = ports;
        this.log = open.log();
        this.rows = open.rows();
        this.lake = open.lake();
        this.leaderEpoch = open.leaderEpoch();
        this.remote = remote;
        this.tier = remote.tier();
        this.writes = writes;
        this.fileWork = system.dispatchers().lookup(DispatcherSelector.fromConfig(SEGMENT_IO));
        this.system = system;
        this.manifests = new ManifestLink(ports.manifests(), system.scheduler());
        this.copies = new ManifestCopies(bucket, tier);
    }

    boolean takesSnapshots() {
        return rows != null;
    }

    /** Asks for the manifest as it is now. */
    CompletionStage<Manifest> refresh() {
        return manifests.tell(replyTo -> new BucketManifest.GetManifest(bucket, replyTo));
    }

    /** Shows the log what the manifest says, trims the disk, and looks at what is there then. */
    CompletionStage<LogView> look(TableProperties properties) {
        return onLog(() -> {
            show();
            log.trim(
                    properties.localSegments(),
                    rows == null ? Long.MAX_VALUE : rows.kv().syncedOffset());
            Manifest manifest = remote.manifest();
            long inLake = lake.keepFrom(properties);
            long keepFrom = Math.min(rows == null ? Long.MAX_VALUE : remote.neededFrom(), inLake);
            return new LogView(
                    BucketRemote.waiting(manifest, log),
                    Math.min(log.remoteExpiry(keepFrom), keepFrom),
                    inLake,
                    log.localStartOffset(),
                    log.activeBaseOffset(),
                    log.endOffset());
        });
    }

    private void show() {
        List<RemoteSegment> now = remote.manifest().segments();
        if (!now.equals(shown)) {
            log.showRemote(now, tier.files()::open);
            shown = now;
        }
    }

    /** Uploads a segment and has the manifest name it. */
    CompletionStage<Manifest> upload(SealedSegment segment, TableInfo table, TableProperties properties) {
        AtomicReference<@Nullable SegmentBody> sent = new AtomicReference<>();
        return tier.transfers()
                .upload(
                        () -> RemoteNames.segment(bucket.entityId(), segment.baseOffset(), leaderEpoch, tier.attempt()),
                        () -> {
                            SegmentBody body = log.body(segment);
                            sent.set(body);
                            return body;
                        })
                .thenCombine(numbersBelow(table, properties), (stored, numbers) -> {
                    SegmentBody body = Objects.requireNonNull(sent.get());
                    return add(body.as(stored), numbers);
                })
                .thenCompose(added -> added);
    }

    private CompletionStage<Manifest> add(RemoteSegment segment, long numbersBelow) {
        return manifests.tell(replyTo -> {
            checkInTime(segment.object());
            return new BucketManifest.AddSegment(bucket, leaderEpoch, segment, numbersBelow, replyTo);
        });
    }

    /** What is not named by the time that the reaper looks at may be gone the next moment, and must not be named any more. */
    private void checkInTime(StoredObject stored) {
        if (remote.hasEnded()) {
            throw new WeirException(Replies.STOPPING.code(), Replies.STOPPING.detail());
        }
        long ageMs =
                ports.clock().millis() - RemoteNames.startedMs(stored.name()).orElseThrow();
        if (ageMs > tier.reaperGrace().toMillis() / 4 * 3) {
            throw new IllegalStateException(
                    "the upload of %s took %d s, too long for weir.remote.reaper-grace = %d s; make that longer"
                            .formatted(
                                    stored.name(),
                                    ageMs / 1000,
                                    tier.reaperGrace().toSeconds()));
        }
    }

    /**
     * Every number of the auto-increment column that was given out by now is below this. Asked of the sequence, since the rows may be of an
     * earlier leader, whose numbers nobody here knows.
     */
    private CompletionStage<Long> numbersBelow(TableInfo table, TableProperties properties) {
        if (properties.autoIncrement().isEmpty()) {
            return CompletableFuture.completedFuture(0L);
        }
        // None can be reserved up to -1, so that this only tells which one comes next.
        return AskPattern.<Sequence.Command, Sequence.Reply>ask(
                        ports.sequences(),
                        replyTo -> new Sequence.Reserve(table.tableId(), 1, -1, replyTo),
                        SEQUENCE_TIMEOUT,
                        system.scheduler())
                .thenApply(reply -> {
                    if (reply instanceof Sequence.Exhausted next) {
                        return next.next();
                    }
                    throw new IllegalStateException("the sequence answered " + reply);
                });
    }

    /**
     * Lets segments go, and deletes their objects once neither manifest nor log have them. What is not deleted is left to the reaper.
     */
    CompletionStage<Manifest> removeSegments(long below) {
        return remove(replyTo -> new BucketManifest.RemoveSegments(bucket, leaderEpoch, below, replyTo));
    }

    /** Lets all go that is on the object store. What KV snapshots are made of is left to the reaper. */
    CompletionStage<Manifest> dropAll() {
        long end = remote.manifest().remoteEnd();
        LOG.warn(
                "bucket {}: rows from offset {} to {} were too old before they were uploaded; what is on the object store before them is let go",
                bucket.entityId(),
                end,
                log.localStartOffset());
        return remove(replyTo -> new BucketManifest.DropAll(bucket, leaderEpoch, end, replyTo));
    }

    private CompletionStage<Manifest> remove(Function<ActorRef<BucketManifest.Reply>, BucketManifest.Command> command) {
        Manifest before = remote.manifest();
        return manifests
                .tell(command)
                .thenCompose(after -> {
                    remote.manifest(after);
                    return onLog(() -> {
                        show();
                        return after;
                    });
                })
                .thenApply(after -> {
                    Set<ObjectName> gone = new HashSet<>();
                    before.segments()
                            .forEach(segment -> gone.add(segment.object().name()));
                    after.segments()
                            .forEach(segment -> gone.remove(segment.object().name()));
                    delete(gone);
                    return after;
                });
    }

    private void delete(Set<ObjectName> gone) {
        var unused = tier.store().delete(gone).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.info("bucket {}: old objects are left to the reaper: {}", bucket.entityId(), failure.toString());
            }
        });
    }

    /** Seals the log and takes a snapshot of the KV state as of there, on this disk. */
    CompletionStage<KvSnapshots.Local> take(TableInfo table, TableProperties properties, long takenMs) {
        PrimaryKeyState state = Objects.requireNonNull(rows);
        return this.<KvSnapshots.Local>onLog(() -> {
                    log.seal();
                    return state.snapshot(table, properties, takenMs);
                })
                .thenApply(taken -> {
                    if (remote.hasEnded()) {
                        drop(taken);
                    }
                    return taken;
                });
    }

    /**
     * Uploads a snapshot and has the manifest name it. Objects of the one that is dropped for it are left to the reaper: which of them are
     * shared with a newer one is written in descriptors alone, and it reads them anyway. Files are shared with the newest alone that no end of
     * a lease lets go meanwhile.
     */
    CompletionStage<Manifest> upload(KvSnapshots.Local taken, TableInfo table, TableProperties properties) {
        List<KvSnapshot> all = remote.manifest().snapshots();
        List<KvSnapshot> staying = all.subList(Math.max(0, all.size() - Manifest.SNAPSHOTS_KEPT), all.size());
        return remote.snapshots()
                .upload(taken, staying)
                .thenCombine(numbersBelow(table, properties), this::add)
                .thenCompose(added -> added);
    }

    private CompletionStage<Manifest> add(KvSnapshot snapshot, long numbersBelow) {
        return manifests.tell(replyTo -> {
            checkInTime(snapshot.descriptor());
            return new BucketManifest.AddSnapshot(bucket, leaderEpoch, snapshot, numbersBelow, replyTo);
        });
    }

    /** Deletes it from this disk, some time. */
    void drop(KvSnapshots.Local taken) {
        try {
            fileWork.execute(() -> {
                try {
                    taken.close();
                } catch (IOException | RuntimeException e) {
                    LOG.warn("a KV snapshot of bucket {} is left on the disk", bucket.entityId(), e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the node stops; the bucket's next start deletes the KV snapshot", e);
        }
    }

    CompletionStage<Manifest> copy(Manifest manifest) {
        return CompletableFuture.supplyAsync(() -> ManifestCopy.encode(bucket, manifest), fileWork)
                .thenCompose(json -> copies.put(manifest.version(), json))
                .thenApply(done -> manifest);
    }

    private <T> CompletionStage<T> onLog(Callable<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        writes.execute(() -> {
            if (remote.hasEnded()) {
                result.completeExceptionally(new WeirException(Replies.STOPPING.code(), Replies.STOPPING.detail()));
                return;
            }
            try {
                result.complete(work.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }
}
