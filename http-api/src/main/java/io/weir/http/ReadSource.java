package io.weir.http;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.Locale;
import java.util.Optional;

/** Where a read takes a table's rows from. */
enum ReadSource {
    /** The lake as far as it has them, and the log or the KV state from there on. */
    UNION,
    /** The store alone. */
    HOT,
    /** The lake alone. */
    LAKE;

    static ReadSource of(Optional<String> parameter) {
        if (parameter.isEmpty()) {
            return UNION;
        }
        for (ReadSource source : values()) {
            if (source.name().toLowerCase(Locale.ROOT).equals(parameter.get())) {
                return source;
            }
        }
        throw new WeirException(
                ErrorCode.INVALID_REQUEST,
                "The parameter 'source' is union, hot or lake, not '" + parameter.get() + "'");
    }
}
