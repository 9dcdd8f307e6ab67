package io.weir.actors.serialization;

import com.fasterxml.jackson.databind.module.SimpleModule;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.catalog.CatalogEvent;
import io.weir.actors.catalog.CatalogState;

/** Events and snapshots of the catalog and the bucket manifests, as they lie in the journal. */
public final class EventSerializer extends CborSerializer {
    public static final int IDENTIFIER = 74_110_001;

    public static final MessageNames MANIFESTS = new MessageNames()
            .add("cat.database-created.1", CatalogEvent.DatabaseCreated.class)
            .add("cat.database-dropped.1", CatalogEvent.DatabaseDropped.class)
            .add("cat.table-created.1", CatalogEvent.TableCreated.class)
            .add("cat.table-dropped.1", CatalogEvent.TableDropped.class)
            .add("cat.table-altered.1", CatalogEvent.TableAltered.class)
            .add("cat.partitions-created.1", CatalogEvent.PartitionsCreated.class)
            .add("cat.partitions-dropped.1", CatalogEvent.PartitionsDropped.class)
            .add("cat.snapshot.1", CatalogState.Snapshot.class)
            .add("man.leader-epoch-raised.1", BucketManifest.LeaderEpochRaised.class);

    public EventSerializer() {
        super(IDENTIFIER, MANIFESTS, new SimpleModule("none"));
    }
}
