package io.weir.sharding;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifests;
import io.weir.actors.bucket.Sequence;
import io.weir.actors.bucket.Sequences;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogBehavior;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.tiering.Tiering;
import io.weir.actors.tiering.TieringCoordinator;
import io.weir.actors.tiering.TieringMirror;
import io.weir.codec.WeirException;
import io.weir.lake.Lake;
import io.weir.persistence.objects.RemoteTier;
import java.time.Clock;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.ClusterSingletonSettings;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.apache.pekko.japi.function.Function;
import org.jspecify.annotations.Nullable;

/** What there is once in a cluster, on the node that holds the journal; on the others these are the ways to it. */
record NodeSingletons(
        ActorRef<Catalog.Command> catalog,
        ActorRef<BucketManifest.Command> manifests,
        ActorRef<Sequence.Command> sequences,
        ActorRef<Reaper.Command> reaper,
        ActorRef<Tiering.Command> tiering) {
    /** Role of the node that holds the journal. */
    static final String JOURNAL_ROLE = "weir-journal";

    /**
     * @param mirror of the catalog, where it runs here
     * @param rounds of the tiering coordinator, where it runs here
     * @param lake null where this node has none
     */
    static NodeSingletons start(
            ActorSystem<?> system,
            NodeSettings settings,
            CatalogMirror mirror,
            TieringMirror rounds,
            @Nullable RemoteTier remote,
            @Nullable Lake lake) {
        Clock clock = Clock.systemUTC();
        ActorRef<Catalog.Command> catalog =
                start(system, CatalogBehavior.create(clock, mirror, rounds::plannedMs), "catalog");
        ActorRef<BucketManifest.Command> manifests = start(system, Manifests.create(clock), "manifests");
        return new NodeSingletons(
                catalog,
                manifests,
                start(system, Sequences.create(), "sequences"),
                start(system, reaper(system, remote, manifests, catalog, settings, clock), "reaper"),
                start(system, tiering(settings, mirror, rounds, lake, clock), "tiering"));
    }

    private static <M> ActorRef<M> start(ActorSystem<?> system, Behavior<M> behavior, String name) {
        ClusterSingletonSettings settings =
                ClusterSingletonSettings.create(system).withRole(JOURNAL_ROLE);
        return ClusterSingleton.get(system)
                .init(SingletonActor.of(behavior, name).withSettings(settings));
    }

    private static Behavior<Tiering.Command> tiering(
            NodeSettings settings, CatalogMirror mirror, TieringMirror rounds, @Nullable Lake lake, Clock clock) {
        return lake == null
                ? TieringCoordinator.none(clock)
                : TieringCoordinator.create(
                        clock, mirror, rounds, settings.tiering().coordinator(), lake.describe());
    }

    private static Behavior<Reaper.Command> reaper(
            ActorSystem<?> system,
            @Nullable RemoteTier tier,
            ActorRef<BucketManifest.Command> manifests,
            ActorRef<Catalog.Command> catalog,
            NodeSettings settings,
            Clock clock) {
        if (tier == null) {
            return Reaper.none();
        }
        ReaperPorts ports = new ReaperPorts(tier, manifests, catalog, settings.catalogTimeout(), system);
        return Reaper.create(
                dryRun -> new ReaperPass(ports, clock, tier.reaperGrace(), dryRun)::run,
                tier::whyUnconfirmed,
                settings.remote().reaperInterval());
    }

    /** @return fails with WeirException where there is no such table or partition */
    CompletionStage<TableInfo> tableOf(BucketId bucket, ActorSystem<?> system, NodeSettings settings) {
        Function<ActorRef<Catalog.Reply>, Catalog.Command> question =
                replyTo -> new Catalog.GetTableById(bucket.tableId(), bucket.partitionId(), replyTo);
        return AskPattern.ask(catalog, question, settings.catalogTimeout(), system.scheduler())
                .thenApply(reply -> {
                    if (reply instanceof Catalog.Table table) {
                        return table.info();
                    }
                    if (reply instanceof Catalog.Refused refused) {
                        throw new WeirException(refused.code(), refused.detail());
                    }
                    throw new IllegalStateException("the catalog answered " + reply);
                });
    }
}
