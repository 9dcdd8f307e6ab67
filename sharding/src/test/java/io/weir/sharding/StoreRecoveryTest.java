package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.bucket.ManifestCopy;
import io.weir.actors.bucket.Manifests;
import io.weir.actors.bucket.Sequence;
import io.weir.actors.bucket.Sequences;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogBehavior;
import io.weir.actors.catalog.CatalogCopy;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.journal.JournalSetup;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.StoredObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreRecoveryTest {
    private static final BucketId FIRST = new BucketId(1, 0);
    private static final BucketId SECOND = new BucketId(1, 1);

    @TempDir
    Path root;

    private Path data;
    private CatalogState catalog;
    private final List<Long> progress = new ArrayList<>();

    /** A store as a cluster leaves it: a catalog whose table 2 was dropped, and two buckets of table 1. */
    @BeforeEach
    void store() throws IOException {
        data = root.resolve("data");
        CatalogState.Snapshot snapshot = new CatalogState.Snapshot(
                2, List.of("db", "empty"), List.of(TestRows.table(1, Map.of())), 7, List.of(), "cluster-a", 12);
        catalog = CatalogState.of(snapshot);
        String database = catalog.table(1).orElseThrow().database();
        if (!snapshot.databases().contains(database)) {
            throw new AssertionError(database);
        }
        put(RemoteNames.IDENTITY, StoreIdentity.encode("cluster-a"));
        put(RemoteNames.catalog(12), CatalogCopy.encode(catalog));
        manifest(FIRST, 4, 40);
        manifest(SECOND, 9, 5);
    }

    private StoredObject put(ObjectName name, byte[] bytes) throws IOException {
        Path file = root.resolve("objects").resolve(name.value());
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        return new StoredObject(name, bytes.length, (int) crc.getValue());
    }

    private Path file(ObjectName name) {
        return root.resolve("objects").resolve(name.value());
    }

    /** Two segments of ten rows. */
    private Manifest manifest(BucketId bucket, long version, long numbersBelow) throws IOException {
        List<RemoteSegment> segments = new ArrayList<>();
        for (long base : new long[] {0, 10}) {
            ObjectName name =
                    RemoteNames.segment(bucket.entityId(), base, 3, ReaperWorld.attempt(1_700_000_000_000L, base));
            segments.add(new RemoteSegment(base, base + 10, 8, 2, 0, 5, 6, 3, put(name, new byte[10])));
        }
        Manifest manifest = new Manifest(
                3, new BucketManifest.Node("gone", "host:1"), version, segments, List.of(), List.of(), numbersBelow);
        put(RemoteNames.manifest(bucket.entityId(), version), ManifestCopy.encode(bucket, manifest));
        return manifest;
    }

    private Config settings() {
        return ConfigFactory.parseMap(
                Map.of("weir.data-dir", data.toString(), "weir.object-store", "file://" + root.resolve("objects")));
    }

    private RecoveryReport recover(StoreRecovery.Mode mode) throws Exception {
        return StoreRecovery.run(settings(), mode, (found, about) -> progress.add(found));
    }

    /** What a node finds in the recovered journal. */
    private final class Journal implements AutoCloseable {
        private final ActorSystem<Void> system = ActorSystem.create(
                Behaviors.empty(),
                "reads",
                NodeConfig.layered(ConfigFactory.parseMap(Map.of(
                                "pekko.actor.provider", "local",
                                "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off"))
                        .withFallback(JournalSetup.config(data))
                        .withFallback(settings())));
        final CatalogMirror mirror = new CatalogMirror();
        final ActorRef<Catalog.Command> catalogActor =
                spawn(CatalogBehavior.create(Clock.systemUTC(), mirror), "catalog");
        private final ActorRef<BucketManifest.Command> manifests =
                spawn(Manifests.create(Clock.systemUTC()), "manifests");
        private final ActorRef<Sequence.Command> sequences = spawn(Sequences.create(), "sequences");

        private <M> ActorRef<M> spawn(Behavior<M> behavior, String name) {
            return system.systemActorOf(behavior, name, Props.empty());
        }

        <M, R> R ask(ActorRef<M> actor, Function<ActorRef<R>, M> question) {
            return TestNodes.get(
                    AskPattern.<M, R>ask(actor, question::apply, Duration.ofSeconds(10), system.scheduler()));
        }

        Manifest manifest(BucketId bucket) {
            return (Manifest) this.<BucketManifest.Command, BucketManifest.Reply>ask(
                    manifests, replyTo -> new BucketManifest.GetManifest(bucket, replyTo));
        }

        Sequence.Reply reserve(long tableId) {
            return this.<Sequence.Command, Sequence.Reply>ask(
                    sequences, replyTo -> new Sequence.Reserve(tableId, 10, 1000, replyTo));
        }

        CatalogState state() {
            this.<Catalog.Command, Catalog.Reply>ask(catalogActor, Catalog.ListDatabases::new);
            return mirror.get().orElseThrow();
        }

        @Override
        public void close() {
            system.terminate();
            TestNodes.get(system.getWhenTerminated());
        }
    }

    @Test
    void catalogManifestsAndSequencesComeBack() throws Exception {
        RecoveryReport dry = recover(StoreRecovery.Mode.DRY_RUN);
        assertThat(dry.written()).isFalse();
        assertThat(data).doesNotExist();
        // Of a table that was dropped, and not reaped yet.
        put(RemoteNames.segment("2-0", 0, 1, ReaperWorld.attempt(1, 1)), new byte[3]);

        RecoveryReport report = recover(StoreRecovery.Mode.RECOVER);
        assertThat(report.losses()).isEmpty();
        assertThat(report.written()).isTrue();
        assertThat(report.buckets()).isEqualTo(2);
        assertThat(report.segments()).isEqualTo(4);
        assertThat(report.bytes()).isEqualTo(40);
        assertThat(report.clusterId()).isEqualTo("cluster-a");
        assertThat(progress).containsExactly(1L, 2L, 1L, 2L);
        assertThat(data.resolve("recover.draft")).doesNotExist();

        try (Journal journal = new Journal()) {
            CatalogState state = journal.state();
            assertThat(state.clusterId()).isEqualTo("cluster-a");
            assertThat(state.databaseNames()).isEqualTo(catalog.databaseNames());
            assertThat(state.table(1)).isEqualTo(catalog.table(1));
            assertThat(state.lastTableId()).isEqualTo(2);
            assertThat(state.lastPartitionId()).isEqualTo(7);
            assertThat(state.version()).isGreaterThan(12);
            Manifest manifest = journal.manifest(FIRST);
            assertThat(manifest.segments()).hasSize(2);
            assertThat(manifest.epoch()).isEqualTo(3);
            assertThat(manifest.node().nodeId()).isEmpty();
            assertThat(manifest.version()).isGreaterThan(4);
            assertThat(journal.manifest(SECOND).remoteEnd()).isEqualTo(20);
            assertThat(journal.reserve(1)).isEqualTo(new Sequence.Reserved(40, 50));
        }
        assertThatThrownBy(() -> recover(StoreRecovery.Mode.RECOVER)).hasMessageContaining("is a journal");
    }

    @Test
    void aDamagedNewestCopyFallsBackToTheOneBefore() throws Exception {
        put(RemoteNames.catalog(13), "{\"format\":1,".getBytes(StandardCharsets.UTF_8));
        put(RemoteNames.catalog(14), new byte[0]);
        put(RemoteNames.manifest("1-0", 6), "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[".getBytes(StandardCharsets.UTF_8));
        RecoveryReport report = recover(StoreRecovery.Mode.RECOVER);
        assertThat(report.written()).isTrue();
        assertThat(report.catalogVersion()).isEqualTo(12);
        assertThat(report.notes()).hasSize(3).allMatch(note -> note.contains("cannot be used"));
        try (Journal journal = new Journal()) {
            assertThat(journal.state().version())
                    .as("above the damaged copies', or the reaper would keep these two and delete what comes")
                    .isGreaterThan(14);
            assertThat(journal.manifest(FIRST).segments()).hasSize(2);
            assertThat(journal.manifest(FIRST).version())
                    .as("above the damaged copy's")
                    .isGreaterThan(6);
        }
    }

    @Test
    void lossesAreOnlyAcceptedWhereThatIsSaid() throws Exception {
        Files.delete(file(RemoteNames.segment("1-0", 10, 3, ReaperWorld.attempt(1_700_000_000_000L, 10))));
        Files.writeString(file(RemoteNames.manifest("1-1", 9)), "no copy");
        put(RemoteNames.segment("5-0", 0, 1, ReaperWorld.attempt(1, 1)), new byte[3]);
        RecoveryReport refused = recover(StoreRecovery.Mode.RECOVER);
        assertThat(refused.written()).isFalse();
        assertThat(refused.losses())
                .hasSize(3)
                .anyMatch(loss -> loss.contains("bucket 1-0: rows 10 to 19"))
                .anyMatch(loss -> loss.contains("bucket 1-1: none of its manifest's 1 copies"))
                .anyMatch(loss -> loss.contains("bucket 5-0") && loss.contains("after the catalog's copy"));
        assertThat(data.resolve("journal")).doesNotExist();

        assertThat(recover(StoreRecovery.Mode.ACCEPT_LOSS).written()).isTrue();
        try (Journal journal = new Journal()) {
            assertThat(journal.manifest(FIRST).remoteEnd()).isEqualTo(10);
            Manifest second = journal.manifest(SECOND);
            assertThat(second.segments()).isEmpty();
            assertThat(second.epoch()).isGreaterThan(3);
            assertThat(second.version()).isGreaterThan(9);
            assertThat(journal.state().lastTableId()).as("never given again").isEqualTo(5);
        }
    }

    @Test
    void logsOnTheDiskAreKeptWhereNothingOfThemWasUploaded() throws Exception {
        for (String name : Set.of("1-2", "1-0", "9-0", "notes")) {
            Files.createDirectories(data.resolve("log").resolve(name));
        }
        assertThat(recover(StoreRecovery.Mode.RECOVER).keptHere()).isEqualTo(2);
        try (Journal journal = new Journal()) {
            Manifest onlyHere = journal.manifest(new BucketId(1, 2));
            assertThat(onlyHere.epoch()).isEqualTo(1);
            assertThat(onlyHere.node().nodeId()).isEmpty();
            assertThat(journal.manifest(FIRST).segments()).hasSize(2);
            assertThat(journal.manifest(new BucketId(9, 0))).isEqualTo(Manifest.EMPTY);
        }
    }

    @Test
    void anInterruptedOneIsRunAgain() throws Exception {
        Files.createDirectories(data.resolve("recover.draft/journal"));
        Files.writeString(data.resolve("recover.draft/journal/CURRENT"), "torn");
        Files.createDirectories(data.resolve("journal"));
        Files.createDirectories(data.resolve("snapshots"));
        Files.writeString(data.resolve("snapshots/snapshot-catalog-900-1"), "of the lost journal");
        assertThat(recover(StoreRecovery.Mode.RECOVER).written()).isTrue();
        try (Journal journal = new Journal()) {
            assertThat(journal.state().clusterId()).isEqualTo("cluster-a");
        }
    }

    @Test
    void itRefusesWhatItCannotRecoverFromOrTo() throws Exception {
        try (DataDirectory used = DataDirectory.open(data, java.util.UUID::randomUUID)) {
            assertThatThrownBy(() -> recover(StoreRecovery.Mode.RECOVER))
                    .as(used.nodeId())
                    .hasMessageContaining("another process uses");
        }
        put(RemoteNames.IDENTITY, StoreIdentity.encode("cluster-b"));
        assertThatThrownBy(() -> recover(StoreRecovery.Mode.DRY_RUN)).hasMessageContaining("another cluster");
        put(RemoteNames.IDENTITY, "{}".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> recover(StoreRecovery.Mode.DRY_RUN)).hasMessageContaining("weir.json");
        Files.delete(file(RemoteNames.IDENTITY));
        Files.delete(file(RemoteNames.catalog(12)));
        assertThatThrownBy(() -> recover(StoreRecovery.Mode.DRY_RUN)).hasMessageContaining("no copy of a catalog");
        Config none =
                ConfigFactory.parseMap(Map.of("weir.object-store", "none")).withFallback(settings());
        assertThatThrownBy(() -> StoreRecovery.run(none, StoreRecovery.Mode.DRY_RUN, (found, about) -> {}))
                .hasMessageContaining("WEIR_OBJECT_STORE");
    }
}
