package io.weir.codec.ingest;

/** What a write to a primary-key table does with its rows. */
public enum ChangeKind {
    /** Whole rows; absent nullable columns are null. */
    UPSERT,
    /** Only the columns that a row holds are set. */
    PATCH,
    /** Rows are deleted; only the key columns count. */
    DELETE
}
