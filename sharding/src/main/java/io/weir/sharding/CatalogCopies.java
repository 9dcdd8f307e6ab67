package io.weir.sharding;

import io.weir.actors.catalog.CatalogCopy;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.catalog.CatalogState;
import io.weir.persistence.objects.ObjectInfo;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectStore;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.RemoteTier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Puts a copy of the catalog into the object store soon after the catalog changed, and keeps the newest two: {@code weir recover} reads
 * them where the journal is lost. Runs on the node of the catalog; on others it sees no catalog, and does nothing. One copy is on its way
 * at a time; after a failure the next one waits longer.
 */
final class CatalogCopies extends AbstractBehavior<CatalogCopies.Command> {
    /** The newest may turn out to be damaged. */
    private static final int KEPT = 2;

    private static final Duration WAIT_MAX = Duration.ofMinutes(1);

    sealed interface Command {}

    private enum Tick implements Command {
        INSTANCE
    }

    private record Copied(long version) implements Command {}

    private record Failed(Throwable cause) implements Command {}

    private final CatalogMirror mirror;
    private final RemoteTier tier;
    private final TimerScheduler<Command> timers;
    private final Duration interval;
    private Duration wait;
    private long copied = -1;

    private CatalogCopies(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            CatalogMirror mirror,
            RemoteTier tier,
            Duration interval) {
        super(context);
        this.timers = timers;
        this.mirror = mirror;
        this.tier = tier;
        this.interval = interval;
        this.wait = interval;
        context.setLoggerName(CatalogCopies.class);
        next(interval);
    }

    /** @param interval how often the catalog is looked at */
    static Behavior<Command> create(CatalogMirror mirror, RemoteTier tier, Duration interval) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new CatalogCopies(context, timers, mirror, tier, interval)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Tick.class, tick -> onTick())
                .onMessage(Copied.class, this::onCopied)
                .onMessage(Failed.class, this::onFailed)
                .build();
    }

    private void next(Duration after) {
        timers.startSingleTimer(Tick.INSTANCE, after);
    }

    private Behavior<Command> onTick() {
        @Nullable CatalogState state = mirror.get().orElse(null);
        if (state == null || state.version() == 0 || state.version() == copied || !tier.isConfirmed()) {
            next(interval);
            return this;
        }
        long version = state.version();
        CompletionStage<Done> copying = CompletableFuture.completedFuture(state)
                .thenApplyAsync(CatalogCopy::encode, getContext().getExecutionContext())
                .thenCompose(json -> tier.transfers().upload(RemoteNames.catalog(version), json))
                .thenCompose(stored -> deleteOlder(version));
        getContext()
                .pipeToSelf(copying, (done, failure) -> failure == null ? new Copied(version) : new Failed(failure));
        return this;
    }

    private Behavior<Command> onCopied(Copied done) {
        copied = done.version();
        wait = interval;
        next(interval);
        return this;
    }

    private Behavior<Command> onFailed(Failed failed) {
        getContext()
                .getLog()
                .warn(
                        "cannot copy the catalog to the object store, next try in {} ms: {}",
                        wait.toMillis(),
                        failed.cause().toString());
        next(wait);
        Duration doubled = wait.multipliedBy(2);
        wait = doubled.compareTo(WAIT_MAX) < 0 ? doubled : WAIT_MAX;
        return this;
    }

    /** Those above {@code version} are left: who knows of a newer catalog than this one. */
    private CompletionStage<Done> deleteOlder(long version) {
        return list(Optional.empty(), new ArrayList<>()).thenCompose(found -> {
            List<ObjectName> upToThis = found.stream()
                    .filter(name -> RemoteNames.version(name).orElse(Long.MAX_VALUE) <= version)
                    .sorted(Comparator.reverseOrder())
                    .toList();
            List<ObjectName> old = upToThis.subList(Math.min(KEPT, upToThis.size()), upToThis.size());
            return old.isEmpty()
                    ? CompletableFuture.completedFuture(Done.getInstance())
                    : tier.store().delete(old).thenApply(done -> Done.getInstance());
        });
    }

    private CompletionStage<List<ObjectName>> list(Optional<String> after, List<ObjectName> found) {
        return tier.store()
                .list(RemoteNames.CATALOG_PREFIX, after, ObjectStore.PAGE_MAX)
                .thenCompose(page -> {
                    page.objects().stream().map(ObjectInfo::name).forEach(found::add);
                    return page.next().isPresent()
                            ? list(page.next(), found)
                            : CompletableFuture.completedFuture(found);
                });
    }
}
