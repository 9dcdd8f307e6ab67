package io.weir.persistence.objects;

import org.jspecify.annotations.Nullable;

/** Why a store did not do what was asked. That an object is already there is no failure: see {@link PutIfAbsent.Exists}. */
public abstract sealed class ObjectStoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ObjectStoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** There is no such object. */
    public static final class NotFound extends ObjectStoreException {
        private static final long serialVersionUID = 1L;

        public NotFound(ObjectName name) {
            super("no object " + name, null);
        }
    }

    /**
     * The store is throttling, failing, full or out of reach, and has been tried as often as its settings say. Trying again later is
     * right. A put or delete that failed so may have been done.
     */
    public static final class Retryable extends ObjectStoreException {
        private static final long serialVersionUID = 1L;

        private final boolean maybeDone;

        Retryable(String message, boolean maybeDone, @Nullable Throwable cause) {
            super(message, cause);
            this.maybeDone = maybeDone;
        }

        /** False where the request is known to have had no effect: the store was never reached, or said that it did nothing. */
        public boolean maybeDone() {
            return maybeDone;
        }
    }

    /** Trying again will not help: wrong credentials or bucket, no permission, a range past the end. */
    public static final class Refused extends ObjectStoreException {
        private static final long serialVersionUID = 1L;

        Refused(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** What came back is not what was put: wrong size or checksum. */
    public static final class Damaged extends ObjectStoreException {
        private static final long serialVersionUID = 1L;

        Damaged(String message) {
            super(message, null);
        }
    }
}
