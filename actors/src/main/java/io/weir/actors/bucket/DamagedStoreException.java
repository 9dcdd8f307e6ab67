package io.weir.actors.bucket;

/** A KV state that is missing, older than it was known to be, or damaged. It can be made again from a whole changelog. */
class DamagedStoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DamagedStoreException(String detail) {
        super(detail);
    }

    DamagedStoreException(String detail, Throwable cause) {
        super(detail, cause);
    }

    /** Nothing is where it should be: as usual on a disk that is new. */
    static final class Gone extends DamagedStoreException {
        private static final long serialVersionUID = 1L;

        Gone() {
            super("it is gone");
        }
    }
}
