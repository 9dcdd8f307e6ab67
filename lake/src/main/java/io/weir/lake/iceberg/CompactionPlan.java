package io.weir.lake.iceberg;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.StructLikeWrapper;

/**
 * What one compaction does about a snapshot. In a partition that has {@code compactFiles} small files those become few; where as many
 * delete files wait to be folded in, the files that they apply to are written anew. A delete file goes when no file is left that it
 * applies to: to files of the same partition that are older than it, which is for the scan's planning to know. Holds one task of each
 * live file in memory while it is made.
 *
 * @param groups of one partition each; about {@value #WORK_FILES} target sizes in all, the rest is left for the next time
 * @param obsolete delete files that apply to no file that is left
 * @param leavesOthers whether data files stay that it does not touch
 */
record CompactionPlan(List<List<FileScanTask>> groups, List<DeleteFile> obsolete, boolean leavesOthers) {
    /** One call's work in files of the target size; bounds how long it takes, and so how often it meets a round. */
    private static final int WORK_FILES = 8;

    private static final int TASKS_MAX = 1000;

    boolean isEmpty() {
        return groups.isEmpty() && obsolete.isEmpty();
    }

    private record Partition(int specId, StructLikeWrapper value) {}

    /** @param table pinned to {@code snapshot} as its current one */
    static CompactionPlan of(Table table, Snapshot snapshot, long targetBytes, int compactFiles) {
        Map<Partition, List<FileScanTask>> partitions = new LinkedHashMap<>();
        Map<Integer, StructLikeWrapper> wrappers = new HashMap<>();
        try (CloseableIterable<FileScanTask> tasks =
                table.newScan().useSnapshot(snapshot.snapshotId()).planFiles()) {
            for (FileScanTask task : tasks) {
                Types.StructType type = task.spec().partitionType();
                StructLikeWrapper wrapper = wrappers.computeIfAbsent(
                                task.spec().specId(), id -> StructLikeWrapper.forType(type))
                        .copyFor(task.file().partition());
                partitions
                        .computeIfAbsent(new Partition(task.spec().specId(), wrapper), p -> new ArrayList<>())
                        .add(task);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<List<FileScanTask>> groups = groups(partitions.values(), targetBytes, compactFiles);
        Set<FileScanTask> chosen = Collections.newSetFromMap(new IdentityHashMap<>());
        groups.forEach(chosen::addAll);
        Set<String> needed = new HashSet<>();
        boolean others = false;
        for (List<FileScanTask> tasks : partitions.values()) {
            for (FileScanTask task : tasks) {
                if (!chosen.contains(task)) {
                    others = true;
                    task.deletes().forEach(file -> needed.add(file.location()));
                }
            }
        }
        return new CompactionPlan(groups, obsolete(table, snapshot, needed), others);
    }

    private static List<List<FileScanTask>> groups(
            Collection<List<FileScanTask>> partitions, long targetBytes, int compactFiles) {
        List<List<FileScanTask>> candidates = new ArrayList<>();
        for (List<FileScanTask> tasks : partitions) {
            List<FileScanTask> worth = worthIt(tasks, targetBytes, compactFiles);
            if (!worth.isEmpty()) {
                candidates.add(worth);
            }
        }
        candidates.sort(Comparator.comparingInt((List<FileScanTask> tasks) -> tasks.size())
                .reversed());
        List<List<FileScanTask>> groups = new ArrayList<>();
        long bytesLeft = WORK_FILES * targetBytes;
        int tasksLeft = TASKS_MAX;
        for (List<FileScanTask> tasks : candidates) {
            List<FileScanTask> group = new ArrayList<>();
            for (FileScanTask task : tasks) {
                if (bytesLeft > 0 && tasksLeft > 0) {
                    bytesLeft -= task.file().fileSizeInBytes();
                    tasksLeft--;
                    group.add(task);
                }
            }
            if (group.size() > 1
                    || (group.size() == 1 && !group.get(0).deletes().isEmpty())) {
                groups.add(List.copyOf(group));
            }
        }
        return List.copyOf(groups);
    }

    /** The partition's files that are to be written anew, oldest first. */
    private static List<FileScanTask> worthIt(List<FileScanTask> tasks, long targetBytes, int compactFiles) {
        Set<String> deletes = new HashSet<>();
        int small = 0;
        for (FileScanTask task : tasks) {
            task.deletes().forEach(file -> deletes.add(file.location()));
            small += isSmall(task, targetBytes) ? 1 : 0;
        }
        boolean fold = deletes.size() >= compactFiles;
        boolean join = small >= compactFiles;
        return tasks.stream()
                .filter(t -> ((fold || join) && isSmall(t, targetBytes))
                        || (fold && !t.deletes().isEmpty()))
                .sorted(Comparator.comparingLong((FileScanTask t) -> sequence(t.file()))
                        .thenComparing(t -> t.file().location()))
                .toList();
    }

    private static boolean isSmall(FileScanTask task, long targetBytes) {
        return task.file().fileSizeInBytes() < targetBytes / 2;
    }

    private static long sequence(DataFile file) {
        Long sequence = file.dataSequenceNumber();
        return sequence == null ? 0 : sequence;
    }

    private static List<DeleteFile> obsolete(Table table, Snapshot snapshot, Set<String> needed) {
        List<DeleteFile> obsolete = new ArrayList<>();
        for (ManifestFile manifest : snapshot.deleteManifests(table.io())) {
            try (ManifestReader<DeleteFile> files =
                    ManifestFiles.readDeleteManifest(manifest, table.io(), table.specs())) {
                for (DeleteFile file : files) {
                    if (!needed.contains(file.location())) {
                        obsolete.add(file.copyWithoutStats());
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return List.copyOf(obsolete);
    }
}
