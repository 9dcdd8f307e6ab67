package io.weir.lake.iceberg;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.UntouchedVectors;
import io.weir.lake.LakeScan;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.DensityAwareVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableScan;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.io.CloseableIterator;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;

/**
 * Reads the files of a snapshot one after another: those are left out of which the manifests tell that no row passes, and of the others
 * the row groups; what is read then goes through the predicates themselves. Not thread-safe. Nothing is opened before the first batch.
 */
final class IcebergScan implements LakeScan {
    /** Rows of few bytes take their time too. */
    private static final int BATCH_ROWS_MAX = 1 << 16;

    /** Vectors grow on demand; what they begin with must suit narrow rows as well as wide ones. */
    private static final int FIRST_SLOTS_MAX = 1024;

    /** A row may be 8 MiB, and vectors double when they grow. */
    private static final long ALLOCATION_MIN = 256L << 20;

    private final Table table;
    private final long snapshotId;
    private final Schema stored;
    private final ScanProjection projection;
    private final int wanted;
    private final List<Predicate> predicates;
    private final ColumnMapping mapping;
    private final Supplier<TableMetadata> newest;
    private final int batchBytes;
    private final BufferAllocator allocator;
    private final DeleteSets deletes;

    private @Nullable CloseableIterable<FileScanTask> plan;
    private @Nullable CloseableIterator<FileScanTask> tasks;
    private @Nullable LiveRows file;
    private boolean closed;

    /** @param wanted how many of the projection's columns are returned, from the first */
    IcebergScan(
            Table table,
            long snapshotId,
            ScanProjection projection,
            int wanted,
            List<Predicate> predicates,
            ColumnMapping mapping,
            Supplier<TableMetadata> newest,
            int batchBytes) {
        this.table = table;
        this.snapshotId = snapshotId;
        this.stored = SnapshotUtil.schemaFor(table, snapshotId);
        this.projection = projection;
        this.wanted = wanted;
        this.predicates = List.copyOf(predicates);
        this.mapping = mapping;
        this.newest = newest;
        this.batchBytes = batchBytes;
        this.allocator = new RootAllocator(Math.max(ALLOCATION_MIN, 16L * batchBytes));
        this.deletes = new DeleteSets(table.io());
    }

    @Override
    public @Nullable EncodedRows next() {
        if (closed) {
            throw new IllegalStateException("the scan is closed");
        }
        try {
            return batch();
        } catch (OutOfMemoryException e) {
            throw new WeirException(ErrorCode.OVERLOADED, "no memory to read the lake at the moment; try again", e);
        } catch (NotFoundException e) {
            throw missing(e);
        } catch (WeirException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw unreadable(e);
        }
    }

    private @Nullable EncodedRows batch() throws IOException {
        List<Column> columns = projection.columns();
        try (VectorSchemaRoot root = VectorSchemaRoot.create(ArrowSchemas.toArrow(columns), allocator)) {
            List<@Nullable VectorFiller> fillers = fillers(root);
            int rows = 0;
            long bytes = 0;
            while (rows < BATCH_ROWS_MAX && bytes < batchBytes && advance()) {
                bytes += fill(fillers, rows++);
            }
            if (rows == 0) {
                return null;
            }
            UntouchedVectors.allocate(root);
            root.setRowCount(rows);
            return passing(root);
        }
    }

    private List<@Nullable VectorFiller> fillers(VectorSchemaRoot root) {
        List<@Nullable VectorFiller> fillers = new ArrayList<>();
        for (int i = 0; i < projection.columns().size(); i++) {
            int source = projection.sources().get(i);
            FieldVector vector = root.getVector(i);
            if (source < 0) {
                fillers.add(null);
                vector.setInitialCapacity(1);
                continue;
            }
            Types.NestedField field = projection.schema().columns().get(source);
            VectorFiller filler = VectorFiller.of(projection.columns().get(i).type(), field.type(), vector);
            int slots = (int) Math.max(1, Math.min(FIRST_SLOTS_MAX, batchBytes / Math.max(1, filler.treeBytes)));
            if (vector instanceof DensityAwareVector nested) {
                nested.setInitialCapacity(slots, 1.0);
            } else {
                vector.setInitialCapacity(slots);
            }
            fillers.add(filler);
        }
        return fillers;
    }

