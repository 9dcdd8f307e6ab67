package io.weir.actors.bucket;

import java.time.Clock;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The manifests of all buckets, on the node that holds the journal: passes each command to the bucket's {@link BucketManifest}, which
 * it starts where it does not run. Buckets on other nodes reach their manifests through it.
 */
public final class Manifests {
    private Manifests() {}

    public static Behavior<BucketManifest.Command> create(Clock clock) {
        return Behaviors.setup(context -> Behaviors.receive(BucketManifest.Command.class)
                .onMessage(BucketManifest.Command.class, command -> {
                    String name = command.bucket().entityId();
                    ActorRef<BucketManifest.Command> manifest = context.getChild(name)
                            .map(ActorRef::<BucketManifest.Command>unsafeUpcast)
                            .orElseGet(() -> context.spawn(BucketManifest.create(command.bucket(), clock), name));
                    manifest.tell(command);
                    return Behaviors.same();
                })
                .build());
    }
}
