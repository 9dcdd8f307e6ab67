package io.weir.codec.ingest;

/** Copies values from one vector, which may be of any encoding, to another of a column's type, exactly or not at all. */
interface SlotCopier {
    boolean isNull(int from);

    /** Copies a value that is not null. */
    void copy(int from, int to) throws Refused;

    /** Copies a value or leaves the slot null. */
    default void copySlot(int from, int to, boolean nullable) throws Refused {
        if (!isNull(from)) {
            copy(from, to);
        } else if (!nullable) {
            throw new Refused("null in what is NOT NULL");
        }
    }

    /** A value that the column cannot keep; caught where its row is known, so it has no stack trace. */
    final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String detail) {
            super(detail, null, false, false);
        }

        String detail() {
            return String.valueOf(getMessage());
        }
    }
}
