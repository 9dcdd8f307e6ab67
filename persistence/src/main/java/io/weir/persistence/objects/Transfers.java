package io.weir.persistence.objects;

import io.weir.persistence.file.FileStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.StreamLimitReachedException;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import scala.concurrent.duration.FiniteDuration;

/**
 * Whole objects up and down, for all buckets of a node together: so many at a time, the others wait in order. A transfer that has not
 * ended in its time fails, so that a store that stands still does not hold a place for ever. Thread-safe.
 *
 * <p>Stages fail with the store's {@link ObjectStoreException} as it is, a transfer out of time with a
 * {@link ObjectStoreException.Retryable} that may be done (an upload may even be applied later), and with the {@link IOException} of a
 * body or a file. They complete when the body or the file is closed and the place free. Memory: for each running transfer a chunk of
 * {@value #CHUNK_BYTES} bytes and what the store holds; a {@link #read} its bytes. What waits is for the callers to bound.
 */
public final class Transfers {
    static final int CHUNK_BYTES = 256 << 10;

    /** Reads into memory are small, and shall not wait for files. */
    private static final int READS_MAX = 8;

    private final ObjectStore store;
    private final Executor executor;
    private final Duration timeout;
    private final Materializer materializer;
    private final Places uploads;
    private final Places downloads;
    private final Places reads;

    private final AtomicLong uploaded = new AtomicLong();
    private final AtomicLong uploadedBytes = new AtomicLong();
    private final AtomicLong failedUploads = new AtomicLong();
    private final AtomicLong downloadedBytes = new AtomicLong();

    /** What is sent: its bytes by position, read on the executor. Closed when the transfer has ended, whatever its outcome. */
    public interface Body extends AutoCloseable {
        long size();

        /** Fills the target as far as the body goes. @return bytes read */
        int read(ByteBuffer target, long position) throws IOException;

        @Override
        void close() throws IOException;
    }

    /**
     * @param uploadsMax most uploads at once
     * @param downloadsMax most downloads to files at once
     * @param executor for blocking file work; must not be one whose threads all wait for transfers
     * @param timeout of one transfer, from when its turn comes
     */
    public Transfers(
            ObjectStore store,
            int uploadsMax,
            int downloadsMax,
            Executor executor,
            Duration timeout,
            Materializer materializer) {
        this.store = store;
        this.executor = orHere(executor);
        this.timeout = timeout;
        this.materializer = materializer;
        this.uploads = new Places(uploadsMax, this.executor);
        this.downloads = new Places(downloadsMax, this.executor);
        this.reads = new Places(READS_MAX, this.executor);
    }

    /** While a node stops its executor may stop first; what was begun is ended and closed all the same. */
    private static Executor orHere(Executor executor) {
        return task -> {
            try {
                executor.execute(task);
            } catch (RejectedExecutionException e) {
                task.run();
            }
        };
    }

    /** Where blocking file work of transfers runs: whoever waits for a transfer must not do so on it. */
    public Executor executor() {
        return executor;
    }

    /** @param body opened when it is this upload's turn */
    public CompletionStage<StoredObject> upload(ObjectName name, Callable<Body> body) {
        return upload(() -> name, body);
    }

    /**
     * @param made the name, asked for when it is this upload's turn, so that the time in it is not that of waiting
     * @param body opened then, too
     */
    public CompletionStage<StoredObject> upload(Supplier<ObjectName> made, Callable<Body> body) {
        return uploads.run(() -> {
            ObjectName name;
            OpenBody open;
            try {
                name = made.get();
                open = new OpenBody(body.call());
            } catch (Exception e) {
                return counted(Conditions.failed(e));
            }
            return counted(timed(
                            "upload of " + name,
                            kill -> store.put(
                                    name, open.source(executor, CHUNK_BYTES).via(kill.flow())))
                    .whenCompleteAsync((stored, failure) -> open.close(), executor));
        });
    }

    /** Uploads bytes that are at hand. */
    public CompletionStage<StoredObject> upload(ObjectName name, byte[] bytes) {
        ByteString body = ByteString.fromArray(bytes);
        return uploads.run(() -> counted(timed(
                "upload of " + name, kill -> store.put(name, Source.single(body).via(kill.flow())))));
    }

