package io.weir.sharding;

import com.fasterxml.jackson.databind.module.SimpleModule;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Sequence;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.serialization.CborMapper;
import io.weir.actors.serialization.CborSerializer;
import io.weir.actors.serialization.MessageNames;
import io.weir.actors.tiering.Tiering;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;

/** Small messages between nodes, as CBOR. The rows of tables go by {@link BulkSerializer}. */
public final class ControlSerializer extends CborSerializer {
    public static final int IDENTIFIER = 74_110_002;

    public static final MessageNames MANIFESTS = new MessageNames()
            .add("cat.create-database.1", Catalog.CreateDatabase.class)
            .add("cat.drop-database.1", Catalog.DropDatabase.class)
            .add("cat.list-databases.1", Catalog.ListDatabases.class)
            .add("cat.get-database.1", Catalog.GetDatabase.class)
            .add("cat.create-table.1", Catalog.CreateTable.class)
            .add("cat.drop-table.1", Catalog.DropTable.class)
            .add("cat.alter-table.1", Catalog.AlterTable.class)
            .add("cat.list-tables.1", Catalog.ListTables.class)
            .add("cat.get-table.1", Catalog.GetTable.class)
            .add("cat.get-table-by-id.1", Catalog.GetTableById.class)
            .add("cat.list-partitions.1", Catalog.ListPartitions.class)
            .add("cat.create-partition.1", Catalog.CreatePartition.class)
            .add("cat.drop-partition.1", Catalog.DropPartition.class)
            .add("cat.ensure-partitions.1", Catalog.EnsurePartitions.class)
            .add("cat.list-table-ids.1", Catalog.ListTableIds.class)
            .add("cat.get-cluster-name.1", Catalog.GetClusterName.class)
            .add("cat.name-cluster.1", Catalog.NameCluster.class)
            .add("cat.cluster-name.1", Catalog.ClusterName.class)
            .add("cat.done.1", Catalog.Done.class)
            .add("cat.databases.1", Catalog.Databases.class)
            .add("cat.table.1", Catalog.Table.class)
            .add("cat.tables.1", Catalog.Tables.class)
            .add("cat.partition.1", Catalog.Partition.class)
            .add("cat.partitions.1", Catalog.Partitions.class)
            .add("cat.table-ids.1", Catalog.TableIds.class)
            .add("cat.refused.1", Catalog.Refused.class)
            .add("bkt.fetch.1", Bucket.Fetch.class)
            .add("bkt.locate.1", Bucket.Locate.class)
            .add("bkt.describe.1", Bucket.Describe.class)
            .add("bkt.tick.1", Bucket.Tick.class)
            .add("bkt.lake-advanced.1", Bucket.LakeAdvanced.class)
            .add("bkt.open-scan.1", Bucket.OpenScan.class)
            .add("bkt.read-scan.1", Bucket.ReadScan.class)
            .add("bkt.close-scan.1", Bucket.CloseScan.class)
            .add("bkt.scan-opened.1", Bucket.ScanOpened.class)
            .add("bkt.appended.1", Bucket.Appended.class)
            .add("bkt.located.1", Bucket.Located.class)
            .add("bkt.description.1", Bucket.Description.class)
            .add("bkt.refused.1", Bucket.Refused.class)
            .add("man.get-manifest.1", BucketManifest.GetManifest.class)
            .add("man.raise-epoch.1", BucketManifest.RaiseEpoch.class)
            .add("man.refused.1", BucketManifest.Refused.class)
            .add("man.add-segment.1", BucketManifest.AddSegment.class)
            .add("man.remove-segments.1", BucketManifest.RemoveSegments.class)
            .add("man.drop-all.1", BucketManifest.DropAll.class)
            .add("man.add-snapshot.1", BucketManifest.AddSnapshot.class)
            .add("man.advance-lake.1", BucketManifest.AdvanceLake.class)
            .add("man.lease-snapshot.1", BucketManifest.LeaseSnapshot.class)
            .add("man.release-snapshot.1", BucketManifest.ReleaseSnapshot.class)
            .add("seq.reserve.1", Sequence.Reserve.class)
            .add("seq.reserved.1", Sequence.Reserved.class)
            .add("seq.exhausted.1", Sequence.Exhausted.class)
            .add("tie.heartbeat.1", Tiering.Heartbeat.class)
            .add("tie.orders.1", Tiering.Orders.class)
            .add("tie.round-ended.1", Tiering.RoundEnded.class)
            .add("tie.round-noted.1", Tiering.RoundNoted.class)
            .add("tie.maintained.1", Tiering.Maintained.class)
            .add("tie.get-status.1", Tiering.GetStatus.class)
            .add("tie.trigger.1", Tiering.Trigger.class)
            .add("tie.pause.1", Tiering.Pause.class)
            .add("tie.resume.1", Tiering.Resume.class)
            .add("tie.done.1", Tiering.Done.class)
            .add("tie.refused.1", Tiering.Refused.class)
            .add("tie.status.1", Tiering.Status.class)
            .add("agt.count-buckets.1", NodeAgent.CountBuckets.class)
            .add("agt.bucket-count.1", NodeAgent.BucketCount.class)
            .add("agt.take-over.1", NodeAgent.TakeOver.class)
            .add("agt.taken-over.1", NodeAgent.TakenOver.class)
            .add("hov.open.1", LogHandover.Open.class)
            .add("hov.read.1", LogHandover.Read.class)
            .add("hov.close.1", LogHandover.Close.class)
            .add("hov.opened.1", LogHandover.Opened.class)
            .add("hov.denied.1", LogHandover.Denied.class)
            .add("rea.run.1", Reaper.Run.class)
            .add("rea.report.1", Reaper.Report.class)
            .add("rea.refused.1", Reaper.Refused.class);

    public ControlSerializer(ExtendedActorSystem system) {
        super(IDENTIFIER, MANIFESTS, actorRefs(ActorRefResolver.get(Adapter.toTyped(system))));
    }

    private static SimpleModule actorRefs(ActorRefResolver resolver) {
        return new SimpleModule("actor-refs")
                .addSerializer(
                        ActorRef.class,
                        new CborMapper.TextSerializer<>(
                                ActorRef.class, ref -> resolver.toSerializationFormat((ActorRef<?>) ref)))
                .addDeserializer(
                        ActorRef.class,
                        new CborMapper.TextDeserializer<>(ActorRef.class, text -> resolver.resolveActorRef(text)));
    }
}
