package io.weir.persistence.objects;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A node's way to the object store: what the buckets share. Nothing is written to a store, and nothing deleted, before it is known to
 * belong to this cluster ({@link #confirm}).
 */
public final class RemoteTier {
    private final ObjectStore store;
    private final Transfers transfers;
    private final ObjectFiles files;
    private final Clock clock;
    private final RandomGenerator random;
    private final Duration reaperGrace;
    private final Duration retryMin;
    private final Duration retryMax;
    private final UploadBacklog backlog = new UploadBacklog();
    /** Null once it is confirmed. */
    private volatile @Nullable String whyUnconfirmed = "it is not known yet whether the object store is this cluster's";

    /** With pauses of 1 s to 1 min. */
    public RemoteTier(
            ObjectStore store,
            Transfers transfers,
            ObjectFiles files,
            Clock clock,
            RandomGenerator random,
            Duration reaperGrace) {
        this(store, transfers, files, clock, random, reaperGrace, Duration.ofSeconds(1), Duration.ofMinutes(1));
    }

    /**
     * @param reaperGrace how old an object that no manifest names has to be before it is deleted; every upload ends long before
     * @param retryMin pause of a bucket after a first failure
     * @param retryMax longest pause
     */
    public RemoteTier(
            ObjectStore store,
            Transfers transfers,
            ObjectFiles files,
            Clock clock,
            RandomGenerator random,
            Duration reaperGrace,
            Duration retryMin,
            Duration retryMax) {
        this.store = store;
        this.transfers = transfers;
        this.files = files;
        this.clock = clock;
        this.random = random;
        this.reaperGrace = reaperGrace;
        this.retryMin = retryMin;
        this.retryMax = retryMax;
    }

    public ObjectStore store() {
        return store;
    }

    public Transfers transfers() {
        return transfers;
    }

    public ObjectFiles files() {
        return files;
    }

    /** For metrics. */
    public UploadBacklog backlog() {
        return backlog;
    }

    public Duration reaperGrace() {
        return reaperGrace;
    }

    public RemoteNames.Attempt attempt() {
        synchronized (random) {
            return RemoteNames.attempt(clock, random);
        }
    }

    /**
     * How long to wait after so many failures in a row: doubled with each, and then something between half of it and all of it, so that
     * the buckets of a node do not come back together.
     *
     * @param failures 1 or more
     */
    public Duration retryDelay(int failures) {
        long full = Math.min(retryMax.toNanos(), retryMin.toNanos() << Math.min(failures - 1, 16));
        synchronized (random) {
            return Duration.ofNanos(full / 2 + (long) (full / 2 * random.nextDouble()));
        }
    }

    /** The store belongs to this cluster. */
    public void confirm() {
        whyUnconfirmed = null;
    }

    /**
     * It is not known, or known not to.
     *
     * @param why a clause for people
     */
    public void doubt(String why) {
        whyUnconfirmed = why;
    }

    public boolean isConfirmed() {
        return whyUnconfirmed == null;
    }

    /** Why nothing is uploaded or deleted; empty where the store is confirmed. */
    public Optional<String> whyUnconfirmed() {
        return Optional.ofNullable(whyUnconfirmed);
    }
}
