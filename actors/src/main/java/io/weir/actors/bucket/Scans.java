package io.weir.actors.bucket;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.kv.KvStores;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The scans of a bucket that are open. A scan is opened on the committing thread, between two commits, so that its rows and its offset
 * belong together; it is read on the readers' threads. Thread-safe.
 */
final class Scans {
    /** Each keeps old rows from being cleaned up. */
    static final int OPEN_MAX = 16;

    private final KvState kv;
    private final Executor readers;
    private final Clock clock;
    private final Duration idleMax;
    private final Map<Long, Entry> open = new HashMap<>();
    private long nextId;

    private static final class Entry {
        private final Scan scan;
        private boolean busy = true;
        private long idleSinceMs;

        private Entry(Scan scan) {
            this.scan = scan;
        }
    }

    /** @param firstId scans of former lives of the bucket had lower ids */
    Scans(KvState kv, Executor readers, Clock clock, Duration idleMax, long firstId) {
        this.kv = kv;
        this.readers = readers;
        this.clock = clock;
        this.idleMax = idleMax;
        this.nextId = firstId;
    }

    /** Takes a place for a scan, which {@link #opened} or {@link #drop} has to follow. @return its id, or -1 when there are too many */
    synchronized long add(Scan scan) {
        if (open.size() >= OPEN_MAX) {
            return -1;
        }
        open.put(nextId, new Entry(scan));
        return nextId++;
    }

    /** On the committing thread, when the state is ready. */
    void pin(long id, Scan scan, ActorRef<Bucket.ScanReply> replyTo) {
        try {
            KvStores.Lease lease = kv.read();
            if (lease == null) {
                throw new WeirException(ErrorCode.BUCKET_UNAVAILABLE, "the KV state is being caught up; try again");
            }
            scan.open(lease);
            long offset = kv.applied();
            if (idle(id)) {
                replyTo.tell(new Bucket.ScanOpened(id, offset));
            } else {
                scan.close();
                replyTo.tell(Replies.refusal(Scan.expired()));
            }
        } catch (IOException | RuntimeException e) {
            close(id);
            replyTo.tell(refusal(e));
        }
    }

    private synchronized boolean idle(long id) {
        Entry entry = open.get(id);
        if (entry == null) {
            return false;
        }
        entry.busy = false;
        entry.idleSinceMs = clock.millis();
        return true;
    }

    void read(Bucket.ReadScan question) {
        Entry entry;
        synchronized (this) {
            entry = open.get(question.scanId());
            if (entry != null && !entry.busy && question.bytesMax() > 0) {
                entry.busy = true;
            } else {
                question.replyTo()
                        .tell(
                                entry == null
                                        ? Replies.refusal(Scan.expired())
                                        : new Bucket.Refused(
                                                ErrorCode.INVALID_REQUEST,
                                                "read a scan again only after its answer, with bytesMax at least 1"));
                return;
            }
        }
        Scan scan = entry.scan;
        readers.execute(() -> read(question, scan));
    }

    private void read(Bucket.ReadScan question, Scan scan) {
        Bucket.ScanReply reply;
        boolean over = true;
        try {
            Bucket.ScanRead rows = scan.read(Math.min(question.bytesMax(), LogReader.ANSWER_BYTES_MAX));
            over = rows.end();
            reply = rows;
        } catch (IOException | RuntimeException e) {
            reply = refusal(e);
        }
        if (over) {
            close(question.scanId());
        } else {
            idle(question.scanId());
        }
        question.replyTo().tell(reply);
    }

    private Bucket.Refused refusal(Exception e) {
        if (e instanceof DamagedStoreException damage) {
            kv.damaged(damage);
        }
        return Replies.refusal(e);
    }

    /** May wait for a read of this scan that is going on. */
    void close(long id) {
        Entry entry;
        synchronized (this) {
            entry = open.remove(id);
        }
        if (entry != null) {
            entry.scan.close();
        }
    }

    void closeAll() {
        for (Long id : ids()) {
            close(id);
        }
    }

    private synchronized Iterable<Long> ids() {
        return List.copyOf(open.keySet());
    }

    /** Closes those that were not read for too long. */
    void closeIdle() {
        List<Scan> expired = new ArrayList<>();
        synchronized (this) {
            long before = clock.millis() - idleMax.toMillis();
            Iterator<Entry> entries = open.values().iterator();
            while (entries.hasNext()) {
                Entry entry = Objects.requireNonNull(entries.next());
                if (!entry.busy && entry.idleSinceMs <= before) {
                    entries.remove();
                    expired.add(entry.scan);
                }
            }
        }
        expired.forEach(Scan::close);
    }

    synchronized int size() {
        return open.size();
    }

    static WeirException tooMany() {
        return new WeirException(
                ErrorCode.OVERLOADED, "%d scans of the bucket are open; close or finish one".formatted(OPEN_MAX));
    }
}
