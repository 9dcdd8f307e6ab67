package io.weir.codec.json;

/** A value that does not fit; caught where the value's place is known. Thrown often and cheaply: it has no stack trace. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String detail) {
        super(detail, null, false, false);
    }

    String detail() {
        return String.valueOf(getMessage());
    }
}
