package io.weir.sharding;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.BucketPorts;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import io.weir.persistence.kv.KvStores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.japi.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a bucket's log, and its KV state, here from the node that led it last: pulls every file, one checked chunk after the other, into a directory
 * beside the logs, makes it durable, and only then puts it in the place of this node's copy.
 */
final class LogPuller implements BucketPorts.LogTransfer {
    private static final Logger LOG = LoggerFactory.getLogger(LogPuller.class);
    private static final Duration FIND_TIMEOUT = Duration.ofSeconds(3);
    private static final Duration STEP_TIMEOUT = Duration.ofSeconds(10);

    private final ActorSystem<?> system;
    private final FileStore files;
    private final NodeSettings settings;
    private final String address;
    private final KvStores stores;
    private final Executor segmentIo;

    /** @param address of this node, {@code host:port} */
    LogPuller(
            ActorSystem<?> system,
            FileStore files,
            NodeSettings settings,
            String address,
            KvStores stores,
            Executor segmentIo) {
        this.system = system;
        this.files = files;
        this.settings = settings;
        this.address = address;
        this.stores = stores;
        this.segmentIo = segmentIo;
    }

    @Override
    public CompletionStage<Void> bring(BucketId bucket, BucketManifest.Node owner) {
        return find(bucket, owner)
                .thenCompose(handover -> ask(handover, replyTo -> new LogHandover.Open(bucket.entityId(), replyTo))
                        .thenCompose(reply -> pullAll(bucket, owner, handover, opened(bucket, owner, reply))))
                .exceptionallyCompose(cause -> CompletableFuture.failedFuture(unavailable(bucket, owner, cause)));
    }

    /**
     * A node is lost where it cannot come back, since this one has its address or is a cluster of one, or where the settings say so. Who
     * is in the cluster is not lost, whatever they say.
     */
    @Override
    public CompletionStage<Boolean> isLost(BucketManifest.Node owner) {
        List<String> lost = settings.remote().lostNodes();
        boolean mayBe = settings.seeds().isEmpty()
                || owner.address().equals(address)
                || lost.contains(owner.nodeId())
                || lost.contains(owner.address());
        return mayBe ? instance(owner).thenApply(Optional::isEmpty) : CompletableFuture.completedFuture(false);
    }

    private CompletionStage<ActorRef<LogHandover.Command>> find(BucketId bucket, BucketManifest.Node owner) {
        return instance(owner)
                .thenApply(found ->
                        found.orElseThrow(() -> refused(bucket, owner, "which is not in the cluster now" + advice())));
    }

    private String advice() {
        return settings.remote().hasStore()
                ? "; where it is lost for good, name it in weir.remote.lost-nodes, and the bucket starts from the object store"
                : "";
    }

    private CompletionStage<Optional<ActorRef<LogHandover.Command>>> instance(BucketManifest.Node owner) {
        Function<ActorRef<Receptionist.Listing>, Receptionist.Command> question =
                replyTo -> Receptionist.find(LogHandover.key(owner.nodeId()), replyTo);
        return AskPattern.ask(system.receptionist(), question, FIND_TIMEOUT, system.scheduler())
                .thenApply(listing -> listing.getServiceInstances(LogHandover.key(owner.nodeId())).stream()
                        .findFirst());
    }

    private LogHandover.Opened opened(BucketId bucket, BucketManifest.Node owner, LogHandover.Reply reply) {
        if (reply instanceof LogHandover.Opened opened) {
            return opened;
        }
        throw refused(bucket, owner, "which says: " + reply);
    }

    private CompletionStage<Void> pullAll(
            BucketId bucket,
            BucketManifest.Node owner,
            ActorRef<LogHandover.Command> handover,
            LogHandover.Opened opened) {
        Path draft = settings.incoming().resolve(bucket.entityId());
        long bytes =
                opened.files().stream().mapToLong(LogHandover.FileSize::bytes).sum();
        LOG.info(
                "bucket {}: {} files, {} bytes come from {}",
                bucket.entityId(),
                opened.files().size(),
                bytes,
                owner.address());
        return onDisk(() -> {
                    files.deleteTree(draft);
                    files.createDirectories(draft);
                    if (opened.files().stream().anyMatch(file -> file.name().startsWith(KvStores.DIRECTORY + "/"))) {
                        files.createDirectories(draft.resolve(KvStores.DIRECTORY));
                    }
                })
                .thenCompose(ready -> pullFiles(handover, opened, 0, draft))
                .thenCompose(pulled -> onDisk(() -> putInPlace(bucket, draft)))
                .whenComplete((done, failure) -> handover.tell(new LogHandover.Close(opened.transfer())));
    }

