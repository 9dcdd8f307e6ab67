package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketManifest.Command;
import io.weir.actors.bucket.BucketManifest.Idle;
import io.weir.actors.bucket.BucketManifest.Stop;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * The manifests of all buckets, on the node that holds the journal: passes each command to the bucket's {@link BucketManifest}, which
 * it starts where it does not run, and stops where nobody asks for a while, so that those in use are in memory and no others. Buckets on
 * other nodes reach their manifests through it.
 *
 * <p>A manifest that is idle says so, is told to stop, and does so in its turn; commands that come meanwhile are kept here, and given to
 * the next one. So none is lost, but where the journal fails: then the asker's time runs out.
 */
public final class Manifests extends AbstractBehavior<Command> {
    private static final Duration IDLE_AFTER = Duration.ofSeconds(30);

    /** Most commands that are kept while a manifest stops; those after them are dropped, and their askers hear nothing. */
    static final int KEPT_MAX = 1000;

    private final Clock clock;
    private final Duration idleAfter;
    private final Map<BucketId, ActorRef<Command>> running = new HashMap<>();

    /** Of the running ones, those that were told to stop, and what came since. */
    private final Map<BucketId, Queue<Command>> stopping = new HashMap<>();

    private Manifests(ActorContext<Command> context, Clock clock, Duration idleAfter) {
        super(context);
        context.setLoggerName(Manifests.class);
        this.clock = clock;
        this.idleAfter = idleAfter;
    }

    public static Behavior<Command> create(Clock clock) {
        return create(clock, IDLE_AFTER);
    }

    static Behavior<Command> create(Clock clock, Duration idleAfter) {
        return Behaviors.setup(context -> new Manifests(context, clock, idleAfter));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Idle.class, this::onIdle)
                .onMessage(Command.class, this::onCommand)
                .onSignal(Terminated.class, this::onTerminated)
                .build();
    }

    private Behavior<Command> onIdle(Idle idle) {
        ActorRef<Command> manifest = running.get(idle.bucket());
        if (manifest != null) {
            // Also when it was told before: the word is lost where the manifest restarts.
            stopping.computeIfAbsent(idle.bucket(), bucket -> new ArrayDeque<>());
            manifest.tell(new Stop(idle.bucket()));
        }
        return this;
    }

    private Behavior<Command> onCommand(Command command) {
        Queue<Command> kept = stopping.get(command.bucket());
        if (kept == null) {
            running.computeIfAbsent(command.bucket(), this::start).tell(command);
        } else if (kept.size() < KEPT_MAX) {
            kept.add(command);
        } else {
            getContext()
                    .getLog()
                    .warn("manifest of bucket {} does not stop; a command to it is dropped", command.bucket());
        }
        return this;
    }

    private ActorRef<Command> start(BucketId bucket) {
        ActorRef<Command> manifest = getContext()
                .spawn(
                        BucketManifest.create(
                                bucket, clock, idleAfter, getContext().getSelf()),
                        bucket.entityId());
        getContext().watch(manifest);
        return manifest;
    }

    private Behavior<Command> onTerminated(Terminated stopped) {
        BucketId bucket = BucketId.parse(stopped.getRef().path().name());
        running.remove(bucket);
        Queue<Command> kept = stopping.remove(bucket);
        if (kept != null) {
            kept.forEach(this::onCommand);
        }
        return this;
    }
}
