package io.weir.lake.iceberg;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.io.DataWriteResult;
import org.apache.iceberg.io.DeleteWriteResult;
import org.apache.iceberg.io.FileWriter;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.types.TypeUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of one round while they are written: of each partition at most one of rows and one of keys is open, and at most so many of
 * all; past that, the one that was not written to for longest is closed. What is not in a file's row group yet is in memory: about
 * {@link #MEMORY_BYTES} for all files together; past that, the largest is closed.
 */
final class RoundFiles {
    static final int OPEN_MAX = 256;
    static final long MEMORY_BYTES = 256L << 20;
    private static final long ROW_GROUP_BYTES_MIN = 1L << 20;
    private static final long ROW_GROUP_BYTES_MAX = 32L << 20;

    /** A file's length is asked for once in so many rows. */
    private static final int ROWS_BETWEEN_LOOKS = 100;

    /** A directory's name may have 255 bytes, and all of a key in S3 1024. */
    private static final int PATH_PART_MAX = 250;

    private static final int PATH_MAX = 500;

    private static final Logger LOG = LoggerFactory.getLogger(RoundFiles.class);

    private final Table table;
    private final FileNames names;
    private final long targetBytes;
    private final long rowGroupBytes;
    private final int openMax;
    private final long memoryBytes;
    private final List<Integer> keyIds;
    private final Schema keySchema;

    private final Map<Slot, OpenFile> open = new LinkedHashMap<>(16, 0.75f, true);
    private final List<String> made = new ArrayList<>();
    private final List<DataFile> dataFiles = new ArrayList<>();
    private final List<DeleteFile> deleteFiles = new ArrayList<>();
    private long closedBytes;
    private long heldBytes;

    /** @param partition null in a table without partitions */
    private record Slot(boolean deletes, @Nullable PartitionKey partition) {}

    private static final class OpenFile {
        private final FileWriter<RowCursor, ?> writer;
        private int rows;

        /** At most so much of it is in memory, as was seen last. */
        private long held;

        OpenFile(FileWriter<RowCursor, ?> writer) {
            this.writer = writer;
        }
    }

    /**
     * @param expectedFiles how many are likely to be open at once, from which follows how much memory each may take
     * @param openMax how many may be
     * @param memoryBytes about what all of them may have in memory
     */
    RoundFiles(Table table, FileNames names, long targetBytes, int expectedFiles, int openMax, long memoryBytes) {
        this.table = table;
        this.names = names;
        this.targetBytes = targetBytes;
        this.openMax = openMax;
        this.memoryBytes = memoryBytes;
        long share = memoryBytes / Math.max(1, Math.min(expectedFiles, openMax));
        this.rowGroupBytes = Math.max(ROW_GROUP_BYTES_MIN, Math.min(ROW_GROUP_BYTES_MAX, share));
        this.keyIds = table.schema().identifierFieldIds().stream().sorted().toList();
        this.keySchema = TypeUtil.select(table.schema(), table.schema().identifierFieldIds());
    }

    /** @param partition of the row; kept, so not to be changed */
    void append(@Nullable PartitionKey partition, RowCursor row) {
        write(new Slot(false, partition), row);
    }

    void delete(@Nullable PartitionKey partition, RowCursor row) {
        write(new Slot(true, partition), row);
    }

    private void write(Slot slot, RowCursor row) {
        OpenFile file = open.get(slot);
        if (file == null) {
            if (open.size() >= openMax) {
                closeOldest();
            }
            file = new OpenFile(slot.deletes() ? openDeletes(slot.partition()) : openData(slot.partition()));
            open.put(slot, file);
        }
        file.writer.write(row);
        if (++file.rows % ROWS_BETWEEN_LOOKS == 0) {
            look(slot, file);
        }
    }

    private void look(Slot slot, OpenFile file) {
        long length = file.writer.length();
        if (length >= targetBytes) {
            open.remove(slot);
            close(file);
            return;
        }
        long held = Math.min(length, rowGroupBytes);
        heldBytes += held - file.held;
        file.held = held;
        while (heldBytes > memoryBytes && open.size() > 1) {
            closeLargest();
        }
    }

    private FileWriter<RowCursor, DataWriteResult> openData(@Nullable PartitionKey partition) {
        Schema schema = table.schema();
        try {
            return Parquet.writeData(file(partition, names.nextData()))
                    .forTable(table)
                    .set(TableProperties.PARQUET_ROW_GROUP_SIZE_BYTES, Long.toString(rowGroupBytes))
                    .withSpec(table.spec())
                    .withPartition(partition)
                    .createWriterFunc(parquet -> new RowWriter(schema, schema, parquet))
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private FileWriter<RowCursor, DeleteWriteResult> openDeletes(@Nullable PartitionKey partition) {
        Schema schema = table.schema();
        try {
            return Parquet.writeDeletes(file(partition, names.nextDeletes()))
                    .forTable(table)
                    .set(TableProperties.DELETE_PARQUET_ROW_GROUP_SIZE_BYTES, Long.toString(rowGroupBytes))
                    .rowSchema(keySchema)
                    .withSpec(table.spec())
                    .withPartition(partition)
                    .equalityFieldIds(keyIds)
                    .createWriterFunc(parquet -> new RowWriter(schema, keySchema, parquet))
                    .buildEqualityWriter();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private OutputFile file(@Nullable PartitionKey partition, String name) {
        OutputFile file = table.io().newOutputFile(location(table, table.spec(), partition, name));
        made.add(file.location());
        return file;
    }

    /**
     * In a directory of the partition's name, for people, where that is no longer than a name may be.
     *
     * @param partition null in a table without partitions
     */
    static String location(Table table, PartitionSpec spec, @Nullable StructLike partition, String name) {
        if (partition == null || spec.isUnpartitioned()) {
            return table.locationProvider().newDataLocation(name);
        }
        String path = spec.partitionToPath(partition);
        boolean fits = path.length() <= PATH_MAX
                && Stream.of(path.split("/", -1)).allMatch(part -> part.length() <= PATH_PART_MAX);
        return fits
                ? table.locationProvider().newDataLocation(spec, partition, name)
                : table.locationProvider().newDataLocation(name);
    }

    private void closeOldest() {
        Iterator<OpenFile> oldest = open.values().iterator();
        OpenFile file = oldest.next();
        oldest.remove();
        close(file);
    }

    private void closeLargest() {
        Slot largest = Collections.max(
                        open.entrySet(), Comparator.comparingLong((Map.Entry<Slot, OpenFile> e) -> e.getValue().held))
                .getKey();
        OpenFile file = open.remove(largest);
        if (file != null) {
            close(file);
        }
    }

    private void close(OpenFile file) {
        heldBytes -= file.held;
        try {
            file.writer.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        closedBytes += file.writer.length();
        Object result = file.writer.result();
        if (result instanceof DataWriteResult data) {
            dataFiles.addAll(data.dataFiles());
        } else {
            deleteFiles.addAll(((DeleteWriteResult) result).deleteFiles());
        }
    }

    long bytes() {
        long bytes = closedBytes;
        for (OpenFile file : open.values()) {
            bytes += file.writer.length();
        }
        return bytes;
    }

    /** Closes what is open; all files are durable then. */
    void finish() {
        while (!open.isEmpty()) {
            closeOldest();
        }
    }

    List<DataFile> dataFiles() {
        return dataFiles;
    }

    List<DeleteFile> deleteFiles() {
        return deleteFiles;
    }

    /** Removes every file that was made; what cannot be removed is left to maintenance. */
    void abort() {
        for (OpenFile file : open.values()) {
            try {
                file.writer.close();
            } catch (IOException | RuntimeException e) {
                LOG.debug("a file of a round that is given up cannot be closed", e);
            }
        }
        open.clear();
        for (String location : made) {
            try {
                table.io().deleteFile(location);
            } catch (RuntimeException e) {
                LOG.info("{} is left behind: {}", location, Failures.firstLine(e));
            }
        }
        made.clear();
    }
}
