package io.weir.actors.bucket;

import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.Transfers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** The rule of the node's reaper in a few lines: lists, asks the manifest then, and deletes what is old and not live. */
final class SimReaper {
    private final WatchedStore store;
    private final SimManifest manifests;
    private final Transfers transfers;

    SimReaper(WatchedStore store, SimManifest manifests, Transfers transfers) {
        this.store = store;
        this.manifests = manifests;
        this.transfers = transfers;
    }

    void pass(long youngFromMs) throws Exception {
        List<ObjectName> listed = store.sim().names();
        Set<ObjectName> live;
        try {
            live = live();
        } catch (ExecutionException e) {
            return;
        }
        List<ObjectName> old = listed.stream()
                .filter(name -> !live.contains(name)
                        && RemoteNames.startedMs(name).orElse(Long.MAX_VALUE) < youngFromMs)
                .toList();
        old.forEach(store::removed);
        List<ObjectName> copies = copies(listed);
        copies.subList(0, Math.max(0, copies.size() - 2)).forEach(store.sim()::remove);
    }

    /** What may be on the store when nothing is young. */
    List<ObjectName> kept() throws Exception {
        List<ObjectName> kept = new ArrayList<>(live());
        List<ObjectName> copies = copies(store.sim().names());
        kept.addAll(copies.subList(Math.max(0, copies.size() - 2), copies.size()));
        return kept;
    }

    private static List<ObjectName> copies(List<ObjectName> names) {
        return names.stream()
                .filter(name -> RemoteNames.version(name).isPresent())
                .sorted()
                .toList();
    }

    private Set<ObjectName> live() throws Exception {
        Manifest manifest = manifests.state();
        Set<ObjectName> live = new HashSet<>();
        manifest.segments().forEach(segment -> live.add(segment.object().name()));
        for (KvSnapshot snapshot : manifest.snapshots()) {
            KvSnapshots.objects(transfers, snapshot)
                    .toCompletableFuture()
                    .get(30, TimeUnit.SECONDS)
                    .forEach(object -> live.add(object.name()));
        }
        return live;
    }
}
