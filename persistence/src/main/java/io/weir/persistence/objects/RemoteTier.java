package io.weir.persistence.objects;

import java.time.Clock;
import java.time.Duration;
import java.util.random.RandomGenerator;

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
    private final UploadBacklog backlog = new UploadBacklog();
    private volatile boolean confirmed;

    /** @param reaperGrace how old an object that no manifest names has to be before it is deleted; every upload ends long before */
    public RemoteTier(
            ObjectStore store,
            Transfers transfers,
            ObjectFiles files,
            Clock clock,
            RandomGenerator random,
            Duration reaperGrace) {
        this.store = store;
        this.transfers = transfers;
        this.files = files;
        this.clock = clock;
        this.random = random;
        this.reaperGrace = reaperGrace;
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

    /** The store belongs to this cluster. */
    public void confirm() {
        confirmed = true;
    }

    public boolean isConfirmed() {
        return confirmed;
    }
}