    private CompletionStage<StoredObject> counted(CompletionStage<StoredObject> upload) {
        return upload.whenComplete((stored, failure) -> {
            if (failure == null) {
                uploaded.incrementAndGet();
                uploadedBytes.addAndGet(stored.size());
            } else {
                failedUploads.incrementAndGet();
            }
        });
    }

    /**
     * Writes the object to a new file, checked against size and checksum, and syncs it (not the directory). After a failure there is
     * no file, unless it was there before.
     */
    public CompletionStage<Void> download(StoredObject object, FileStore files, Path file) {
        return downloads.run(() -> {
            PartialFile partial = new PartialFile(files, file);
            return timed("download of " + object.name(), kill -> fill(partial, object, kill))
                    .whenCompleteAsync((done, failure) -> partial.end(failure == null), executor);
        });
    }

    private CompletionStage<Void> fill(PartialFile partial, StoredObject object, SharedKillSwitch kill) {
        return downloading(store.get(object), kill)
                .via(new Rechunk(CHUNK_BYTES))
                .mapAsync(
                        1,
                        chunk -> on(() -> {
                            partial.write(chunk);
                            return NotUsed.getInstance();
                        }))
                .runWith(Sink.ignore(), materializer)
                .thenCompose(done -> on(partial::sync));
    }

    /** The whole object, checked. @param bytesMax fails with IllegalArgumentException where the object is larger */
    public CompletionStage<byte[]> read(StoredObject object, int bytesMax) {
        return object.size() > bytesMax
                ? Conditions.failed(tooLarge(object.name(), bytesMax))
                : read(object.name(), store.get(object), bytesMax);
    }

    /** The whole object of a name, checked against what the store knows of it. */
    public CompletionStage<byte[]> read(ObjectName name, int bytesMax) {
        return read(name, store.get(name), bytesMax);
    }

    private CompletionStage<byte[]> read(ObjectName name, Source<ByteString, NotUsed> bytes, int bytesMax) {
        return reads.run(() -> timed("read of " + name, kill -> downloading(bytes, kill)
                .limitWeighted(bytesMax, chunk -> (long) chunk.size())
                .mapError(StreamLimitReachedException.class, e -> tooLarge(name, bytesMax))
                .runFold(ByteString.emptyByteString(), ByteString::concat, materializer)
                .thenApply(ByteString::toArray)));
    }

    private static IllegalArgumentException tooLarge(ObjectName name, int bytesMax) {
        return new IllegalArgumentException("object %s has more than %d bytes".formatted(name, bytesMax));
    }

    private Source<ByteString, NotUsed> downloading(Source<ByteString, NotUsed> bytes, SharedKillSwitch kill) {
        return bytes.via(kill.flow()).map(chunk -> {
            downloadedBytes.addAndGet(chunk.size());
            return chunk;
        });
    }

    /** Ends with the work or, its stream stopped, when the time is up; the store may then still be at it. */
    private <T> CompletionStage<T> timed(String what, Function<SharedKillSwitch, CompletionStage<T>> work) {
        SharedKillSwitch kill = KillSwitches.shared(what);
        CompletableFuture<T> ended = new CompletableFuture<>();
        Cancellable timer =
                materializer.scheduleOnce(FiniteDuration.create(timeout.toNanos(), TimeUnit.NANOSECONDS), () -> {
                    var late = new ObjectStoreException.Retryable(
                            "%s did not end within %s".formatted(what, timeout), true, null);
                    ended.completeExceptionally(late);
                    kill.abort(late);
                });
        CompletionStage<T> working;
        try {
            working = work.apply(kill);
        } catch (RuntimeException e) {
            working = Conditions.failed(e);
        }
        var unused = working.whenComplete((value, failure) -> {
            timer.cancel();
            if (failure == null) {
                ended.complete(value);
            } else {
                ended.completeExceptionally(Conditions.unwrapped(failure));
            }
        });
        return ended;
    }

    private <T> CompletionStage<T> on(Callable<T> work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.call();
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                },
                executor);
    }

    /** For metrics: since the start, and as of now. */
    public record Counts(
            long uploads, long uploadedBytes, long failedUploads, long downloadedBytes, int running, int waiting) {}

    public Counts counts() {
        return new Counts(
                uploaded.get(),
                uploadedBytes.get(),
                failedUploads.get(),
                downloadedBytes.get(),
                uploads.running() + downloads.running() + reads.running(),
                uploads.waiting() + downloads.waiting() + reads.waiting());
    }
}
