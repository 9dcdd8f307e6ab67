package io.weir.client.join;

/** Which left rows have a row in the output. */
public enum JoinKind {
    /** Those with a right row of the same join key. */
    INNER,
    /** All; one without a right row gets one output row. */
    LEFT
}
