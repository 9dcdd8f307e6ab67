package io.weir.sharding;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.tiering.BucketRoundPorts;
import io.weir.actors.tiering.Tiering;
import io.weir.actors.tiering.TieringWorker;
import io.weir.lake.Lake;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.kv.LevelDb;
import io.weir.persistence.objects.RemoteTier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/** Starts a node's tiering worker. */
final class NodeTiering {
    private NodeTiering() {}

    static void start(
            ActorSystem<?> system,
            NodeSettings settings,
            Lake lake,
            WeirCluster cluster,
            NodeSingletons singletons,
            String nodeId,
            String address,
            FileStore files,
            @Nullable RemoteTier remote) {
        WorkerSettings tiering = settings.tiering();
        BucketRoundPorts.Links links = new BucketRoundPorts.Links(
                new AsksBuckets(cluster),
                cluster::askCatalog,
                (bucket, offset) -> cluster.tell(bucket, new Bucket.LakeAdvanced(offset)),
                singletons.manifests(),
                system.scheduler(),
                remote,
                files,
                LevelDb.engine(settings.kv()),
                settings.dataDirectory().resolve("tiering"),
                Clock.systemUTC());
        try {
            BucketRoundPorts.cleanScratch(links);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot clear what a former tiering round left: " + e.getMessage(), e);
        }
        var unused = system.systemActorOf(
                Behaviors.supervise(Behaviors.<TieringWorker.Command>setup(context -> TieringWorker.create(
                                new TieringWorker.Settings(
                                        address,
                                        tiering.group(),
                                        tiering.rounds(),
                                        tiering.heartbeat(),
                                        tiering.livenessWindow()),
                                Tiering.Worker.id(nodeId, UUID.randomUUID().toString()),
                                singletons.tiering(),
                                lake,
                                () -> new BucketRoundPorts(links),
                                Clock.systemUTC(),
                                new SplittableRandom(new SecureRandom().nextLong()))))
                        .onFailure(SupervisorStrategy.restart()),
                "tiering-worker",
                Props.empty());
    }

    /** A generic method is no lambda. */
    private record AsksBuckets(WeirCluster cluster) implements BucketRoundPorts.AskBucket {
        @Override
        public <R> CompletionStage<R> ask(
                BucketId bucket, Function<ActorRef<R>, Bucket.Command> question, Duration timeout) {
            return cluster.askBucket(bucket, question, timeout);
        }
    }
}
