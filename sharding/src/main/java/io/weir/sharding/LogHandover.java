package io.weir.sharding;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.LocalBuckets;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import io.weir.persistence.kv.DurableOffset;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.kv.KvStores;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/**
 * Gives the logs that lie on this node to the nodes that lead their buckets now: the asker lists a log's files and pulls them chunk by
 * chunk, those of the KV state (named {@code kv/...}) with them. Holds the bucket's directory meanwhile, so that nobody writes to it. Blocks; runs on the I/O dispatcher.
 */
final class LogHandover extends AbstractBehavior<LogHandover.Command> {
    static final int CHUNK_BYTES = 4 << 20;
    /** A file in the bucket's directory or in that of its KV state, and nowhere else. */
    static final Pattern FILE_NAME = Pattern.compile("(kv/)?[A-Za-z0-9][A-Za-z0-9._-]*");

    private static final int TRANSFERS_MAX = 64;
    private static final Duration IDLE_MAX = Duration.ofSeconds(30);

    sealed interface Command {}

    /** What crosses nodes as a control message. */
    interface Remote {}

    /** @param bucket entity id */
    record Open(String bucket, ActorRef<Reply> replyTo) implements Command, Remote {}

    record Read(long transfer, String file, long position, ActorRef<Reply> replyTo) implements Command, Remote {}

    record Close(long transfer) implements Command, Remote {}

    private record IdleTooLong(long transfer) implements Command {}

    sealed interface Reply {}

    record Opened(long transfer, List<FileSize> files) implements Reply, Remote {
        Opened {
            files = List.copyOf(files);
        }
    }

    record FileSize(String name, long bytes) {}

    /** @param crc CRC-32C of the bytes */
    record Chunk(int crc, ByteBuffer bytes) implements Reply {}

    record Denied(String reason) implements Reply, Remote {}

    private record Transfer(BucketId bucket, Path directory, LocalBuckets.Lease lease) {}

    private final TimerScheduler<Command> timers;
    private final FileStore files;
    private final Path logs;
    private final LocalBuckets buckets;
    private final KvStores stores;
    private final String bootId;
    private final Map<Long, Transfer> transfers = new HashMap<>();
    private long lastTransfer;

    private LogHandover(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            FileStore files,
            Path logs,
            LocalBuckets buckets,
            KvStores stores,
            String bootId) {
        super(context);
        this.timers = timers;
        this.files = files;
        this.logs = logs;
        this.buckets = buckets;
        this.stores = stores;
        this.bootId = bootId;
    }

    /** Where the handover actor of the node with this identity is found. */
    static ServiceKey<Command> key(String nodeId) {
        return ServiceKey.create(Command.class, "log-handover-" + nodeId);
    }

    static Behavior<Command> create(FileStore files, Path logs, LocalBuckets buckets, KvStores stores, String bootId) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new LogHandover(context, timers, files, logs, buckets, stores, bootId)));
    }

    static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Open.class, this::onOpen)
                .onMessage(Read.class, this::onRead)
                .onMessage(Close.class, m -> end(m.transfer()))
                .onMessage(IdleTooLong.class, m -> end(m.transfer()))
                .build();
    }

    private Behavior<Command> onOpen(Open open) {
        LocalBuckets.Lease lease = null;
        try {
            BucketId bucket = BucketId.parse(open.bucket());
            if (transfers.size() >= TRANSFERS_MAX) {
                open.replyTo().tell(new Denied("too many logs are being handed over; try again"));
                return this;
            }
            if (!files.list(logs).contains(bucket.entityId())) {
                open.replyTo().tell(new Denied("the node has no log of bucket " + bucket.entityId() + " any more"));
                return this;
            }
            lease = buckets.tryAcquire(bucket);
            if (lease == null) {
                open.replyTo().tell(new Denied("the node still uses the log of bucket " + bucket.entityId()));
                return this;
            }
            Transfer transfer = new Transfer(bucket, logs.resolve(bucket.entityId()), lease);
            settleKvState(transfer.directory());
            List<FileSize> sizes = sizes(transfer);
            long id = ++lastTransfer;
            transfers.put(id, transfer);
            keepAlive(id);
            open.replyTo().tell(new Opened(id, sizes));
        } catch (IOException | RuntimeException e) {
            if (lease != null) {
                lease.release();
            }
            getContext().getLog().warn("cannot hand over the log of bucket {}", open.bucket(), e);
            open.replyTo().tell(new Denied("cannot read the log: " + e));
        }
        return this;
    }

    /** Closes the store, and notes that it is whole where it is: the other node was not there when its last rows were written. */
    private void settleKvState(Path directory) throws IOException {
        Path store = directory.resolve(KvStores.DIRECTORY);
        stores.release(store);
        if (files.list(directory).contains(KvStores.DIRECTORY)) {
            DurableOffset.seal(files, directory, store, bootId);
        }
    }

    private List<FileSize> sizes(Transfer transfer) throws IOException {
        List<String> names = new ArrayList<>(files.list(transfer.directory()));
        if (names.remove(KvStores.DIRECTORY)) {
            files.list(transfer.directory().resolve(KvStores.DIRECTORY)).stream()
                    .filter(KvStores::belongsToState)
                    .forEach(name -> names.add(KvStores.DIRECTORY + "/" + name));
        }
        names.removeIf(KvSnapshots::isTemporary);
        List<FileSize> sizes = new ArrayList<>();
        for (String name : names) {
            try (StoredFile file = files.openForRead(transfer.directory().resolve(name))) {
                sizes.add(new FileSize(name, file.size()));
            }
        }
        return sizes;
    }

    private Behavior<Command> onRead(Read read) {
        Transfer transfer = transfers.get(read.transfer());
        if (transfer == null || !FILE_NAME.matcher(read.file()).matches() || read.position() < 0) {
            read.replyTo().tell(new Denied("there is no such transfer any more"));
            return this;
        }
        keepAlive(read.transfer());
        try (StoredFile file = files.openForRead(transfer.directory().resolve(read.file()))) {
            long left = Math.max(0, file.size() - read.position());
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, left));
            file.read(bytes, read.position());
            bytes.flip();
            read.replyTo().tell(new Chunk(crc(bytes), bytes));
        } catch (IOException e) {
            getContext().getLog().warn("cannot read {} of bucket {}", read.file(), transfer.bucket(), e);
            read.replyTo().tell(new Denied("cannot read " + read.file() + ": " + e));
        }
        return this;
    }

    private void keepAlive(long transfer) {
        timers.startSingleTimer(transfer, new IdleTooLong(transfer), IDLE_MAX);
    }

    private Behavior<Command> end(long id) {
        timers.cancel(id);
        Transfer transfer = transfers.remove(id);
        if (transfer != null) {
            transfer.lease().release();
        }
        return this;
    }
}
