package io.weir.persistence.kv;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.objects.ObjectStoreException;
import io.weir.persistence.objects.ObjectUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/** Tells what will never come back from what may come later. */
final class SnapshotFailures {
    private SnapshotFailures() {}

    /** Blocks until it is done; a transfer ends within its time. */
    static <T> T await(CompletionStage<T> stage, KvSnapshot snapshot) throws IOException {
        try {
            return stage.toCompletableFuture().get();
        } catch (ExecutionException e) {
            throw known(e, snapshot);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a KV snapshot came from the object store", e);
        }
    }

    static boolean isDamage(Throwable failure) {
        Throwable cause = cause(failure);
        return cause instanceof ObjectStoreException.NotFound
                || cause instanceof ObjectStoreException.Damaged
                || cause instanceof IllegalArgumentException
                || (cause instanceof WeirException e && e.code() == ErrorCode.CORRUPT_DATA);
    }

    /** @throws WeirException CORRUPT_DATA where it is damaged or gone */
    private static IOException known(ExecutionException failure, KvSnapshot snapshot) {
        Throwable cause = cause(failure);
        if (cause instanceof WeirException e) {
            throw e;
        }
        if (isDamage(cause)) {
            throw new WeirException(
                    ErrorCode.CORRUPT_DATA,
                    "KV snapshot %s is damaged or gone on the object store: %s"
                            .formatted(snapshot.descriptor().name(), cause.getMessage()),
                    cause);
        }
        if (cause instanceof IOException e) {
            return e;
        }
        return new ObjectUnavailableException(
                "KV snapshot %s does not come from the object store now: %s"
                        .formatted(snapshot.descriptor().name(), cause),
                cause);
    }

    private static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null
                && (cause instanceof CompletionException
                        || cause instanceof ExecutionException
                        || cause instanceof UncheckedIOException)) {
            cause = cause.getCause();
        }
        return cause;
    }
}
