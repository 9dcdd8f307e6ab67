package io.weir.lake.iceberg;

import java.io.IOException;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.MetadataColumns;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.data.DeleteFilter;
import org.apache.iceberg.data.DeleteLoader;
import org.apache.iceberg.data.parquet.InternalReader;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.CloseableIterator;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.parquet.Parquet;
import org.apache.iceberg.util.PartitionUtil;

/**
 * The rows of one data file that no delete file removes, one after another in Iceberg's internal form. The row that is returned is good
 * until the next is asked for. Row groups that the task's filter excludes are passed over. Not thread-safe.
 */
final class LiveRows implements CloseableIterator<StructLike> {
    private final CloseableIterable<StructLike> rows;
    private final CloseableIterator<StructLike> iterator;

    private LiveRows(CloseableIterable<StructLike> rows, CloseableIterator<StructLike> iterator) {
        this.rows = rows;
        this.iterator = iterator;
    }

    /**
     * @param schema to look up the columns in that deletes are by
     * @param wanted of each row: these fields first, perhaps others behind them. Only the file's chunks of these are read
     */
    static LiveRows open(FileIO io, FileScanTask task, Schema schema, Schema wanted, DeleteSets deletes)
            throws IOException {
        if (task.file().format() != FileFormat.PARQUET) {
            throw new UnsupportedOperationException("%s is no Parquet file; another engine wrote it"
                    .formatted(task.file().location()));
        }
        Filter filter = new Filter(io, task, schema, wanted, deletes);
        Schema read = filter.requiredSchema().columns().isEmpty()
                ? new Schema(MetadataColumns.ROW_POSITION) // a reader of nothing would have nothing to count rows by
                : filter.requiredSchema();
        CloseableIterable<StructLike> rows = Parquet.read(
                        io.newInputFile(task.file().location()))
                .project(read)
                .createReaderFunc(stored -> InternalReader.create(read, stored, PartitionUtil.constantsMap(task)))
                .split(task.start(), task.length())
                .filter(task.residual())
                .reuseContainers()
                .build();
        try {
            CloseableIterable<StructLike> live = filter.filter(rows);
            return new LiveRows(rows, live.iterator());
        } catch (RuntimeException e) {
            rows.close();
            throw e;
        }
    }

    @Override
    public boolean hasNext() {
        return iterator.hasNext();
    }

    @Override
    public StructLike next() {
        return iterator.next();
    }

    @Override
    public void close() throws IOException {
        try (rows) {
            iterator.close();
        }
    }

    private static final class Filter extends DeleteFilter<StructLike> {
        private final FileIO io;
        private final DeleteSets deletes;

        Filter(FileIO io, FileScanTask task, Schema schema, Schema wanted, DeleteSets deletes) {
            super(task.file().location(), task.deletes(), schema, wanted);
            this.io = io;
            this.deletes = deletes;
        }

        @Override
        protected StructLike asStructLike(StructLike row) {
            return row;
        }

        @Override
        protected InputFile getInputFile(String location) {
            return io.newInputFile(location);
        }

        @Override
        protected DeleteLoader newDeleteLoader() {
            return deletes;
        }
    }
}
