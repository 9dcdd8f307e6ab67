package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.Compression;
import io.weir.codec.merge.MergeSpec;
import io.weir.persistence.log.LogSettings;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Map;
import java.util.Optional;

/**
 * The properties of a table, typed, with defaults filled in.
 *
 * <pre>
 * property            default  range
 * durability          local    local (remote is refused in this version)
 * log.ttl             7d       1s to 36500d, or 0: rows are kept for ever
 * log.segment-size    1gb      64kb to 1gb
 * log.segment-age     7d       1s to 36500d
 * log.retained-size   0        1mb to 1024gb for each bucket; past it the oldest segments are deleted. 0: no such bound
 * log.compression     zstd     zstd, lz4, none; of the batches that small writes are merged into
 * log.linger          0        0 to 1s; how long a commit waits for more writes
 * log.local-segments  2        0 to 100000 sealed segments of each bucket that stay on its disk once they are on the object store
 * </pre>
 *
 * With a primary key:
 *
 * <pre>
 * merge-engine                 last-row                  last-row, first-row, versioned, aggregation
 * merge-engine.version-column  none                      of versioned: the column whose higher value wins
 * fields.COLUMN.agg            last_value_ignore_nulls   of aggregation: an {@link io.weir.codec.merge.Aggregation}
 * fields.COLUMN.delimiter      ,                         of listagg: at most 64 bytes
 * changelog.image              full                      full, after
 * auto-increment.column        none                      an INT or BIGINT column that the store fills
 * auto-increment.cache-size    100000                    1 to 10000000
 * kv.snapshot-interval         10m                       1s to 365d, or 0: no KV snapshots on the object store
 * </pre>
 *
 * Of a table with one partition column:
 *
 * <pre>
 * partition.auto.enabled       false                     true, false
 * partition.auto.unit          day                       year, month, day, hour
 * partition.auto.pre-create    2                         0 to 500
 * partition.auto.retention     0                         0 (all) to 9000
 * partition.auto.time-zone     UTC                       a zone of the IANA database, or an offset
 * </pre>
 *
 * And those of the lake: {@link Datalake}.
 */
