package io.weir.codec;

/**
 * Every error a caller can meet, once. The HTTP problem {@code code}, {@code type} and {@code status}, the OpenAPI document and
 * docs/errors.md are made from this table, so a name is never reused for another meaning.
 */
public enum ErrorCode {
    INVALID_REQUEST(400, false, "The request is not valid"),
    INVALID_JSON(400, false, "The body is not valid JSON"),
    INVALID_ARROW(400, false, "The body is not a valid Arrow stream or file"),
    INVALID_ROWS(400, false, "Some rows do not fit the table"),
    INVALID_SCHEMA(400, false, "The table definition is not valid"),
    INVALID_PROPERTY(400, false, "A table property is not valid"),
    INVALID_PREDICATE(400, false, "The where predicate is not valid"),
    INVALID_CURSOR(400, false, "The cursor is not valid"),
    DATABASE_NOT_FOUND(404, false, "There is no such database"),
    TABLE_NOT_FOUND(404, false, "There is no such table"),
    BUCKET_NOT_FOUND(404, false, "There is no such bucket"),
    ROW_NOT_FOUND(404, false, "There is no row with this key"),
    PARTITION_NOT_FOUND(404, false, "There is no such partition"),
    COLUMN_NOT_FOUND(400, false, "There is no such column"),
    ROUTE_NOT_FOUND(404, false, "There is no such resource"),
    METHOD_NOT_ALLOWED(405, false, "The resource does not take this method"),
    NOT_ACCEPTABLE(406, false, "None of the accepted media types is served here"),
    DATABASE_EXISTS(409, false, "The database exists already"),
    TABLE_EXISTS(409, false, "The table exists already"),
    PARTITION_EXISTS(409, false, "The partition exists already"),
    DATABASE_NOT_EMPTY(409, false, "The database still holds tables"),
    SEQUENCE_TOO_OLD(409, false, "The writer sequence is older than what the bucket remembers"),
    LAKE_CONFLICT(409, false, "The lake has something else under this name"),
    SCAN_EXPIRED(410, true, "The scan was not read for too long and is closed"),
    OFFSET_OUT_OF_RANGE(410, false, "The offset is outside the log"),
    BODY_TOO_LARGE(413, false, "The request is too large"),
    UNSUPPORTED_MEDIA_TYPE(415, false, "The media type of the body is not taken here"),
    NOT_SUPPORTED(422, false, "This version does not do that"),
    OVERLOADED(429, true, "Too much is in flight"),
    CORRUPT_DATA(500, false, "Stored data does not match its checksum"),
    INTERNAL(500, false, "Something went wrong inside"),
    BUCKET_UNAVAILABLE(503, true, "The bucket has no owner for the moment"),
    OUTCOME_UNKNOWN(503, true, "It is not known whether the write was stored"),
    TIMEOUT(503, true, "No answer came in time"),
    LAKE_UNAVAILABLE(503, true, "The lake did not do what was asked of it"),
    DISK_FULL(507, true, "The disk is full");

    private final int httpStatus;
    private final boolean retryable;
    private final String title;

    ErrorCode(int httpStatus, boolean retryable, String title) {
        this.httpStatus = httpStatus;
        this.retryable = retryable;
        this.title = title;
    }

    public int httpStatus() {
        return httpStatus;
    }

    /** True when the same request may succeed later without any change to it. */
    public boolean retryable() {
        return retryable;
    }

    public String title() {
        return title;
    }

    /** The code as HTTP shows it, e.g. {@code table-not-found}. */
    public String code() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
