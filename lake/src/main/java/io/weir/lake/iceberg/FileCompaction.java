package io.weir.lake.iceberg;

import io.weir.lake.LakeMaintenance;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTableSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.RewriteFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotSummary;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.data.parquet.InternalWriter;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes small files anew as few, and files with deletes without the rows these remove. Beside rounds: what it writes gets the sequence
 * number of the snapshot that it read, so a delete that is committed meanwhile, which has a higher one, still applies to it. Not
 * thread-safe. Reads and writes one row at a time, apart from what Parquet buffers (a row group) and the deletes of one file.
 */
final class FileCompaction {
    private static final Logger LOG = LoggerFactory.getLogger(FileCompaction.class);

    /** What is in memory of the file that is written, and of one that is read. */
    private static final String ROW_GROUP_BYTES = Integer.toString(32 << 20);

    private final TableOperations operations;
    private final LakeTableSpec spec;
    private final LakeMaintenance settings;
    private final Clock clock;
    private final String name;

    /** Files that are written but not committed. @param base snapshot whose rows they hold */
    record Written(CompactionPlan plan, Snapshot base, List<DataFile> files, long startedMs) {}

    record Counts(int compacted, int written) {
        static final Counts NONE = new Counts(0, 0);
    }

    /** @param operations of this caller alone */
    FileCompaction(TableOperations operations, LakeTableSpec spec, Clock clock) {
        this.operations = operations;
        this.spec = spec;
        this.settings = spec.maintenance();
        this.clock = clock;
        this.name = spec.database() + "." + spec.name();
    }

    Counts run() {
        Written written = write();
        return written == null ? Counts.NONE : commit(written);
    }

    /** Plans and writes; null where nothing is to be done. */
    @Nullable
    Written write() {
        if (settings.compactFiles() == 0) {
            return null;
        }
        TableMetadata metadata = operations.refresh();
        Snapshot base = metadata.currentSnapshot();
        if (base == null) {
            return null;
        }
        long startedMs = clock.millis();
        Table table = new BaseTable(new PinnedOperations(operations, metadata), name);
        CompactionPlan plan = CompactionPlan.of(table, base, settings.targetFileBytes(), settings.compactFiles());
        if (plan.isEmpty()) {
            return null;
        }
        List<DataFile> files = new ArrayList<>();
        FileNames names = FileNames.ofMaintenance();
        try {
            for (List<FileScanTask> group : plan.groups()) {
                try (Output output = new Output(table, group.get(0), names, files)) {
                    rewrite(table, group, output);
                }
            }
        } catch (IOException | RuntimeException e) {
            delete(files);
            throw e instanceof IOException io ? new UncheckedIOException(io) : (RuntimeException) e;
        }
        return new Written(plan, base, List.copyOf(files), startedMs);
    }

    private static void rewrite(Table table, List<FileScanTask> group, Output output) throws IOException {
        DeleteSets deletes = new DeleteSets(table.io());
        for (FileScanTask task : group) {
            try (LiveRows rows = LiveRows.open(table.io(), task, table.schema(), table.schema(), deletes)) {
                while (rows.hasNext()) {
                    output.write(rows.next());
                }
            }
        }
        output.finish();
    }

    /** Files of one partition, each closed at the target size. */
    private final class Output implements AutoCloseable {
        private final Table table;
        private final FileScanTask model;
        private final FileNames names;
        private final List<DataFile> files;
        private @Nullable DataWriter<StructLike> writer;
        private @Nullable String location;
        private int rows;

        Output(Table table, FileScanTask model, FileNames names, List<DataFile> files) {
            this.table = table;
            this.model = model;
            this.names = names;
            this.files = files;
        }

        void write(StructLike row) throws IOException {
            DataWriter<StructLike> open = writer == null ? open() : writer;
            open.write(row);
            if ((++rows & 0xff) == 0 && open.length() >= settings.targetFileBytes()) {
                finish();
            }
        }

        private DataWriter<StructLike> open() throws IOException {
            String path = RoundFiles.location(table, model.spec(), model.file().partition(), names.nextData());
            location = path;
            DataWriter<StructLike> opened = Parquet.writeData(table.io().newOutputFile(path))
                    .forTable(table)
                    .set(TableProperties.PARQUET_ROW_GROUP_SIZE_BYTES, ROW_GROUP_BYTES)
                    .createWriterFunc(stored -> InternalWriter.createWriter(table.schema(), stored))
                    .withSpec(model.spec())
                    .withPartition(model.file().partition())
                    .build();
            writer = opened;
            return opened;
        }

        void finish() throws IOException {
            DataWriter<StructLike> open = writer;
            if (open != null) {
                open.close();
                files.add(open.toDataFile());
                writer = null;
                location = null;
            }
        }

