package io.weir.sharding;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.journal.JournalSetup;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code weir recover}: makes the journal of a store anew from what its object store holds, on a node that does not run. The journal is
 * made beside its place and moved there at the end, so that a recovery that was interrupted can be run again. Nothing on the object store
 * is changed.
 */
public final class StoreRecovery {
    private static final Map<String, Object> ALONE = Map.of(
            "pekko.actor.provider", "local",
            "pekko.coordinated-shutdown.exit-jvm", "off",
            "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off");

    public enum Mode {
        /** Finds out what there is, and changes nothing. */
        DRY_RUN,
        /** Leaves the data directory without a journal where rows that were on the object store cannot be had any more. */
        RECOVER,
        /** Goes on without them. */
        ACCEPT_LOSS
    }

    /** Told how far it is. */
    public interface Progress {
        /** @param ofAbout how many it may be in the end; those that never held a row are not found */
        void buckets(long found, long ofAbout);
    }

    private static final Logger LOG = LoggerFactory.getLogger(StoreRecovery.class);

    private final NodeSettings settings;
    private final Map<String, String> environment;
    private final Mode mode;
    private final Progress progress;
    private final JournalDraft draft;
    private final RecoveryTally tally = new RecoveryTally();

    private StoreRecovery(NodeSettings settings, Map<String, String> environment, Mode mode, Progress progress) {
        this.settings = settings;
        this.environment = environment;
        this.mode = mode;
        this.progress = progress;
        this.draft = new JournalDraft(settings.dataDirectory());
    }

    /**
     * Blocks until all is done.
     *
     * @param application what the user set, as for {@link WeirNode#start}
     * @throws IllegalStateException where there is a journal that holds something, the data directory is in use, or the object store has nothing to recover
     */
    public static RecoveryReport run(Config application, Mode mode, Progress progress) throws Exception {
        return run(application, System.getenv(), mode, progress);
    }

    /** @param environment where an S3 store's AWS_* are looked for */
    static RecoveryReport run(Config application, Map<String, String> environment, Mode mode, Progress progress)
            throws Exception {
        Config layered = NodeConfig.layered(ConfigFactory.parseMap(ALONE).withFallback(application));
        StoreRecovery recovery = new StoreRecovery(NodeSettings.from(layered), environment, mode, progress);
        recovery.checkStore();
        return mode == Mode.DRY_RUN ? recovery.look(layered) : recovery.write(layered);
    }

    private RecoveryReport look(Config layered) throws Exception {
        if (draft.hasJournal()) {
            try (DataDirectory data = DataDirectory.open(settings.dataDirectory(), UUID::randomUUID)) {
                checkJournalIsEmpty(layered, data);
            }
        }
        return survey(layered);
    }

    private RecoveryReport write(Config layered) throws Exception {
        try (DataDirectory data = DataDirectory.open(settings.dataDirectory(), UUID::randomUUID)) {
            checkJournalIsEmpty(layered, data);
            draft.begin();
            RecoveryReport report = survey(layered);
            if (report.written()) {
                draft.moveIntoPlace();
            } else {
                draft.delete();
            }
            return report;
        }
    }

    /**
     * A node that was started first, and refused the store, leaves a journal in which nothing ever happened.
     *
     * @param locked the data directory
     */
    private void checkJournalIsEmpty(Config layered, DataDirectory locked) throws Exception {
        if (!draft.hasJournal()) {
            return;
        }
        LOG.info("node {} has a journal; whether it holds anything is looked at", locked.nodeId());
        ActorSystem<Void> system = alone(settings.dataDirectory(), layered);
        try {
            if (!JournalWriter.isEmpty(system)) {
                throw new IllegalStateException(draft.refusal());
            }
        } catch (TimeoutException e) {
            throw new IllegalStateException(draft.refusal(), e);
        } finally {
            end(system);
        }
    }

    private static ActorSystem<Void> alone(Path journalIn, Config layered) {
        Config config = ConfigFactory.parseMap(ALONE)
                .withFallback(JournalSetup.config(journalIn))
                .withFallback(layered);
        return ActorSystem.create(Behaviors.empty(), "weir-recover", config);
    }

    private static void end(ActorSystem<Void> system) {
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().join();
    }

    /** A directory store would make the directory. */
    private void checkStore() {
        RemoteSettings remote = settings.remote();
        if (!remote.hasStore()) {
            throw new IllegalStateException(
                    "there is no object store to recover from; set WEIR_OBJECT_STORE to the one that the lost store used");
        }
        if (remote.store().startsWith("file:") && !Files.isDirectory(Path.of(URI.create(remote.store())))) {
            throw new IllegalStateException(
                    "there is no directory %s; set WEIR_OBJECT_STORE to the object store that the lost store used"
                            .formatted(remote.store()));
        }
    }

