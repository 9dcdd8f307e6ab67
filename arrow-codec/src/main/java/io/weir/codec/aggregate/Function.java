package io.weir.codec.aggregate;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The functions that exist. */
enum Function {
    COUNT,
    SUM,
    MIN,
    MAX,
    AVG,
    RB_CARDINALITY,
    RB_OR,
    RB_AND,
    RB_ANDNOT,
    RB_BUILD;

    String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Function> of(String text) {
        return Arrays.stream(values())
                .filter(f -> f.text().equals(text.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    /** For errors. */
    static String all() {
        return Arrays.stream(values()).map(Function::text).collect(Collectors.joining(", "));
    }

    boolean makesBitmap() {
        return this == RB_OR || this == RB_AND || this == RB_ANDNOT || this == RB_BUILD;
    }
}
