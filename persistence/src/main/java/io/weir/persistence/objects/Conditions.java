package io.weir.persistence.objects;

import java.util.concurrent.CompletableFuture;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** What both stores demand of their arguments. */
final class Conditions {
    /** What a stage of {@link Void} completes with. */
    static final @Nullable Void NOTHING = null;

    private Conditions() {}

    static void checkConditional(ObjectName name, ByteString bytes) {
        if (bytes.size() > ObjectStore.PUT_IF_ABSENT_BYTES_MAX) {
            throw new IllegalArgumentException("put-if-absent of %s with %d bytes, more than %d"
                    .formatted(name, bytes.size(), ObjectStore.PUT_IF_ABSENT_BYTES_MAX));
        }
    }

    static void checkRange(ObjectName name, long position, long length) {
        if (position < 0 || length < 1 || position > Long.MAX_VALUE - length) {
            throw new IllegalArgumentException(
                    "no range of %s: position=%d length=%d".formatted(name, position, length));
        }
    }

    static void checkPage(int pageSize) {
        if (pageSize < 1 || pageSize > ObjectStore.PAGE_MAX) {
            throw new IllegalArgumentException(
                    "page of %d names; 1 to %d are possible".formatted(pageSize, ObjectStore.PAGE_MAX));
        }
    }

    static ObjectStoreException.Refused pastEnd(ObjectName name, long position, long length) {
        return new ObjectStoreException.Refused(
                "object %s ends before position=%d length=%d".formatted(name, position, length), null);
    }

    /** A stage's failure without the wrapping that the stages after it added. */
    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof java.util.concurrent.CompletionException
                        || cause instanceof java.util.concurrent.ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    static <T> CompletableFuture<T> failed(Throwable failure) {
        return CompletableFuture.failedFuture(failure);
    }
}
