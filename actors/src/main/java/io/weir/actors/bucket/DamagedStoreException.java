package io.weir.actors.bucket;

/** A KV state that is missing, older than it was known to be, or damaged. It can be made again from a whole changelog. */
final class DamagedStoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DamagedStoreException(String detail) {
        super(detail);
    }

    DamagedStoreException(String detail, Throwable cause) {
        super(detail, cause);
    }
}
