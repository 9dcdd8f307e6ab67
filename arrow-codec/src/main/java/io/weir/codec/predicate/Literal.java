package io.weir.codec.predicate;

/** A value as it was written, not yet of any column's type. */
record Literal(Kind kind, String text, int position) {
    enum Kind {
        STRING,
        NUMBER,
        HEX,
        TRUE,
        FALSE,
        NULL
    }

    boolean isNull() {
        return kind == Kind.NULL;
    }

    /** How an error shows it. */
    String shown() {
        return switch (kind) {
            case STRING -> "'" + text + "'";
            case HEX -> "X'" + text + "'";
            case NUMBER -> text;
            case TRUE, FALSE, NULL -> kind.name();
        };
    }
}
