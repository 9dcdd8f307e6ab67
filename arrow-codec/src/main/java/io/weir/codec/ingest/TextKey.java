package io.weir.codec.ingest;

import io.weir.codec.row.Key;
import io.weir.codec.schema.Column;

/** A key of one column that came as text, in a URL, and the bucket it belongs to. */
public record TextKey(Key key, int bucket) {
    /**
     * @param text what the column's JSON form is, without quotes
     * @throws io.weir.codec.WeirException INVALID_REQUEST saying what the column takes
     */
    public static TextKey parse(Column column, String text, int buckets) {
        throw new UnsupportedOperationException("spine: " + column + text + buckets);
    }
}