    private long fill(List<@Nullable VectorFiller> fillers, int slot) {
        StructLike row = current().next();
        long bytes = 0;
        for (int i = 0; i < fillers.size(); i++) {
            VectorFiller filler = fillers.get(i);
            if (filler != null) {
                bytes += filler.fill(slot, row.get(projection.sources().get(i), Object.class));
            }
        }
        return bytes;
    }

    private LiveRows current() {
        if (file == null) {
            throw new IllegalStateException("no file is open");
        }
        return file;
    }

    private EncodedRows passing(VectorSchemaRoot root) {
        BitSet rows = new BitSet();
        rows.set(0, root.getRowCount());
        for (Predicate predicate : predicates) {
            rows.and(predicate.matches(projection.columns(), root));
        }
        List<Column> columns = projection.columns().subList(0, wanted);
        List<FieldVector> vectors = root.getFieldVectors().subList(0, wanted);
        VectorSchemaRoot shown = new VectorSchemaRoot(
                ArrowSchemas.toArrow(columns).getFields(), vectors, root.getRowCount()); // closed with root
        EncodedRows all = RecordBatches.encode(0, shown);
        return rows.cardinality() == all.rowCount()
                ? all
                : RecordBatches.select(columns, all, rows.stream().toArray(), allocator);
    }

    /** Whether there is a next row, in this file or the next one that has any. */
    private boolean advance() throws IOException {
        while (true) {
            if (file != null) {
                if (file.hasNext()) {
                    return true;
                }
                LiveRows done = file;
                file = null;
                done.close();
            }
            CloseableIterator<FileScanTask> left = tasks == null ? plan() : tasks;
            if (!left.hasNext()) {
                return false;
            }
            file = LiveRows.open(table.io(), left.next(), stored, projection.schema(), deletes);
        }
    }

    private CloseableIterator<FileScanTask> plan() {
        PushDown fold = new PushDown(column -> mapping.field(column.id(), stored));
        Expression filter =
                predicates.stream().map(p -> p.fold(fold)).reduce(Expressions.alwaysTrue(), Expressions::and);
        TableScan scan = table.newScan().useSnapshot(snapshotId).filter(filter);
        CloseableIterable<FileScanTask> files = scan.planFiles();
        plan = files;
        CloseableIterator<FileScanTask> iterator = files.iterator();
        tasks = iterator;
        return iterator;
    }

    /** A snapshot that the table still has must have its files: then the lake is damaged, and no repetition helps. */
    private WeirException missing(NotFoundException cause) {
        boolean listed;
        try {
            listed = newest.get().snapshot(snapshotId) != null;
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
            return unreadable(cause);
        }
        return listed
                ? new WeirException(
                        ErrorCode.CORRUPT_DATA,
                        "a file of the lake's table %s is gone: %s".formatted(table.name(), cause.getMessage()),
                        cause)
                : new WeirException(
                        ErrorCode.SCAN_EXPIRED,
                        "lake snapshot %d of %s is older than 'datalake.snapshot-retention' and its files are gone; read anew"
                                .formatted(snapshotId, table.name()),
                        cause);
    }

    private WeirException unreadable(Exception cause) {
        return new WeirException(
                ErrorCode.LAKE_UNAVAILABLE,
                "cannot read %s in the lake: %s".formatted(table.name(), cause.getMessage()),
                cause);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        LiveRows open = file;
        CloseableIterator<FileScanTask> left = tasks;
        CloseableIterable<FileScanTask> planned = plan;
        file = null;
        try {
            // In turn, and each whatever becomes of the others.
            allocator.close();
        } finally {
            close(open, left, planned);
        }
    }

    private void close(@Nullable Closeable... resources) {
        @Nullable Exception failure = null;
        for (Closeable resource : resources) {
            try {
                if (resource != null) {
                    resource.close();
                }
            } catch (IOException | RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw unreadable(failure);
        }
    }
}
