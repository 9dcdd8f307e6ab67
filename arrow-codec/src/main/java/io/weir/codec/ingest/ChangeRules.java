package io.weir.codec.ingest;

import io.weir.codec.merge.BitmapKind;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a primary-key table asks of rows besides its schema.
 *
 * @param key the primary-key columns: every row holds all of them
 * @param generated the auto-increment column, which writes leave out, or null
 * @param bitmaps BYTES columns that hold bitmaps: a row may hold one number instead, and bytes are checked and made canonical
 */
public record ChangeRules(Set<String> key, @Nullable String generated, Map<String, BitmapKind> bitmaps) {
    public ChangeRules {
        key = Set.copyOf(key);
        bitmaps = Map.copyOf(bitmaps);
    }
}
