package io.weir.lake;

import java.time.Duration;

/**
 * How a table's files in the lake are kept.
 *
 * @param targetFileBytes data files are closed, and compacted, at about this size
 * @param compactFiles so many small files of one partition are made one, deletes folded in; 0 for never
 * @param snapshotRetention how long a lake snapshot stays readable after another took its place
 * @param orphanGrace how old a file that nothing names has to be before it is deleted; files of rounds that can never commit go at once
 */
public record LakeMaintenance(
        long targetFileBytes, int compactFiles, Duration snapshotRetention, Duration orphanGrace) {}
