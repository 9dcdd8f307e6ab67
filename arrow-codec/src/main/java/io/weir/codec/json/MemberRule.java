package io.weir.codec.json;

import io.weir.codec.schema.Column;
import org.jspecify.annotations.Nullable;

/**
 * What rows may say of a column, besides what its type says.
 *
 * @param nullable whether a row may hold null
 * @param required whether each row has to hold the column
 * @param form of a BYTES column whose bytes have one, else null
 */
public record MemberRule(
        boolean nullable,
        boolean required,
        Use use,
        @Nullable BytesForm form) {
    public enum Use {
        /** The value becomes the row's. */
        VALUE,
        /** The store gives the value: any other than null is refused. */
        ASSIGNED,
        /** The column is known, and whatever stands there is passed over. */
        IGNORED
    }

    /** A whole row's column. */
    public static MemberRule of(Column column) {
        return new MemberRule(column.nullable(), !column.nullable(), Use.VALUE, null);
    }
}