    private RecoveryReport survey(Config layered) throws Exception {
        ActorSystem<Void> system = alone(draft.directory(), layered);
        NodeRemoteTier remote = null;
        try {
            remote = NodeRemoteTier.open(settings.remote(), environment, Clock.systemUTC(), system);
            if (remote == null) {
                throw new IllegalStateException("no object store");
            }
            JournalWriter journal = mode == Mode.DRY_RUN ? null : new JournalWriter(system, Clock.systemUTC());
            return recover(new RecoveryPorts(remote.tier()), journal);
        } finally {
            end(system);
            if (remote != null) {
                remote.close();
            }
        }
    }

    private RecoveryReport recover(RecoveryPorts ports, @Nullable JournalWriter journal) throws Exception {
        StoreSurvey survey = new StoreSurvey(ports, tally);
        CatalogState.Snapshot snapshot = survey.catalog();
        CatalogState catalog = CatalogState.of(snapshot);
        long about = bucketsOf(snapshot);
        Map<BucketId, Long> ends = new HashMap<>();
        survey.buckets(catalog, (bucket, manifest) -> {
            ends.put(bucket, manifest.remoteEnd());
            tally.numbers(bucket.tableId(), manifest.numbersBelow());
            if (journal != null) {
                journal.manifest(bucket, manifest);
            }
            progress.buckets(ends.size(), Math.max(about, ends.size()));
        });
        KeptLogs kept = new KeptLogs(settings, catalog);
        List<BucketId> here = kept.buckets();
        if (journal != null) {
            for (BucketId bucket : here) {
                if (!ends.containsKey(bucket)) {
                    journal.manifest(bucket, ONLY_HERE);
                }
                numbersOf(bucket, kept, ends.getOrDefault(bucket, 0L));
            }
        }
        if (journal == null || (mode != Mode.ACCEPT_LOSS && tally.lossCount() > 0)) {
            return report(false, snapshot, here.size());
        }
        journal.awaitManifests();
        for (Map.Entry<Long, Long> sequence : tally.numbersBelow().entrySet()) {
            journal.sequence(sequence.getKey(), sequence.getValue());
        }
        journal.catalog(withIdsUsed(snapshot));
        return report(true, snapshot, here.size());
    }

    /** Rows that are on this disk only have numbers, too, which must not be given again. */
    private void numbersOf(BucketId bucket, KeptLogs kept, long uploadedTo) throws IOException {
        try {
            tally.numbers(bucket.tableId(), kept.numbersBelow(bucket, uploadedTo));
        } catch (WeirException e) {
            tally.loss(
                    "bucket %s: the log on this disk cannot be read, so numbers of its auto-increment column may be given again: %s"
                            .formatted(bucket.entityId(), e.detail()));
        }
    }

    /** Of a bucket of which nothing was uploaded, and whose log is on this disk: whoever has it goes on with it. */
    private static final Manifest ONLY_HERE =
            new Manifest(1, new BucketManifest.Node("", ""), 1, List.of(), List.of(), List.of(), 0);

    private static long bucketsOf(CatalogState.Snapshot catalog) {
        long buckets = 0;
        CatalogState state = CatalogState.of(catalog);
        for (var table : catalog.tables()) {
            long partitions =
                    table.isPartitioned() ? state.partitions(table.tableId()).size() : 1;
            buckets += partitions * table.buckets();
        }
        return buckets;
    }

    /** At the version of the newest copy, readable or not: the next ones have to be newer than all. */
    private CatalogState.Snapshot withIdsUsed(CatalogState.Snapshot found) {
        return new CatalogState.Snapshot(
                Math.max(found.lastTableId(), tally.lastTableId()),
                found.databases(),
                found.tables(),
                Math.max(found.lastPartitionId(), tally.lastPartitionId()),
                found.partitions(),
                found.clusterId(),
                Math.max(found.version(), tally.newestCatalog));
    }

    private RecoveryReport report(boolean written, CatalogState.Snapshot catalog, int keptHere) {
        return new RecoveryReport(
                written,
                settings.remote().store(),
                catalog.clusterId(),
                catalog.version(),
                catalog.databases().size(),
                catalog.tables().size(),
                catalog.partitions().stream()
                        .mapToInt(some -> some.partitions().size())
                        .sum(),
                tally.buckets,
                tally.segments,
                tally.snapshots,
                tally.bytes,
                keptHere,
                tally.lossCount(),
                tally.losses(),
                tally.notes());
    }
}
