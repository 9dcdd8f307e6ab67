package io.weir.codec.row;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.TableSchema;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Encoded rows of any version of a table's schema, brought to the current one: by column id, widened, nulls for younger columns. */
public final class RowVersions {
    private final TableSchema current;
    private final Map<Integer, RowUpgrade> upgrades = new HashMap<>();

    /**
     * @param schemas every version, oldest first; the last one is current
     * @throws IllegalArgumentException where a column has another type by now that does not hold all its former values
     */
    public RowVersions(List<TableSchema> schemas) {
        this.current = schemas.get(schemas.size() - 1);
        for (TableSchema former : schemas.subList(0, schemas.size() - 1)) {
            upgrades.put(former.schemaId(), new RowUpgrade(former, current));
        }
    }

    public TableSchema current() {
        return current;
    }

    /**
     * The row in the current version; the same array where it already is. Thread-safe.
     *
     * @throws WeirException CORRUPT_DATA where it is no row, INTERNAL where its version is unknown here
     */
    public byte[] upgrade(byte[] row) {
        int schemaId = schemaId(row);
        if (schemaId == current.schemaId()) {
            return row;
        }
        RowUpgrade upgrade = upgrades.get(schemaId);
        if (upgrade == null) {
            throw new WeirException(
                    ErrorCode.INTERNAL,
                    "a row has schema version %d, known here are those up to %d; try again"
                            .formatted(schemaId, current.schemaId()));
        }
        return upgrade.apply(row);
    }

    /**
     * The schema version that a row was written with.
     *
     * @throws WeirException CORRUPT_DATA where it is no row
     */
    public static int schemaId(byte[] row) {
        if (row.length > 0 && row[0] >= 0) {
            return row[0];
        }
        return new RowInput().over(row, 0, row.length).number();
    }
}