public record TableProperties(
        Duration ttl,
        long segmentBytes,
        Duration segmentAge,
        long retainedBytes,
        Compression compression,
        Duration linger,
        int localSegments,
        Duration snapshotInterval,
        MergeSpec merge,
        ChangelogImage changelogImage,
        Optional<AutoIncrement> autoIncrement,
        Optional<AutoPartition> autoPartition,
        Datalake lake) {
    /** @param cacheSize how many numbers a bucket takes from the table's sequence at once */
    public record AutoIncrement(String column, int cacheSize) {}

    private static final Duration AGE_MAX = Duration.ofDays(36_500);
    private static final int CACHE_SIZE_MAX = 10_000_000;

    /** Together with {@link #RETENTION_MAX} less than a table may have partitions. */
    private static final int PRE_CREATE_MAX = 500;

    private static final int RETENTION_MAX = 9_000;

    /** @throws WeirException INVALID_PROPERTY or NOT_SUPPORTED, naming the property and what is wanted instead */
    public static TableProperties from(Map<String, String> properties) {
        properties.keySet().stream().sorted().forEach(PropertyRules::checkName);
        checkDurability(properties.getOrDefault(PropertyRules.DURABILITY, "local"));
        LogSettings defaults = LogSettings.DEFAULT;
        return new TableProperties(
                properties.containsKey(PropertyRules.TTL) ? ttl(properties) : defaults.ttl(),
                properties.containsKey(PropertyRules.SEGMENT_SIZE)
                        ? PropertyRules.size(
                                PropertyRules.SEGMENT_SIZE,
                                value(properties, PropertyRules.SEGMENT_SIZE),
                                64 << 10,
                                1L << 30)
                        : defaults.segmentBytes(),
                properties.containsKey(PropertyRules.SEGMENT_AGE)
                        ? PropertyRules.duration(
                                PropertyRules.SEGMENT_AGE,
                                value(properties, PropertyRules.SEGMENT_AGE),
                                Duration.ofSeconds(1),
                                AGE_MAX)
                        : defaults.segmentAge(),
                retainedSize(properties.getOrDefault(PropertyRules.RETAINED_SIZE, "0")),
                PropertyRules.choice(
                        PropertyRules.COMPRESSION,
                        properties.getOrDefault(PropertyRules.COMPRESSION, "zstd"),
                        Compression.class),
                PropertyRules.duration(
                        PropertyRules.LINGER,
                        properties.getOrDefault(PropertyRules.LINGER, "0"),
                        Duration.ZERO,
                        Duration.ofSeconds(1)),
                PropertyRules.count(
                        PropertyRules.LOCAL_SEGMENTS,
                        properties.getOrDefault(PropertyRules.LOCAL_SEGMENTS, "2"),
                        0,
                        100_000),
                snapshotInterval(properties.getOrDefault(PropertyRules.SNAPSHOT_INTERVAL, "10m")),
                MergeProperties.spec(properties),
                PropertyRules.choice(
                        PropertyRules.CHANGELOG_IMAGE,
                        properties.getOrDefault(PropertyRules.CHANGELOG_IMAGE, "full"),
                        ChangelogImage.class),
                autoIncrement(properties),
                autoPartition(properties),
                Datalake.from(properties));
    }

    /** Whether the properties, which were checked before, hold an auto-partition rule. */
    static boolean hasAutoPartition(Map<String, String> properties) {
        return "true".equals(properties.get(PropertyRules.AUTO_PARTITION));
    }

    /** Whether the properties, which were checked before, send the table to the lake. */
    static boolean goesToLake(Map<String, String> properties) {
        return "true".equals(properties.get(Datalake.ENABLED));
    }

    /** How each bucket of the table keeps its log. */
    public LogSettings logSettings() {
        return new LogSettings(segmentBytes, segmentAge, ttl, retainedBytes, LogSettings.DEFAULT.indexIntervalBytes());
    }

    private static Duration ttl(Map<String, String> properties) {
        Duration ttl =
                PropertyRules.duration(PropertyRules.TTL, value(properties, PropertyRules.TTL), Duration.ZERO, AGE_MAX);
        if (!ttl.isZero() && ttl.compareTo(Duration.ofSeconds(1)) < 0) {
            throw PropertyRules.invalid(
                    PropertyRules.TTL, value(properties, PropertyRules.TTL), "0 (for ever) or at least 1s");
        }
        return ttl;
    }

    private static Duration snapshotInterval(String value) {
        Duration interval =
                PropertyRules.duration(PropertyRules.SNAPSHOT_INTERVAL, value, Duration.ZERO, Duration.ofDays(365));
        if (!interval.isZero() && interval.compareTo(Duration.ofSeconds(1)) < 0) {
            throw PropertyRules.invalid(PropertyRules.SNAPSHOT_INTERVAL, value, "0 (none) or at least 1s");
        }
        return interval;
    }

    private static long retainedSize(String value) {
        return value.equals("0") ? 0 : PropertyRules.size(PropertyRules.RETAINED_SIZE, value, 1 << 20, 1L << 40);
    }

    private static String value(Map<String, String> properties, String name) {
        return properties.getOrDefault(name, "");
    }

    private static void checkDurability(String value) {
        if (value.equals("remote")) {
            throw new WeirException(
                    ErrorCode.NOT_SUPPORTED,
                    "property 'durability' is 'remote', which this version does not have; use 'local'");
        }
        if (!value.equals("local")) {
            throw PropertyRules.invalid(PropertyRules.DURABILITY, value, "'local'");
        }
    }

    private static Optional<AutoIncrement> autoIncrement(Map<String, String> properties) {
        int cacheSize = PropertyRules.count(
                PropertyRules.AUTO_INCREMENT_CACHE,
                properties.getOrDefault(PropertyRules.AUTO_INCREMENT_CACHE, "100000"),
                1,
                CACHE_SIZE_MAX);
        if (properties.containsKey(PropertyRules.AUTO_INCREMENT_COLUMN)) {
            return Optional.of(new AutoIncrement(value(properties, PropertyRules.AUTO_INCREMENT_COLUMN), cacheSize));
        }
        if (properties.containsKey(PropertyRules.AUTO_INCREMENT_CACHE)) {
            throw new WeirException(
                    ErrorCode.INVALID_PROPERTY,
                    "property 'auto-increment.cache-size' needs 'auto-increment.column'; set that too, or leave this one out");
        }
        return Optional.empty();
    }

    private static Optional<AutoPartition> autoPartition(Map<String, String> properties) {
        AutoPartition rule = new AutoPartition(
                PropertyRules.choice(
                        PropertyRules.AUTO_PARTITION_UNIT,
                        properties.getOrDefault(PropertyRules.AUTO_PARTITION_UNIT, "day"),
                        AutoPartition.Unit.class),
                PropertyRules.count(
                        PropertyRules.PRE_CREATE,
                        properties.getOrDefault(PropertyRules.PRE_CREATE, "2"),
                        0,
                        PRE_CREATE_MAX),
                PropertyRules.count(
                        PropertyRules.RETENTION,
                        properties.getOrDefault(PropertyRules.RETENTION, "0"),
                        0,
                        RETENTION_MAX),
                zone(properties.getOrDefault(PropertyRules.TIME_ZONE, "UTC")));
        String enabled = properties.getOrDefault(PropertyRules.AUTO_PARTITION, "false");
        if (!enabled.equals("true") && !enabled.equals("false")) {
            throw PropertyRules.invalid(PropertyRules.AUTO_PARTITION, enabled, "true or false");
        }
        return enabled.equals("true") ? Optional.of(rule) : Optional.empty();
    }

    private static ZoneId zone(String value) {
        try {
            return ZoneId.of(value);
        } catch (DateTimeException e) {
            throw PropertyRules.invalid(
                    PropertyRules.TIME_ZONE, value, "a time zone such as UTC, Europe/Berlin or +02:00");
        }
    }
}
