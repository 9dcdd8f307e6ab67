package io.weir.sharding;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.catalog.Catalog;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.ObjectInfo;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectPage;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.StoredObject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Objects, manifests and a catalog in memory, for {@link ReaperPass}; a bucket or a store can be made to fail. */
class ReaperWorld implements ReaperPass.Ports {
    static final Duration GRACE = Duration.ofHours(1);
    static final long NOW = 1_800_000_000_000L;

    final TreeMap<String, Long> objects = new TreeMap<>();
    final Map<BucketId, Manifest> manifests = new HashMap<>();
    final Map<KvSnapshot, Set<ObjectName>> files = new HashMap<>();
    final Set<BucketId> silent = new HashSet<>();
    final List<List<ObjectName>> deletions = new ArrayList<>();
    Catalog.TableIds tables = new Catalog.TableIds(Set.of(1L, 3L), 4, Set.of(5L), 8);
    boolean deletesFail;
    int pageSize = 1000;

    static Clock clockAt(long ms) {
        return Clock.fixed(Instant.ofEpochMilli(ms), ZoneId.of("UTC"));
    }

    static RemoteNames.Attempt attempt(long startedMs, long random) {
        return new RemoteNames.Attempt(startedMs, random);
    }

    Reaper.Report run(boolean dryRun) {
        return new ReaperPass(this, clockAt(NOW), GRACE, dryRun).run();
    }

    ObjectName put(ObjectName name) {
        objects.put(name.value(), 10L);
        return name;
    }

    static Manifest manifest(List<RemoteSegment> segments, List<KvSnapshot> snapshots) {
        return new Manifest(1, new BucketManifest.Node("n", "h:1"), 5, segments, snapshots, List.of(), 0);
    }

    static RemoteSegment segment(long base, long end, ObjectName name) {
        return new RemoteSegment(base, end, 10, 0, 0, 1, 2, 1, new StoredObject(name, 10, 7));
    }

    static KvSnapshot snapshot(long offset, long takenMs, ObjectName descriptor) {
        return new KvSnapshot(offset, takenMs, 20, new StoredObject(descriptor, 10, 7));
    }

    @Override
    public ObjectPage list(String prefix, Optional<String> after) throws Exception {
        List<ObjectInfo> found = new ArrayList<>();
        for (Map.Entry<String, Long> one :
                objects.tailMap(after.orElse(prefix), after.isEmpty()).entrySet()) {
            if (!one.getKey().startsWith(prefix)) {
                break;
            }
            if (found.size() == pageSize) {
                return new ObjectPage(
                        found, Optional.of(found.get(pageSize - 1).name().value()));
            }
            found.add(new ObjectInfo(new ObjectName(one.getKey()), one.getValue(), null));
        }
        return new ObjectPage(found, Optional.empty());
    }

    @Override
    public Catalog.TableIds tables() {
        return tables;
    }

    @Override
    public Manifest manifest(BucketId bucket) throws Exception {
        if (silent.contains(bucket)) {
            throw new IllegalStateException("no answer");
        }
        return manifests.getOrDefault(bucket, Manifest.EMPTY);
    }

    @Override
    public Set<ObjectName> objectsOf(KvSnapshot snapshot) throws Exception {
        Set<ObjectName> known = files.get(snapshot);
        if (known == null) {
            throw new IllegalStateException("the descriptor is gone");
        }
        return known;
    }

    @Override
    public void delete(List<ObjectName> names) throws Exception {
        if (deletesFail) {
            throw new IllegalStateException("the store is down");
        }
        deletions.add(names);
        names.forEach(name -> objects.remove(name.value()));
    }
}
