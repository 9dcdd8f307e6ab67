package io.weir.lake.iceberg;

import io.weir.codec.schema.TableSchema;
import io.weir.lake.Lake;
import io.weir.lake.LakeSnapshot;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.Optional;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.jspecify.annotations.Nullable;

/**
 * The lake in Iceberg: table {@code name} of namespace {@code database} in one catalog. The catalog is connected to when it is first
 * needed, so that a lake that is away holds up nothing else. Thread-safe.
 */
public final class IcebergLake implements Lake {
    private final IcebergSettings settings;
    private final Clock clock;
    private @Nullable Catalog catalog;
    private boolean closed;

    /** @param clock tells the age of files and snapshots */
    public IcebergLake(IcebergSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
    }

    @Override
    public LakeTable open(LakeTableSpec spec) {
        return Failures.guard("opening %s.%s in the lake".formatted(spec.database(), spec.name()), () -> {
            TableOperations operations = new TableSetUp(catalog(), spec).open();
            return new IcebergTable(operations, spec, clock);
        });
    }

    @Override
    public Optional<LakeSnapshot> snapshot(LakeTableSpec spec) {
        return Failures.guard("reading %s.%s in the lake".formatted(spec.database(), spec.name()), () -> {
            BaseTable table;
            try {
                table = (BaseTable) catalog().loadTable(identifier(spec));
            } catch (NoSuchTableException e) {
                return Optional.empty();
            }
            TableMetadata metadata = table.operations().current();
            if (!TableSetUp.isSame(metadata, spec)) {
                return Optional.empty();
            }
            LakeState state = RoundMetadata.state(metadata);
            if (state.offsets().isEmpty()) {
                return Optional.empty();
            }
            BaseTable pinned = new BaseTable(new PinnedOperations(table.operations(), metadata), table.name());
            return Optional.of(
                    new IcebergSnapshot(pinned, spec, state, ColumnMapping.of(metadata), () -> newest(spec)));
        });
    }

    private TableMetadata newest(LakeTableSpec spec) {
        return ((BaseTable) catalog().loadTable(identifier(spec))).operations().current();
    }

    static TableIdentifier identifier(LakeTableSpec spec) {
        return TableIdentifier.of(Namespace.of(spec.database()), spec.name());
    }

    @Override
    public void check(TableSchema schema) {
        IcebergTypes.check(schema);
    }

    @Override
    public String describe() {
        return settings.describe();
    }

    private synchronized Catalog catalog() {
        if (closed) {
            throw new IllegalStateException("the lake is closed");
        }
        if (catalog == null) {
            makeDirectory();
            catalog = CatalogUtil.buildIcebergCatalog(IcebergSettings.CATALOG_NAME, settings.catalogProperties(), null);
        }
        return catalog;
    }

    private void makeDirectory() {
        try {
            Files.createDirectories(settings.directory());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make " + settings.directory(), e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (catalog instanceof Closeable closeable) {
            try {
                closeable.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        catalog = null;
    }
}
