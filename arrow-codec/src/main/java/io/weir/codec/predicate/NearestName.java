package io.weir.codec.predicate;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Guesses which name was meant by one that does not exist. */
final class NearestName {
    /** Longer names are not compared: the work grows with the square. */
    private static final int LENGTH_MAX = 128;

    private NearestName() {}

    /** The known name with the fewest edits, where those are no more than two or a third of its length (case counts for nothing). */
    static Optional<String> of(String wrong, Collection<String> known) {
        if (wrong.length() > LENGTH_MAX) {
            return Optional.empty();
        }
        return known.stream()
                .filter(name -> name.length() <= LENGTH_MAX)
                .filter(name -> edits(wrong, name) <= Math.max(2, name.length() / 3))
                .min(Comparator.comparingInt((String name) -> edits(wrong, name))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** Levenshtein distance, a row of its table at a time. */
    private static int edits(String wrong, String known) {
        String a = wrong.toLowerCase(Locale.ROOT);
        String b = known.toLowerCase(Locale.ROOT);
        int[] above = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
            }
            above = row;
        }
        return above[b.length()];
    }
}
