package io.weir.lake.iceberg;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.iceberg.ContentFile;
import org.apache.iceberg.ManifestContent;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.FileInfo;
import org.apache.iceberg.io.SupportsPrefixOperations;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes files in a table's place that its metadata does not name: of rounds whose epoch the lake has gone past, which it will never
 * take, at once; others (of maintenance, lost commits, other engines) when they are older than the grace, which has to be longer than
 * anyone takes from writing a file to committing it. A round that may still commit keeps its files however old they are.
 *
 * <p>What may go is listed first and the metadata read after that, so a file that is committed meanwhile is named there. The locations
 * of what may go, for a table at rest about all of its files, are in memory.
 */
final class OrphanFiles {
    private static final Logger LOG = LoggerFactory.getLogger(OrphanFiles.class);

    private OrphanFiles() {}

    /**
     * @param committedEpoch rounds below it are given up, as the caller knows; those at the lake's own epoch or above it are spared even so
     * @return how many were deleted
     */
    static int run(TableOperations operations, long committedEpoch, long nowMs, Duration grace) {
        if (!(operations.io() instanceof SupportsPrefixOperations files)) {
            return 0;
        }
        TableMetadata before = operations.refresh();
        if (before.currentSnapshot() == null) {
            return 0; // then nothing says which rounds are over
        }
        long lakeEpoch = RoundMetadata.state(before).epoch();
        long epoch = Math.min(committedEpoch, lakeEpoch);
        Set<String> candidates = new HashSet<>();
        boolean complete = false;
        for (FileInfo file : files.listPrefix(before.location() + "/")) {
            complete |= comparable(file.location()).equals(comparable(before.metadataFileLocation()));
            if (isCandidate(before.location(), file, epoch, nowMs - grace.toMillis())) {
                candidates.add(comparable(file.location()));
            }
        }
        if (!complete) {
            LOG.warn(
                    "no orphans are looked for at {}: the listing does not show the table's metadata",
                    before.location());
            return 0;
        }
        if (candidates.isEmpty()) {
            return 0;
        }
        forEachNamed(operations.refresh(), operations.io(), location -> candidates.remove(comparable(location)));
        return delete(files, candidates);
    }

    private static boolean isCandidate(String table, FileInfo file, long epoch, long oldestMs) {
        String path = comparable(file.location());
        String root = comparable(table);
        boolean ours = path.startsWith(root + "/data/") || path.startsWith(root + "/metadata/");
        if (!ours || !path.matches(".*\\.(parquet|avro|json|puffin|stats)")) {
            return false;
        }
        OptionalLong round = FileNames.epoch(path);
        return round.isPresent() ? round.getAsLong() < epoch : file.createdAtMillis() < oldestMs;
    }

    private static void forEachNamed(TableMetadata table, FileIO io, Consumer<String> action) {
        action.accept(table.metadataFileLocation());
        table.previousFiles().forEach(entry -> action.accept(entry.file()));
        table.statisticsFiles().forEach(file -> action.accept(file.path()));
        table.partitionStatisticsFiles().forEach(file -> action.accept(file.path()));
        Set<String> seen = new HashSet<>();
        for (Snapshot snapshot : table.snapshots()) {
            if (snapshot.manifestListLocation() != null) {
                action.accept(snapshot.manifestListLocation());
            }
            for (ManifestFile manifest : snapshot.allManifests(io)) {
                if (seen.add(manifest.path())) {
                    action.accept(manifest.path());
                    forEachFile(table, io, manifest, action);
                }
            }
        }
    }

    private static void forEachFile(TableMetadata table, FileIO io, ManifestFile manifest, Consumer<String> action) {
        try (ManifestReader<? extends ContentFile<?>> files = manifest.content() == ManifestContent.DATA
                ? ManifestFiles.read(manifest, io, table.specsById())
                : ManifestFiles.readDeleteManifest(manifest, io, table.specsById())) {
            files.forEach(file -> action.accept(file.location()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int delete(FileIO files, Set<String> orphans) {
        int deleted = 0;
        for (String location : orphans) {
            try {
                files.deleteFile(location);
                deleted++;
            } catch (NotFoundException e) {
                LOG.debug("{} is gone already", location);
            } catch (RuntimeException e) {
                LOG.info("orphan {} stays for now: {}", location, e.toString());
            }
        }
        return deleted;
    }

    /**
     * One text for one file: {@code file:} may be followed by one slash or three, or be left out, and {@code s3} has other names.
     */
    private static String comparable(String location) {
        if (location.startsWith("file:") || location.startsWith("/")) {
            return LocalFileIO.location(LocalFileIO.path(location));
        }
        return location.replaceFirst("^s3[an]://", "s3://");
    }
}