    private CompletionStage<Void> pullFiles(
            ActorRef<LogHandover.Command> handover, LogHandover.Opened opened, int index, Path draft) {
        List<LogHandover.FileSize> all = opened.files();
        if (index == all.size()) {
            return CompletableFuture.completedFuture(null);
        }
        LogHandover.FileSize next = all.get(index);
        if (!LogHandover.FILE_NAME.matcher(next.name()).matches()) {
            return CompletableFuture.failedFuture(new IOException("'" + next.name() + "' is not a file of a log"));
        }
        Path target = draft.resolve(next.name());
        return onDisk(() -> files.create(target).close())
                .thenCompose(created -> pullChunks(handover, opened.transfer(), next, 0, target))
                .thenCompose(pulled -> pullFiles(handover, opened, index + 1, draft));
    }

    private CompletionStage<Void> pullChunks(
            ActorRef<LogHandover.Command> handover,
            long transfer,
            LogHandover.FileSize file,
            long position,
            Path target) {
        if (position >= file.bytes()) {
            return onDisk(() -> {
                try (StoredFile written = files.openForWrite(target)) {
                    written.sync();
                }
            });
        }
        return ask(handover, replyTo -> new LogHandover.Read(transfer, file.name(), position, replyTo))
                .thenCompose(reply ->
                        onDisk(() -> write(reply, target, position)).thenApply(done -> (LogHandover.Chunk) reply))
                .thenCompose(chunk -> pullChunks(
                        handover, transfer, file, position + chunk.bytes().remaining(), target));
    }

    private void write(LogHandover.Reply reply, Path target, long position) throws IOException {
        if (!(reply instanceof LogHandover.Chunk chunk)) {
            throw new IOException("the other node stopped the hand-over: " + reply);
        }
        if (!chunk.bytes().hasRemaining() || LogHandover.crc(chunk.bytes()) != chunk.crc()) {
            throw new IOException("a chunk of " + target.getFileName() + " at " + position + " came damaged");
        }
        try (StoredFile file = files.openForWrite(target)) {
            file.write(List.of(chunk.bytes().duplicate()), position);
        }
    }

    /** A crash between the two steps loses nothing: the manifest still names the other node, so it is all done again. */
    private void putInPlace(BucketId bucket, Path draft) throws IOException {
        Path place = settings.logs().resolve(bucket.entityId());
        stores.release(place.resolve(KvStores.DIRECTORY));
        if (files.list(draft).contains(KvStores.DIRECTORY)) {
            files.syncDirectory(draft.resolve(KvStores.DIRECTORY));
        }
        files.syncDirectory(draft);
        files.createDirectories(settings.logs());
        files.deleteTree(place);
        files.move(draft, place);
        files.syncDirectory(settings.logs());
    }

    private CompletionStage<LogHandover.Reply> ask(
            ActorRef<LogHandover.Command> handover,
            Function<ActorRef<LogHandover.Reply>, LogHandover.Command> question) {
        return AskPattern.ask(handover, question, STEP_TIMEOUT, system.scheduler());
    }

    private interface DiskStep {
        void run() throws IOException;
    }

    private CompletionStage<Void> onDisk(DiskStep step) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        step.run();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                segmentIo);
    }

    private static WeirException unavailable(BucketId bucket, BucketManifest.Node owner, Throwable cause) {
        Throwable inner = cause;
        while (inner.getCause() != null && !(inner instanceof WeirException)) {
            inner = inner.getCause();
        }
        return inner instanceof WeirException e ? e : refused(bucket, owner, "from where they did not come: " + inner);
    }

    private static WeirException refused(BucketId bucket, BucketManifest.Node owner, String why) {
        return new WeirException(
                ErrorCode.BUCKET_UNAVAILABLE,
                "the rows of bucket %s are on node %s (%s), %s"
                        .formatted(bucket.entityId(), owner.address(), owner.nodeId(), why));
    }
}
