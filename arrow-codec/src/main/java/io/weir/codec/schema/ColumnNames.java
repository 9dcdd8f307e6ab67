package io.weir.codec.schema;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/** What a column may be called, and which column was probably meant by a name that is none. */
public final class ColumnNames {
    public static final int LENGTH_MAX = 128;

    /** Columns that reads add on request; a table's own column of that name would be ambiguous. */
    private static final Set<String> RESERVED = Set.of(
            "_bucket", "_offset", "_timestamp", "_change_type", "_partition", "_log_offset", "_commit_timestamp");

    private ColumnNames() {}

    /** @throws WeirException INVALID_SCHEMA; {@code where} says in it where the name stands */
    public static void check(String name, String where) {
        if (name.isEmpty() || name.length() > LENGTH_MAX) {
            throw refused(where, "a column name of %d characters; from 1 to %d".formatted(name.length(), LENGTH_MAX));
        }
        boolean plain = name.codePoints().allMatch(c -> c == '_' || c == '-' || Character.isLetterOrDigit(c));
        if (!plain || name.startsWith("-")) {
            throw refused(
                    where,
                    "column name '%s': letters, digits, '_' and '-' only, and not '-' at its start".formatted(name));
        }
        if (RESERVED.contains(name)) {
            throw refused(where, "column name '%s' is reserved for metadata; take another".formatted(name));
        }
    }

    private static WeirException refused(String where, String detail) {
        return new WeirException(ErrorCode.INVALID_SCHEMA, where + ": " + detail);
    }

    /** The candidate that differs from {@code name} by the fewest edits, where that is few enough to be a slip. */
    public static Optional<String> nearest(String name, Collection<String> candidates) {
        if (name.length() > LENGTH_MAX) {
            return Optional.empty();
        }
        String best = null;
        int bestEdits = Math.max(2, name.length() / 2);
        for (String candidate : candidates) {
            if (Math.abs(candidate.length() - name.length()) <= bestEdits) {
                int edits =
                        edits(name.toLowerCase(java.util.Locale.ROOT), candidate.toLowerCase(java.util.Locale.ROOT));
                if (edits < bestEdits || (edits == bestEdits && best == null)) {
                    best = candidate;
                    bestEdits = edits;
                }
            }
        }
        return Optional.ofNullable(best);
    }

    /** Insertions, deletions and replacements from one to the other, by the usual table, one row of it at a time. */
    private static int edits(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
