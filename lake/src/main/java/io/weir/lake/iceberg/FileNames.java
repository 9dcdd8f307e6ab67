package io.weir.lake.iceberg;

import java.util.OptionalLong;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of data and delete files, from which can be told which round they were made for:
 *
 * <pre>
 * weir-EPOCH-ATTEMPT-NUMBER.parquet            rows
 * weir-EPOCH-ATTEMPT-NUMBER-deletes.parquet    keys
 * </pre>
 *
 * EPOCH is the round's tiering epoch, ATTEMPT a UUID. Maintenance writes under {@code maintenance} instead of an epoch.
 */
final class FileNames {
    private static final Pattern ROUND = Pattern.compile("weir-(\\d{1,18})-[0-9a-f-]{36}-\\d+(-deletes)?\\.parquet");

    private final String prefix;
    private int next;

    private FileNames(String prefix) {
        this.prefix = prefix + UUID.randomUUID();
    }

    static FileNames ofRound(long epoch) {
        return new FileNames("weir-" + epoch + "-");
    }

    static FileNames ofMaintenance() {
        return new FileNames("weir-maintenance-");
    }

    String nextData() {
        return "%s-%d.parquet".formatted(prefix, next++);
    }

    String nextDeletes() {
        return "%s-%d-deletes.parquet".formatted(prefix, next++);
    }

    /** The epoch of the round that the file was made for; empty for other files. @param location a file name or all of a location */
    static OptionalLong epoch(String location) {
        Matcher name = ROUND.matcher(location.substring(location.lastIndexOf('/') + 1));
        return name.matches() ? OptionalLong.of(Long.parseLong(name.group(1))) : OptionalLong.empty();
    }
}
