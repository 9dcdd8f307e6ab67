package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.Compression;
import io.weir.codec.merge.MergeSpec;
import io.weir.persistence.log.LogSettings;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The properties of a log table, typed, with defaults filled in.
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
 * </pre>
 */
public record TableProperties(
        Duration ttl,
        long segmentBytes,
        Duration segmentAge,
        long retainedBytes,
        Compression compression,
        Duration linger,
        MergeSpec merge,
        ChangelogImage changelogImage,
        Optional<AutoIncrement> autoIncrement,
        Optional<AutoPartition> autoPartition) {
    /** @param cacheSize how many numbers a bucket takes from the table's sequence at once */
    public record AutoIncrement(String column, int cacheSize) {}

    private static final Duration AGE_MAX = Duration.ofDays(36_500);

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
                compression(properties.getOrDefault(PropertyRules.COMPRESSION, "zstd")),
                PropertyRules.duration(
                        PropertyRules.LINGER,
                        properties.getOrDefault(PropertyRules.LINGER, "0"),
                        Duration.ZERO,
                        Duration.ofSeconds(1)),
                MergeSpec.LAST_ROW, // spine
                ChangelogImage.FULL,
                Optional.empty(),
                Optional.empty());
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

    private static Compression compression(String value) {
        for (Compression compression : Compression.values()) {
            if (compression.name().toLowerCase(Locale.ROOT).equals(value)) {
                return compression;
            }
        }
        throw PropertyRules.invalid(PropertyRules.COMPRESSION, value, "zstd, lz4 or none");
    }
}
