package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of table properties and the text forms of their values. */
final class PropertyRules {
    static final String DURABILITY = "durability";
    static final String TTL = "log.ttl";
    static final String SEGMENT_SIZE = "log.segment-size";
    static final String SEGMENT_AGE = "log.segment-age";
    static final String RETAINED_SIZE = "log.retained-size";
    static final String COMPRESSION = "log.compression";
    static final String LINGER = "log.linger";

    static final String LOCAL_SEGMENTS = "log.local-segments";
    static final String SNAPSHOT_INTERVAL = "kv.snapshot-interval";

    static final String MERGE_ENGINE = "merge-engine";
    static final String VERSION_COLUMN = "merge-engine.version-column";
    static final String CHANGELOG_IMAGE = "changelog.image";
    static final String AUTO_INCREMENT_COLUMN = "auto-increment.column";
    static final String AUTO_INCREMENT_CACHE = "auto-increment.cache-size";
    static final String AUTO_PARTITION = "partition.auto.enabled";
    static final String AUTO_PARTITION_UNIT = "partition.auto.unit";
    static final String PRE_CREATE = "partition.auto.pre-create";
    static final String RETENTION = "partition.auto.retention";
    static final String TIME_ZONE = "partition.auto.time-zone";

    private static final List<String> KNOWN = List.of(
            DURABILITY,
            TTL,
            SEGMENT_SIZE,
            SEGMENT_AGE,
            RETAINED_SIZE,
            COMPRESSION,
            LINGER,
            LOCAL_SEGMENTS,
            SNAPSHOT_INTERVAL,
            MERGE_ENGINE,
            VERSION_COLUMN,
            CHANGELOG_IMAGE,
            AUTO_INCREMENT_COLUMN,
            AUTO_INCREMENT_CACHE,
            AUTO_PARTITION,
            AUTO_PARTITION_UNIT,
            PRE_CREATE,
            RETENTION,
            TIME_ZONE,
            Datalake.ENABLED,
            Datalake.FORMAT,
            Datalake.FRESHNESS,
            Datalake.GROUP,
            Datalake.FILE_SIZE,
            Datalake.COMPACT_FILES,
            Datalake.RETENTION,
            Datalake.ORPHAN_GRACE,
            Datalake.MAINTENANCE);

    /** Properties whose value is the name of a column. */
    static final List<String> COLUMN_VALUED = List.of(VERSION_COLUMN, AUTO_INCREMENT_COLUMN);

    /** Beginnings of what only a table with a primary key can have. */
    static final List<String> OF_PRIMARY_KEYS =
            List.of(MERGE_ENGINE, "fields.", CHANGELOG_IMAGE, "auto-increment.", "kv.");

    static final String OF_PARTITIONS = "partition.auto.";

    private static final Pattern QUANTITY = Pattern.compile("(\\d{1,18})\\s*([A-Za-z]*)");

    private static final Map<String, Long> MILLIS = Map.of(
            "ms", 1L, "s", 1_000L, "m", 60_000L, "min", 60_000L, "h", 3_600_000L, "d", 86_400_000L, "w", 604_800_000L);

    private static final Map<String, Long> BYTES = Map.of(
            "", 1L, "b", 1L, "kb", 1L << 10, "kib", 1L << 10, "mb", 1L << 20, "mib", 1L << 20, "gb", 1L << 30, "gib",
            1L << 30);

    private PropertyRules() {}

    /** @throws WeirException INVALID_PROPERTY for one nobody knows */
    static void checkName(String name) {
        if (KNOWN.contains(name) || MergeProperties.isField(name)) {
            return;
        }
        throw new WeirException(
                ErrorCode.INVALID_PROPERTY,
                "there is no table property '%s'; the nearest one is '%s'".formatted(shortened(name), nearest(name)));
    }

    static Duration duration(String name, String value, Duration min, Duration max) {
        Matcher matcher = QUANTITY.matcher(value.trim());
        Long unit = matcher.matches() ? MILLIS.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
        if (value.trim().equals("0")) {
            unit = 1L;
        }
        if (unit == null) {
            throw invalid(name, value, "a duration such as 7d, 12h, 30m, 10s or 500ms");
        }
        Duration duration = Duration.ofMillis(times(name, value, matcher, unit));
        if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
            throw invalid(name, value, "a duration from " + min + " to " + max);
        }
        return duration;
    }

    static long size(String name, String value, long min, long max) {
        Matcher matcher = QUANTITY.matcher(value.trim());
        Long unit = matcher.matches() ? BYTES.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
        if (unit == null) {
            throw invalid(name, value, "a size such as 64mb or 1gb (powers of 1024)");
        }
        long bytes = times(name, value, matcher, unit);
        if (bytes < min || bytes > max) {
            throw invalid(name, value, "a size from " + min + " to " + max + " bytes");
        }
        return bytes;
    }

    /** A whole number in digits. */
    static int count(String name, String value, int min, int max) {
        int count = value.matches("\\d{1,9}") ? Integer.parseInt(value) : -1;
        if (count < min || count > max) {
            throw invalid(name, value, "a whole number from " + min + " to " + max);
        }
        return count;
    }

    /** One of the type's names, written in lower case and with hyphens. */
    static <E extends Enum<E>> E choice(String name, String value, Class<E> type) {
        List<String> texts = new ArrayList<>();
        for (E constant : type.getEnumConstants()) {
            if (text(constant).equals(value)) {
                return constant;
            }
            texts.add(text(constant));
        }
        throw invalid(name, value, "one of " + String.join(", ", texts));
    }

    static String text(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static WeirException invalid(String name, String value, String wanted) {
        return new WeirException(
                ErrorCode.INVALID_PROPERTY,
                "property '%s' is '%s'; it has to be %s".formatted(name, shortened(value), wanted));
    }

    private static long times(String name, String value, Matcher matcher, long unit) {
        matcher.matches();
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
        } catch (ArithmeticException e) {
            throw invalid(name, value, "smaller");
        }
    }

    private static String shortened(String text) {
        return text.length() <= 128 ? text : text.substring(0, 128) + "...";
    }

    private static String nearest(String name) {
        String probe = shortened(name);
        String best = DURABILITY;
        int bestDistance = Integer.MAX_VALUE;
        for (String known : candidates(probe)) {
            int distance = editDistance(probe, known);
            if (distance < bestDistance) {
                bestDistance = distance;
                best = known;
            }
        }
        return best;
    }

    /** What may have been meant: all that is known, and the properties of the column that the name has in its middle. */
    private static List<String> candidates(String name) {
        List<String> candidates = new ArrayList<>(KNOWN);
        String[] parts = name.split("\\.", -1);
        if (parts.length == 3 && !parts[1].isEmpty()) {
            candidates.add(MergeProperties.aggregation(parts[1]));
            candidates.add(MergeProperties.delimiter(parts[1]));
        } else if (parts[0].equals("fields")) {
            return List.of(
                    MergeProperties.aggregation(parts.length == 2 && !parts[1].isEmpty() ? parts[1] : "<column>"));
        }
        return candidates;
    }

    /** Levenshtein distance, one row of the table at a time. */
    static int editDistance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
