package io.weir.codec.ingest;

/** How a request body holds rows. */
public enum RowFormat {
    /** One object or an array of objects. */
    JSON,
    /** An object a line. */
    NDJSON,
    ARROW_STREAM,
    ARROW_FILE
}
