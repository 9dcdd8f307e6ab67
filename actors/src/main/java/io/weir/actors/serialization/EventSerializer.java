package io.weir.actors.serialization;

import com.fasterxml.jackson.databind.module.SimpleModule;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.bucket.TableSequence;
import io.weir.actors.catalog.CatalogEvent;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.tiering.TieringEvent;
import io.weir.actors.tiering.TieringState;

/** Events and snapshots of the catalog, the bucket manifests, the sequences and the tiering coordinator, as they lie in the journal. */
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
            .add("cat.cluster-named.1", CatalogEvent.ClusterNamed.class)
            .add("cat.catalog-restored.1", CatalogEvent.CatalogRestored.class)
            .add("cat.snapshot.1", CatalogState.Snapshot.class)
            .add("man.leader-epoch-raised.1", BucketManifest.LeaderEpochRaised.class)
            .add("man.segment-added.1", BucketManifest.SegmentAdded.class)
            .add("man.segments-removed.1", BucketManifest.SegmentsRemoved.class)
            .add("man.all-dropped.1", BucketManifest.AllDropped.class)
            .add("man.snapshot-added.1", BucketManifest.SnapshotAdded.class)
            .add("man.snapshot-leased.1", BucketManifest.SnapshotLeased.class)
            .add("man.snapshot-released.1", BucketManifest.SnapshotReleased.class)
            .add("man.lake-advanced.1", BucketManifest.LakeAdvanced.class)
            .add("man.restored.1", BucketManifest.Restored.class)
            .add("man.state.1", Manifest.class)
            .add("seq.reserved.1", TableSequence.RangeReserved.class)
            .add("tie.table-found.1", TieringEvent.TableFound.class)
            .add("tie.table-initialized.1", TieringEvent.TableInitialized.class)
            .add("tie.table-changed.1", TieringEvent.TableChanged.class)
            .add("tie.table-disabled.1", TieringEvent.TableDisabled.class)
            .add("tie.table-forgotten.1", TieringEvent.TableForgotten.class)
            .add("tie.round-scheduled.1", TieringEvent.RoundScheduled.class)
            .add("tie.round-due.1", TieringEvent.RoundDue.class)
            .add("tie.round-assigned.1", TieringEvent.RoundAssigned.class)
            .add("tie.round-fenced.1", TieringEvent.RoundFenced.class)
            .add("tie.round-finished.1", TieringEvent.RoundFinished.class)
            .add("tie.round-failed.1", TieringEvent.RoundFailed.class)
            .add("tie.table-quarantined.1", TieringEvent.TableQuarantined.class)
            .add("tie.round-triggered.1", TieringEvent.RoundTriggered.class)
            .add("tie.table-paused.1", TieringEvent.TablePaused.class)
            .add("tie.table-resumed.1", TieringEvent.TableResumed.class)
            .add("tie.lake-seen.1", TieringEvent.LakeSeen.class)
            .add("tie.offsets-forgotten.1", TieringEvent.OffsetsForgotten.class)
            .add("tie.table-maintained.1", TieringEvent.TableMaintained.class)
            .add("tie.snapshot.1", TieringState.Snapshot.class);

    public EventSerializer() {
        super(IDENTIFIER, MANIFESTS, new SimpleModule("none"));
    }
}
