package io.weir.sharding;

import io.weir.codec.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.jspecify.annotations.Nullable;

/**
 * Removes from the object store what no manifest names: a cluster singleton beside the journal, which runs a {@link ReaperPass} now and
 * then and when it is asked, one at a time. Does nothing while the store is not known to be this cluster's.
 */
public final class Reaper extends AbstractBehavior<Reaper.Command> {
    /** Most objects that a report names, and most sentences of problems. */
    static final int LINES_MAX = 100;

    /** Most that wait for the report of a run. */
    static final int WAITING_MAX = 100;

    public sealed interface Command {}

    /** What crosses nodes. */
    interface Remote {}

    /**
     * Answered when the pass is through, which takes as long as the listing of the store does. Joins a pass of the same kind that is
     * under way.
     *
     * @param dryRun looks, counts, and deletes nothing
     */
    public record Run(boolean dryRun, ActorRef<Reply> replyTo) implements Command, Remote {}

    private enum RunNow implements Command {
        INSTANCE
    }

    private record Ended(
            boolean dryRun,
            @Nullable Report report,
            @Nullable Throwable failure) implements Command {}

    public sealed interface Reply {}

    /**
     * What a pass found. An object of a bucket that had to be left alone counts as scanned only.
     *
     * @param live objects that a manifest names, and copies that are kept
     * @param young objects that none names, which may be of uploads under way
     * @param orphans objects that none names any more
     * @param orphanBytes of those
     * @param deleted of the orphans; none in a dry run
     * @param unknown objects with names of nobody's; they are never deleted
     * @param examples names of orphans, the first ones
     * @param problems sentences for people: what was left alone, and why
     */
    public record Report(
            boolean dryRun,
            long scanned,
            long live,
            long young,
            long orphans,
            long orphanBytes,
            long deleted,
            long unknown,
            List<String> examples,
            List<String> problems)
            implements Reply, Remote {
        public Report {
            examples = List.copyOf(examples);
            problems = List.copyOf(problems);
        }
    }

    /** Nothing was looked at. */
    public record Refused(ErrorCode code, String detail) implements Reply, Remote {}

    /** Makes a pass, which blocks. */
    interface Passes {
        Callable<Report> pass(boolean dryRun);
    }

    private final Passes passes;
    private final Supplier<Optional<String>> whyUnconfirmed;
    private final Executor blocking;

    /** Who waits for the pass under way, and for the one after it, by whether it is a dry run. */
    private final Map<Boolean, List<ActorRef<Reply>>> waiting = new TreeMap<>();

    private @Nullable Boolean running;

    private Reaper(ActorContext<Command> context, Passes passes, Supplier<Optional<String>> whyUnconfirmed) {
        super(context);
        this.passes = passes;
        this.whyUnconfirmed = whyUnconfirmed;
        this.blocking = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
    }

    /**
     * @param whyUnconfirmed empty where the store is known to be this cluster's
     * @param interval zero for only when it is asked
     */
    static Behavior<Command> create(Passes passes, Supplier<Optional<String>> whyUnconfirmed, Duration interval) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            if (!interval.isZero()) {
                timers.startTimerWithFixedDelay(RunNow.INSTANCE, interval);
            }
            return new Reaper(context, passes, whyUnconfirmed);
        }));
    }

    /** On a node without an object store. */
    static Behavior<Command> none() {
        return Behaviors.receive(Command.class)
                .onMessage(Run.class, run -> {
                    run.replyTo()
                            .tell(
                                    new Refused(
                                            ErrorCode.NOT_SUPPORTED,
                                            "The node that holds the journal has no object store; set weir.object-store (WEIR_OBJECT_STORE)"));
                    return Behaviors.same();
                })
                .build();
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Run.class, this::onRun)
                .onMessageEquals(RunNow.INSTANCE, this::onRunNow)
                .onMessage(Ended.class, this::onEnded)
                .build();
    }

    private Behavior<Command> onRun(Run run) {
        String unconfirmed = whyUnconfirmed.get().orElse(null);
        if (unconfirmed != null) {
            run.replyTo().tell(new Refused(ErrorCode.BUCKET_UNAVAILABLE, "Nothing was looked at: " + unconfirmed));
            return this;
        }
        List<ActorRef<Reply>> others = waiting.computeIfAbsent(run.dryRun(), kind -> new ArrayList<>());
        if (others.size() >= WAITING_MAX) {
            run.replyTo().tell(new Refused(ErrorCode.OVERLOADED, "Too many wait for the reaper's report"));
            return this;
        }
        others.add(run.replyTo());
        start(run.dryRun());
        return this;
    }

    private Behavior<Command> onRunNow() {
        if (whyUnconfirmed.get().isEmpty()) {
            start(false);
        }
        return this;
    }

    private void start(boolean dryRun) {
        if (running != null) {
            return;
        }
        running = dryRun;
        Callable<Report> pass = passes.pass(dryRun);
        CompletableFuture<Report> ended = new CompletableFuture<>();
        blocking.execute(() -> {
            try {
                ended.complete(pass.call());
            } catch (Exception | Error e) {
                ended.completeExceptionally(e);
            }
        });
        getContext().pipeToSelf(ended, (report, failure) -> new Ended(dryRun, report, failure));
    }

    private Behavior<Command> onEnded(Ended ended) {
        Reply reply = ended.report();
        if (reply == null) {
            getContext().getLog().error("the reaper failed unexpectedly", ended.failure());
            reply = new Refused(ErrorCode.INTERNAL, "The reaper failed unexpectedly: " + ended.failure());
        } else {
            log(ended.report());
        }
        for (ActorRef<Reply> one : waitingFor(ended.dryRun())) {
            one.tell(reply);
        }
        running = null;
        waiting.keySet().stream().findFirst().ifPresent(this::start);
        return this;
    }

    private List<ActorRef<Reply>> waitingFor(boolean dryRun) {
        List<ActorRef<Reply>> all = waiting.remove(dryRun);
        return all == null ? List.of() : all;
    }

    private void log(@Nullable Report report) {
        if (report == null || report.dryRun()) {
            return;
        }
        if (report.deleted() > 0) {
            getContext()
                    .getLog()
                    .info(
                            "the reaper deleted {} of {} orphans, {} bytes, among {} objects",
                            report.deleted(),
                            report.orphans(),
                            report.orphanBytes(),
                            report.scanned());
        }
        if (!report.problems().isEmpty()) {
            getContext().getLog().warn("the reaper left something alone: {}", String.join("; ", report.problems()));
        }
    }
}
