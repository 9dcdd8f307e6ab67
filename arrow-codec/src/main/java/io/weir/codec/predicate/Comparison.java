package io.weir.codec.predicate;

/** How a column is compared with a literal. There is no "not equal": that is NOT of EQUAL. */
enum Comparison {
    EQUAL,
    LESS,
    AT_MOST,
    GREATER,
    AT_LEAST
}
