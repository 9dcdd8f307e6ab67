package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.catalog.Catalog;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectPage;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.SimFaults;
import io.weir.persistence.objects.SimObjectStore;
import io.weir.persistence.objects.StoredObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.util.ByteString;

/** Buckets that upload, share files, forget and are dropped, also in the middle of a pass, on a store with faults and list lag. */
class ReaperPropertyTest {
    private static final ActorSystem SYSTEM = ActorSystem.create("reaper-property");
    private static final long GRACE_MS = ReaperWorld.GRACE.toMillis();
    private static final BucketId[] BUCKETS = {new BucketId(1, 0), new BucketId(1, 1), new BucketId(2, 3, 0)};

    @AfterContainer
    static void end() {
        SYSTEM.terminate();
        TestNodes.get(SYSTEM.getWhenTerminated());
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void nothingLiveOrYoungIsEverDeletedAndNoOldOrphanStays(@ForAll long seed) {
        World world = new World(seed);
        for (int round = 0; round < 12; round++) {
            for (int i = 0; i < 10; i++) {
                world.step();
            }
            Set<String> young = world.young();
            world.pass();
            assertThat(world.names()).as("live").containsAll(world.live());
            young.removeIf(name -> !world.isThere(name));
            assertThat(world.names()).as("young").containsAll(young);
        }
        world.settle();
        world.pass();
        assertThat(world.names()).isEqualTo(world.live());
    }

    private static final class World implements ReaperPass.Ports {
        private final SplittableRandom random;
        private final SimObjectStore store;
        private final Map<BucketId, Manifest> manifests = new HashMap<>();
        private final Map<ObjectName, Set<ObjectName>> files = new HashMap<>();
        private final List<Upload> uploads = new ArrayList<>();
        private boolean secondTableThere = true;
        private boolean faulty = true;
        private long now = ReaperWorld.NOW;

        /** On its way; recorded before half of the grace time is over, or never. */
        private record Upload(BucketId bucket, long startedMs, StoredObject object, Set<ObjectName> snapshotFiles) {}

        World(long seed) {
            random = new SplittableRandom(seed);
            store = new SimObjectStore(seed, SystemMaterializer.get(SYSTEM).materializer());
            store.faults(SimFaults.errors(0.1).withListLag(0.2));
            for (BucketId bucket : BUCKETS) {
                manifests.put(bucket, manifest(1, List.of(), List.of()));
            }
        }

        private static Manifest manifest(long version, List<RemoteSegment> segments, List<KvSnapshot> snapshots) {
            return new Manifest(1, new BucketManifest.Node("n", "h:1"), version, segments, snapshots, List.of(), 0);
        }

        Set<String> names() {
            Set<String> names = new TreeSet<>();
            store.names().forEach(name -> names.add(name.value()));
            return names;
        }

        private boolean isThere(BucketId bucket) {
            return bucket.tableId() == 1 || secondTableThere;
        }

        /** The second table may be dropped in the middle of a pass. */
        boolean isThere(String name) {
            return isThere(ReaperPass.bucket(new ObjectName(name)).orElseThrow());
        }

        Set<String> live() {
            Set<String> live = new TreeSet<>();
            manifests.forEach((bucket, manifest) -> {
                if (isThere(bucket)) {
                    manifest.segments()
                            .forEach(one -> live.add(one.object().name().value()));
                    manifest.snapshots().forEach(one -> {
                        live.add(one.descriptor().name().value());
                        files.get(one.descriptor().name()).forEach(file -> live.add(file.value()));
                    });
                }
            });
            return live;
        }

        Set<String> young() {
            Set<String> young = new TreeSet<>();
            for (ObjectName name : store.names()) {
                if (isThere(ReaperPass.bucket(name).orElseThrow())
                        && RemoteNames.startedMs(name).orElseThrow() > now - GRACE_MS) {
                    young.add(name.value());
                }
            }
            return young;
        }

        void step() {
            BucketId bucket = BUCKETS[random.nextInt(BUCKETS.length)];
            switch (random.nextInt(8)) {
                case 0, 1 -> uploadSegment(bucket);
                case 2 -> uploadSnapshot(bucket);
                case 3, 4 -> record();
                case 5 -> now += random.nextLong(GRACE_MS / 2);
                case 6 -> removeOldest(bucket);
                default -> secondTableThere &= random.nextInt(20) > 0;
            }
        }

        /** A failed put may be applied all the same, or later. */
        private Optional<StoredObject> put(ObjectName name) {
            try {
                return Optional.of(ReaperPorts.await(
                        store.put(name, org.apache.pekko.stream.javadsl.Source.single(ByteString.fromString("x"))),
                        Duration.ofSeconds(10)));
            } catch (Exception e) {
                return Optional.empty();
            }
        }

        private RemoteNames.Attempt attempt() {
            return new RemoteNames.Attempt(now, random.nextLong());
        }

        private void uploadSegment(BucketId bucket) {
            if (isThere(bucket)) {
                long started = now;
                put(RemoteNames.segment(bucket.entityId(), 0, 1, attempt()))
                        .ifPresent(object -> uploads.add(new Upload(bucket, started, object, Set.of())));
            }
        }

        /** Shares files with the live snapshots; one upload at a time for each bucket, as the real one. */
        private void uploadSnapshot(BucketId bucket) {
            if (!isThere(bucket)
                    || uploads.stream()
                            .anyMatch(one -> one.bucket().equals(bucket)
                                    && !one.snapshotFiles().isEmpty())) {
                return;
            }
            RemoteNames.Attempt attempt = attempt();
            Set<ObjectName> all = new HashSet<>();
            for (KvSnapshot known : manifestOf(bucket).snapshots()) {
                files.get(known.descriptor().name()).stream()
                        .filter(file -> random.nextBoolean())
                        .forEach(all::add);
            }
            for (int i = 0; i <= random.nextInt(3); i++) {
                Optional<StoredObject> file = put(RemoteNames.snapshotFile(bucket.entityId(), attempt, "f" + i));
                if (file.isEmpty()) {
                    return;
                }
                all.add(file.get().name());
            }
            long started = now;
            put(RemoteNames.snapshot(bucket.entityId(), attempt))
                    .ifPresent(object -> uploads.add(new Upload(bucket, started, object, all)));
        }

        private Manifest manifestOf(BucketId bucket) {
            return manifests.getOrDefault(bucket, Manifest.EMPTY);
        }

        private void record() {
            if (uploads.isEmpty()) {
                return;
            }
            Upload upload = uploads.remove(random.nextInt(uploads.size()));
            if (now - upload.startedMs() > GRACE_MS / 2 || random.nextInt(5) == 0) {
                return;
            }
            Manifest before = manifestOf(upload.bucket());
            List<RemoteSegment> segments = new ArrayList<>(before.segments());
            List<KvSnapshot> snapshots = new ArrayList<>(before.snapshots());
            if (upload.snapshotFiles().isEmpty()) {
                segments.add(new RemoteSegment(0, 1, 1, 0, 0, 0, 0, 1, upload.object()));
            } else {
                files.put(upload.object().name(), upload.snapshotFiles());
                snapshots.add(new KvSnapshot(0, now, 1, upload.object()));
                if (snapshots.size() > Manifest.SNAPSHOTS_KEPT) {
                    snapshots.remove(0);
                }
            }
            manifests.put(upload.bucket(), manifest(before.version() + 1, segments, snapshots));
        }

        private void removeOldest(BucketId bucket) {
            Manifest before = manifestOf(bucket);
            if (!before.segments().isEmpty()) {
                List<RemoteSegment> left =
                        before.segments().subList(1, before.segments().size());
                manifests.put(bucket, manifest(before.version() + 1, left, before.snapshots()));
            }
        }

        void pass() {
            new ReaperPass(this, ReaperWorld.clockAt(now), ReaperWorld.GRACE, false).run();
        }

        /** Nothing fails any more, and all that is under way has ended. */
        void settle() {
            faulty = false;
            store.faults(SimFaults.NONE);
            store.settle();
            uploads.clear();
            now += GRACE_MS + 1;
        }

        private void meanwhile() {
            if (faulty && random.nextBoolean()) {
                step();
            }
        }

        private void mayFail() {
            if (faulty && random.nextInt(20) == 0) {
                throw new IllegalStateException("no answer");
            }
        }

        @Override
        public ObjectPage list(String prefix, Optional<String> after) throws Exception {
            ObjectPage page =
                    ReaperPorts.await(store.list(prefix, after, 1 + random.nextInt(5)), Duration.ofSeconds(10));
            meanwhile();
            return page;
        }

        @Override
        public Catalog.TableIds tables() {
            mayFail();
            return new Catalog.TableIds(secondTableThere ? Set.of(1L, 2L) : Set.of(1L), 2, Set.of(3L), 3);
        }

        @Override
        public Manifest manifest(BucketId bucket) {
            mayFail();
            Manifest manifest = manifestOf(bucket);
            meanwhile();
            return manifest;
        }

        @Override
        public Set<ObjectName> objectsOf(KvSnapshot snapshot) {
            mayFail();
            meanwhile();
            if (!names().contains(snapshot.descriptor().name().value())) {
                throw new IllegalStateException("the descriptor is gone");
            }
            return files.get(snapshot.descriptor().name());
        }

        @Override
        public void delete(List<ObjectName> all) throws Exception {
            ReaperPorts.await(store.delete(all), Duration.ofSeconds(10));
        }
    }
}
