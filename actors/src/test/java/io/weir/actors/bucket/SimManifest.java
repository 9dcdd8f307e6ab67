package io.weir.actors.bucket;

import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.SimObjectStore;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The manifest of one bucket in memory, whose commands and answers get lost, come twice or late: who asks is then told at once what else it
 * would only find out after its patience ends. Watches what is stored.
 */
final class SimManifest {
    private final BucketId id;
    private final Clock clock;
    private final SplittableRandom random;
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final ArrayDeque<BucketManifest.Command> late = new ArrayDeque<>();
    private SimObjectStore store;
    private Manifest state = Manifest.EMPTY;
    private int lostOf100;
    private volatile boolean inLake;

    SimManifest(BucketId id, long seed, Clock clock) {
        this.id = id;
        this.clock = clock;
        this.random = new SplittableRandom(~seed);
    }

    /** From now on, nothing goes that is not in the lake. */
    void keepsWhatTheLakeHasNot() {
        inLake = true;
    }

    void watch(SimObjectStore objects) {
        store = objects;
    }

    Behavior<BucketManifest.Command> behavior() {
        return Behaviors.receiveMessage(command -> {
            on(command);
            return Behaviors.same();
        });
    }

    synchronized Manifest state() {
        return state;
    }

    List<String> problems() {
        return new ArrayList<>(problems);
    }

    void problem(String what) {
        problems.add(what);
    }

    synchronized void lose(int of100) {
        lostOf100 = of100;
    }

    /** What was thought to be lost. */
    synchronized void deliverLate() {
        while (!late.isEmpty()) {
            decide(late.poll());
        }
    }

    private synchronized void on(BucketManifest.Command command) {
        int fate = command instanceof BucketManifest.GetManifest ? 100 : random.nextInt(100);
        if (fate >= lostOf100) {
            BucketManifest.Reply reply = decide(command);
            if (fate == lostOf100) {
                reply = decide(command);
            }
            replyTo(command).tell(reply);
            return;
        }
        if (fate % 3 == 0) {
            decide(command);
        } else if (fate % 3 == 1 && !(command instanceof BucketManifest.RaiseEpoch)) {
            // A bucket's epochs are raised one after the other, on one way.
            late.add(command);
        }
        replyTo(command).tell(new BucketManifest.Refused("simulated: no answer"));
        if (random.nextBoolean()) {
            deliverLate();
        }
    }

    private BucketManifest.Reply decide(BucketManifest.Command command) {
        ManifestRules.Decision decision;
        int epoch = state.epoch();
        if (command instanceof BucketManifest.RaiseEpoch c) {
            decision = ManifestRules.raiseEpoch(state, c);
        } else if (command instanceof BucketManifest.AddSegment c) {
            decision = ManifestRules.addSegment(state, c);
            epoch = c.leaderEpoch();
        } else if (command instanceof BucketManifest.RemoveSegments c) {
            decision = ManifestRules.removeSegments(state, c);
            epoch = c.leaderEpoch();
        } else if (command instanceof BucketManifest.DropAll c) {
            decision = ManifestRules.dropAll(state, c);
            epoch = c.leaderEpoch();
        } else if (command instanceof BucketManifest.AddSnapshot c) {
            decision = ManifestRules.addSnapshot(state, c, clock.millis());
            epoch = c.leaderEpoch();
        } else if (command instanceof BucketManifest.AdvanceLake c) {
            decision = ManifestRules.advanceLake(state, c);
            epoch = c.leaderEpoch();
        } else {
            decision = ManifestRules.Unchanged.INSTANCE;
        }
        if (decision instanceof ManifestRules.Refuse refuse) {
            return new BucketManifest.Refused(refuse.why());
        }
        if (decision instanceof ManifestRules.Store stored) {
            if (epoch != state.epoch()) {
                problem("stored of a former leader: " + command);
            }
            watch(stored.event());
            Manifest before = state;
            state = state.with(stored.event());
            if (inLake) {
                before.segments().stream()
                        .filter(segment -> !state.segments().contains(segment))
                        .filter(segment -> segment.endOffset() > before.lakeOffset())
                        .forEach(segment -> problem("gone, and not in the lake: " + segment));
            }
            if (state.remoteEnd() < before.remoteEnd()) {
                problem("the end went back: " + command);
            }
            try {
                new ManifestCheck(state, RemoteNames.bucketPrefix(id.entityId())).check();
            } catch (IllegalArgumentException e) {
                problem(e.getMessage());
            }
        }
        return state;
    }

    /** What is named is there. */
    private void watch(BucketManifest.Event event) {
        if (event instanceof BucketManifest.SegmentAdded added) {
            require(added.segment().object().name());
        } else if (event instanceof BucketManifest.SnapshotAdded added) {
            require(added.snapshot().descriptor().name());
        }
    }

    private void require(ObjectName name) {
        if (!store.names().contains(name)) {
            problem("named, and not there: " + name);
        }
    }

    private static ActorRef<BucketManifest.Reply> replyTo(BucketManifest.Command command) {
        if (command instanceof BucketManifest.GetManifest c) {
            return c.replyTo();
        } else if (command instanceof BucketManifest.RaiseEpoch c) {
            return c.replyTo();
        } else if (command instanceof BucketManifest.AddSegment c) {
            return c.replyTo();
        } else if (command instanceof BucketManifest.RemoveSegments c) {
            return c.replyTo();
        } else if (command instanceof BucketManifest.DropAll c) {
            return c.replyTo();
        } else if (command instanceof BucketManifest.AddSnapshot c) {
            return c.replyTo();
        } else if (command instanceof BucketManifest.AdvanceLake c) {
            return c.replyTo();
        }
        throw new IllegalArgumentException(String.valueOf(command));
    }
}
