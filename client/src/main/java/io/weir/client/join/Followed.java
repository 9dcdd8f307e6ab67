package io.weir.client.join;

/** The tables whose changes a join follows: the two sides, and its own output, where others may have written. */
enum Followed {
    LEFT,
    RIGHT,
    OUTPUT
}
