package io.weir.sharding;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.tiering.Tiering;
import io.weir.lake.Lake;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * A node's view of the cluster: the way to any bucket and to the catalog, wherever they live. Created once a node; started when the
 * node is up. Questions that get no answer in time fail with WeirException TIMEOUT (for what stores rows: OUTCOME_UNKNOWN).
 */
public interface WeirCluster {
    ActorSystem<?> system();

    <R> CompletionStage<R> askBucket(BucketId bucket, Function<ActorRef<R>, Bucket.Command> question, Duration timeout);

    /** Sends without an answer to wait for; it may be lost. */
    void tell(BucketId bucket, Bucket.Command command);

    CompletionStage<Catalog.Reply> askCatalog(Function<ActorRef<Catalog.Reply>, Catalog.Command> question);

    /** The catalog's state where it runs on this node, so that it need not be asked; as new as any answer it has given. */
    Optional<CatalogState> catalogHere();

    /** The reaper's report, when its pass is through, or why there is none. */
    CompletionStage<Reaper.Reply> askReaper(boolean dryRun, Duration timeout);

    CompletionStage<Tiering.Reply> askTiering(Function<ActorRef<Tiering.Reply>, Tiering.Command> question);

    /** The tiering coordinator's status where it runs on this node, a second old at most. */
    Optional<Tiering.Status> tieringHere();

    /** Bytes of buckets that lead on this node which retention leaves only because the lake has not got so far. */
    long heldBackBytes();

    /** The lake, for reading; empty where this node has none. */
    Optional<Lake> lake();

    /** The members as {@code /v1/cluster} shows them. */
    CompletionStage<List<Member>> members();

    /**
     * @param address {@code host:port} of the node's cluster address
     * @param state joining, up, leaving, exiting, down, removed; or unreachable
     * @param bucketsLed buckets whose actor runs there now; -1 where the node did not say in time
     */
    record Member(String address, List<String> roles, String state, String version, int bucketsLed, boolean self) {}
}
