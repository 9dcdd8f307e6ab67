package io.weir.actors.tiering;

import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.lake.LakeTableSpec;

/** Tables of the catalog as the lake has to know them. */
public final class LakeTables {
    private LakeTables() {}

    public static LakeTableSpec spec(TableInfo table) {
        return new LakeTableSpec(
                table.tableId(),
                table.createdAt().toEpochMilli(),
                table.database(),
                table.name(),
                table.schema(),
                table.primaryKey(),
                table.bucketKey(),
                table.partitionBy(),
                table.buckets(),
                TableProperties.from(table.properties()).lake().maintenance());
    }
}
