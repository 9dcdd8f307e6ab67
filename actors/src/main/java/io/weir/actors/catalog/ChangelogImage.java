package io.weir.actors.catalog;

/** What a changelog holds of an update. */
public enum ChangelogImage {
    /** The row before and the row after. */
    FULL,
    /** The row after alone. */
    AFTER
}
