package io.weir.sharding;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.bucket.Manifests;
import io.weir.actors.bucket.Sequence;
import io.weir.actors.bucket.Sequences;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogBehavior;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.catalog.CatalogState;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Fills an empty journal through the behaviors that a node runs on it. Each call blocks until what it waits for is durable. */
final class JournalWriter {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private static final Duration LOOK_TIMEOUT = Duration.ofSeconds(20);

    /** Most manifests on their way to the journal, which syncs those together that come together. */
    private static final int PENDING_MAX = 64;

    private final ActorSystem<?> system;
    private final Clock clock;
    private final ActorRef<BucketManifest.Command> manifests;
    private final ActorRef<Sequence.Command> sequences;
    private final ArrayDeque<CompletionStage<BucketManifest.Reply>> pending = new ArrayDeque<>();

    /** @param system whose journal is empty */
    JournalWriter(ActorSystem<?> system, Clock clock) {
        this.system = system;
        this.clock = clock;
        this.manifests = system.systemActorOf(Manifests.create(clock), "manifests", Props.empty());
        this.sequences = system.systemActorOf(Sequences.create(), "sequences", Props.empty());
    }

    /**
     * True where nothing ever happened in the journal of the system.
     *
     * @throws TimeoutException where it cannot be read
     */
    static boolean isEmpty(ActorSystem<?> system) throws Exception {
        CatalogMirror mirror = new CatalogMirror();
        ActorRef<Catalog.Command> catalog =
                system.systemActorOf(CatalogBehavior.create(Clock.systemUTC(), mirror), "catalog", Props.empty());
        ReaperPorts.await(
                AskPattern.<Catalog.Command, Catalog.Reply>ask(
                        catalog, Catalog.GetClusterName::new, LOOK_TIMEOUT, system.scheduler()),
                LOOK_TIMEOUT.multipliedBy(2));
        return mirror.get().orElseThrow().version() == 0;
    }

    /** Durable at the latest after {@link #awaitManifests}. */
    void manifest(BucketId bucket, Manifest manifest) throws Exception {
        if (pending.size() == PENDING_MAX) {
            awaitOne();
        }
        pending.add(AskPattern.<BucketManifest.Command, BucketManifest.Reply>ask(
                manifests,
                replyTo -> new BucketManifest.Restore(bucket, manifest, replyTo),
                TIMEOUT,
                system.scheduler()));
    }

    void awaitManifests() throws Exception {
        while (!pending.isEmpty()) {
            awaitOne();
        }
    }

    private void awaitOne() throws Exception {
        BucketManifest.Reply reply = ReaperPorts.await(pending.remove(), TIMEOUT.multipliedBy(2));
        if (!(reply instanceof Manifest)) {
            throw new IllegalStateException("a manifest was not taken: " + reply);
        }
    }

    /** @param next the first number that may be given */
    void sequence(long tableId, long next) throws Exception {
        Sequence.Reply reply = ReaperPorts.await(
                AskPattern.<Sequence.Command, Sequence.Reply>ask(
                        sequences,
                        replyTo -> new Sequence.Restore(tableId, next, replyTo),
                        TIMEOUT,
                        system.scheduler()),
                TIMEOUT.multipliedBy(2));
        if (!(reply instanceof Sequence.Restored)) {
            throw new IllegalStateException("the sequence of table %d was not taken: %s".formatted(tableId, reply));
        }
    }

    /** Last: a journal with a catalog is a whole one. */
    void catalog(CatalogState.Snapshot snapshot) throws Exception {
        ActorRef<Catalog.Command> catalog =
                system.systemActorOf(CatalogBehavior.create(clock, new CatalogMirror()), "catalog", Props.empty());
        Catalog.Reply reply = ReaperPorts.await(
                AskPattern.<Catalog.Command, Catalog.Reply>ask(
                        catalog, replyTo -> new Catalog.Restore(snapshot, replyTo), TIMEOUT, system.scheduler()),
                TIMEOUT.multipliedBy(2));
        if (!(reply instanceof Catalog.Done)) {
            throw new IllegalStateException("the catalog was not taken: " + reply);
        }
    }
}