        /** A file that is open still is not wanted: something failed. */
        @Override
        public void close() throws IOException {
            if (location == null) {
                return;
            }
            try {
                if (writer != null) {
                    writer.close();
                }
            } finally {
                deleteQuietly(location);
            }
        }
    }

    /** After a refusal the written files are deleted; where it is not known what happened, they stay, and are orphans or not. */
    Counts commit(Written written) {
        CompactionPlan plan = written.plan();
        PinnedCommit.Result result;
        try {
            result = PinnedCommit.run(
                    operations,
                    name,
                    metadata -> refusal(metadata, written),
                    (table, commitId) -> commit(table, commitId, written));
        } catch (RuntimeException e) {
            delete(written.files()); // nothing was sent
            throw e;
        }
        if (result instanceof PinnedCommit.Done) {
            int replaced = plan.obsolete().size();
            for (List<FileScanTask> group : plan.groups()) {
                replaced += group.size();
            }
            return new Counts(replaced, written.files().size());
        }
        if (result instanceof PinnedCommit.Refused refused) {
            LOG.info("compaction of {} in the lake is given up: {}", name, refused.why());
            delete(written.files());
        } else {
            LOG.warn("compaction of {} in the lake may be committed or not: {}", name, result);
        }
        return Counts.NONE;
    }

    private void commit(Table table, String commitId, Written written) {
        RewriteFiles rewrite =
                table.newRewrite().validateFromSnapshot(written.base().snapshotId());
        if (!written.plan().groups().isEmpty()) {
            rewrite.dataSequenceNumber(written.base().sequenceNumber());
        }
        written.plan().groups().forEach(group -> group.forEach(task -> rewrite.deleteFile(task.file())));
        written.files().forEach(rewrite::addFile);
        written.plan().obsolete().forEach(rewrite::deleteFile);
        LakeState state = RoundMetadata.state(((BaseTable) table).operations().current());
        RoundMetadata.write(rewrite, spec.tableId(), state.epoch(), state.offsets(), commitId);
        rewrite.commit();
    }

    private Optional<String> refusal(TableMetadata metadata, Written written) {
        if (!TableSetUp.isSame(metadata, spec)) {
            return Optional.of("the table in the lake is another one now");
        }
        Duration took = Duration.ofMillis(clock.millis() - written.startedMs());
        if (took.compareTo(settings.orphanGrace().dividedBy(2)) > 0) {
            return Optional.of("it took %s, and its files may be taken for orphans".formatted(took));
        }
        List<Snapshot> since = since(metadata, written.base());
        if (since == null) {
            return Optional.of("the snapshot that it read is not among the current one's ancestors any more");
        }
        if (since.stream().anyMatch(s -> count(s, SnapshotSummary.DELETED_FILES_PROP) > 0)) {
            return Optional.of("files were replaced meanwhile");
        }
        return keepsDeletes(since, written.plan())
                ? Optional.empty()
                : Optional.of("deletes came meanwhile, and no data file as old as they are");
    }

    /**
     * Iceberg drops, in the same commit, delete files that are older than all data files that the commit does not touch; it does not
     * count the files that it adds, though ours are as old as what they replace. So where deletes came meanwhile, there has to be a data
     * file besides ours that is no younger than the first of them.
     */
    private static boolean keepsDeletes(List<Snapshot> since, CompactionPlan plan) {
        if (plan.leavesOthers()) {
            return true;
        }
        for (Snapshot snapshot : since) {
            if (count(snapshot, SnapshotSummary.ADDED_FILES_PROP) > 0) {
                return true;
            }
            if (count(snapshot, SnapshotSummary.ADDED_DELETE_FILES_PROP) > 0) {
                return false;
            }
        }
        return true;
    }

    /** The snapshots after {@code base} up to the current one, oldest first; null where {@code base} is no ancestor of it. */
    private static @Nullable List<Snapshot> since(TableMetadata metadata, Snapshot base) {
        List<Snapshot> since = new ArrayList<>();
        Snapshot current = metadata.currentSnapshot();
        if (current == null) {
            return null;
        }
        for (Snapshot snapshot : SnapshotUtil.ancestorsOf(current.snapshotId(), metadata::snapshot)) {
            if (snapshot.snapshotId() == base.snapshotId()) {
                return since;
            }
            since.add(0, snapshot);
        }
        return null;
    }

    private static long count(Snapshot snapshot, String key) {
        return Long.parseLong(snapshot.summary().getOrDefault(key, "0"));
    }

    private void delete(List<DataFile> files) {
        files.forEach(file -> deleteQuietly(file.location()));
    }

    private void deleteQuietly(String location) {
        try {
            operations.io().deleteFile(location);
        } catch (RuntimeException e) {
            LOG.info("{} stays until it is an orphan: {}", location, e.toString());
        }
    }
}
