package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.lake.LakeMaintenance;
import java.time.Duration;
import java.util.Map;

/**
 * The {@code datalake.*} properties of a table.
 *
 * <pre>
 * datalake.enabled             false    true, false; the table's rows go to the lake
 * datalake.format              iceberg  iceberg
 * datalake.freshness           3m       1s to 30d between the end of a round and the beginning of the next
 * datalake.group               (none)   only tiering workers of this group take the table; letters, digits, _ and -, up to 64
 * datalake.target-file-size    128mb    1mb to 1gb
 * datalake.compact-files       8        2 to 1000 small files of one partition that are made one; 0: never
 * datalake.snapshot-retention  1h       1s to 3650d that a lake snapshot stays readable after another took its place
 * datalake.orphan-grace        1d       1s to 365d before a file that nothing names is deleted
 * datalake.maintenance         10m      1s to 30d between two looks after the table's files; 0: never
 * </pre>
 *
 * @param maintenanceInterval zero for never
 */
public record Datalake(
        boolean enabled, Duration freshness, String group, LakeMaintenance maintenance, Duration maintenanceInterval) {
    static final String ENABLED = "datalake.enabled";
    static final String FORMAT = "datalake.format";
    static final String FRESHNESS = "datalake.freshness";
    static final String GROUP = "datalake.group";
    static final String FILE_SIZE = "datalake.target-file-size";
    static final String COMPACT_FILES = "datalake.compact-files";
    static final String RETENTION = "datalake.snapshot-retention";
    static final String ORPHAN_GRACE = "datalake.orphan-grace";
    static final String MAINTENANCE = "datalake.maintenance";

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MONTH = Duration.ofDays(30);
    private static final String GROUP_FORM = "[A-Za-z0-9_-]{0,64}";

    /** Whether the properties, which were checked before, say that the table goes to the lake. */
    public static boolean isEnabled(Map<String, String> properties) {
        return "true".equals(properties.get(ENABLED));
    }

    /** @throws WeirException INVALID_PROPERTY or NOT_SUPPORTED, naming the property */
    static Datalake from(Map<String, String> properties) {
        String enabled = properties.getOrDefault(ENABLED, "false");
        if (!enabled.equals("true") && !enabled.equals("false")) {
            throw PropertyRules.invalid(ENABLED, enabled, "true or false");
        }
        String format = properties.getOrDefault(FORMAT, "iceberg");
        if (!format.equals("iceberg")) {
            throw new WeirException(
                    ErrorCode.NOT_SUPPORTED,
                    "property 'datalake.format' is '%s', which this version does not have; use 'iceberg'"
                            .formatted(format.length() > 64 ? format.substring(0, 64) + "..." : format));
        }
        String group = properties.getOrDefault(GROUP, "");
        if (!group.matches(GROUP_FORM)) {
            throw PropertyRules.invalid(GROUP, group, "at most 64 letters, digits, '_' and '-'");
        }
        return new Datalake(
                enabled.equals("true"),
                duration(properties, FRESHNESS, "3m", SECOND, MONTH),
                group,
                new LakeMaintenance(
                        PropertyRules.size(FILE_SIZE, properties.getOrDefault(FILE_SIZE, "128mb"), 1L << 20, 1L << 30),
                        compactFiles(properties.getOrDefault(COMPACT_FILES, "8")),
                        duration(properties, RETENTION, "1h", SECOND, Duration.ofDays(3650)),
                        duration(properties, ORPHAN_GRACE, "1d", SECOND, Duration.ofDays(365))),
                maintenance(properties.getOrDefault(MAINTENANCE, "10m")));
    }

    private static Duration duration(
            Map<String, String> properties, String name, String value, Duration min, Duration max) {
        return PropertyRules.duration(name, properties.getOrDefault(name, value), min, max);
    }

    private static int compactFiles(String value) {
        int files = PropertyRules.count(COMPACT_FILES, value, 0, 1000);
        if (files == 1) {
            throw PropertyRules.invalid(COMPACT_FILES, value, "0 (never) or from 2 to 1000");
        }
        return files;
    }

    private static Duration maintenance(String value) {
        Duration interval = PropertyRules.duration(MAINTENANCE, value, Duration.ZERO, MONTH);
        if (!interval.isZero() && interval.compareTo(SECOND) < 0) {
            throw PropertyRules.invalid(MAINTENANCE, value, "0 (never) or at least 1s");
        }
        return interval;
    }
}
