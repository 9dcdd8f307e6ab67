package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.bucket.Manifests;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogBehavior;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.journal.JournalSetup;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.SimObjectStore;
import io.weir.persistence.objects.StoredObject;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.stream.Materializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pass over a store, beside a catalog and manifests as a node has them. */
class ReaperPortsTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration GRACE = Duration.ofHours(1);

    @TempDir
    Path data;

    private ActorTestKit kit;
    private SimObjectStore store;
    private RemoteTier tier;
    private ActorRef<Catalog.Command> catalog;
    private ActorRef<BucketManifest.Command> manifests;
    private BucketId bucket;

    @BeforeEach
    void start() {
        kit = ActorTestKit.create(JournalSetup.config(data).withFallback(ConfigFactory.load()));
        Materializer materializer = Materializer.matFromSystem(kit.system());
        store = new SimObjectStore(5, materializer);
        tier = SimTier.over(store, materializer);
        catalog = kit.spawn(CatalogBehavior.create(Clock.systemUTC(), new CatalogMirror()));
        manifests = kit.spawn(Manifests.create(Clock.systemUTC()));
        bucket = new BucketId(createTable("t"), 0);
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private long createTable(String name) {
        TestProbe<Catalog.Reply> replies = kit.createTestProbe();
        Catalog.TableDefinition definition =
                new Catalog.TableDefinition(name, TestRows.COLUMNS, List.of(), 1, Map.of());
        catalog.tell(new Catalog.CreateTable("db", definition, true, replies.ref()));
        return replies.expectMessageClass(Catalog.Table.class, SOON).info().tableId();
    }

    private Manifest tell(java.util.function.Function<ActorRef<BucketManifest.Reply>, BucketManifest.Command> command) {
        TestProbe<BucketManifest.Reply> replies = kit.createTestProbe();
        manifests.tell(command.apply(replies.ref()));
        return replies.expectMessageClass(Manifest.class, SOON);
    }

    private void lead(BucketId id) {
        tell(to -> new BucketManifest.RaiseEpoch(id, 0, new BucketManifest.Node("n", "h:1"), to));
    }

    private static ObjectName segmentName(BucketId id, long base, long startedMs) {
        return RemoteNames.segment(id.entityId(), base, 1, ReaperWorld.attempt(startedMs, base));
    }

    private ObjectName put(ObjectName name) {
        store.store(name, new byte[10]);
        return name;
    }

    private void uploaded(long base, ObjectName name) {
        RemoteSegment segment =
                new RemoteSegment(base, base + 10, 10, 0, 0, 1, 2, 1, new StoredObject(put(name), 10, 7));
        tell(to -> new BucketManifest.AddSegment(bucket, 1, segment, 0, to));
    }

    private Reaper.Report run(ActorRef<BucketManifest.Command> from, Duration catalogTimeout) {
        ReaperPorts ports = new ReaperPorts(tier, from, catalog, catalogTimeout, kit.system());
        return new ReaperPass(ports, Clock.systemUTC(), GRACE, false).run();
    }

    @Test
    void whatTheManifestNamesStaysAndTheRestGoesWhenItIsOld() {
        lead(bucket);
        long now = System.currentTimeMillis();
        ObjectName live = segmentName(bucket, 0, 1_600_000_000_000L);
        uploaded(0, live);
        ObjectName young = put(segmentName(bucket, 10, now));
        put(segmentName(bucket, 10, now - GRACE.toMillis() - 1000));
        BucketId unknown = new BucketId(createTable("unused"), 0);
        ObjectName ofNobody = put(segmentName(unknown, 0, 1));
        Reaper.Report report = run(manifests, SOON);
        assertThat(store.names()).containsExactlyInAnyOrder(live, young, ofNobody);
        assertThat(report.deleted()).isEqualTo(1);
        assertThat(report.problems()).hasSize(1).allMatch(why -> why.contains("bucket 2-0 is left alone"));
    }

    @Test
    void nothingGoesWhereADescriptorCannotBeRead() {
        lead(bucket);
        uploaded(0, segmentName(bucket, 0, 1));
        KvSnapshot torn = new KvSnapshot(
                10,
                5,
                20,
                new StoredObject(put(RemoteNames.snapshot(bucket.entityId(), ReaperWorld.attempt(2, 2))), 10, 7));
        tell(to -> new BucketManifest.AddSnapshot(bucket, 1, torn, 0, to));
        put(segmentName(bucket, 10, 3));
        Reaper.Report report = run(manifests, SOON);
        assertThat(report.deleted()).isZero();
        assertThat(store.names()).hasSize(3);
        assertThat(report.problems()).hasSize(1).allMatch(why -> why.contains("bucket 1-0 is left alone"));
    }

    @Test
    void nothingGoesWhereTheCatalogDoesNotAnswer() {
        lead(bucket);
        put(segmentName(bucket, 0, 1));
        kit.stop(catalog);
        Reaper.Report report = run(manifests, Duration.ofMillis(200));
        assertThat(report.problems()).hasSize(1).allMatch(why -> why.contains("ended early"));
        assertThat(store.names()).hasSize(1);
    }

    @Test
    void bucketsOfADroppedTableGoWhole() {
        TestProbe<Catalog.Reply> replies = kit.createTestProbe();
        put(segmentName(bucket, 0, System.currentTimeMillis()));
        put(RemoteNames.manifest(bucket.entityId(), 3));
        catalog.tell(new Catalog.DropTable("db", "t", replies.ref()));
        replies.expectMessage(SOON, new Catalog.Done());
        assertThat(run(manifests, SOON).deleted()).isEqualTo(2);
        assertThat(store.names()).isEmpty();
    }
}
