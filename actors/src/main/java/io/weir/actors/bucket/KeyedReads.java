package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.WeirException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * What a primary-key bucket is asked besides its log: lookups and scans. Nothing here blocks the actor; answers come from the threads
 * that read.
 */
final class KeyedReads {
    private final PrimaryKeyState state;
    private final Executor writes;
    private final Executor readers;
    private final BucketPorts ports;
    private final Lookups lookups;
    private final Scans scans;
    private final Consumer<Bucket.InsertIfMissing> missing;
    private volatile Version now;

    /** Read together, since the one names columns of the other. */
    private record Version(TableInfo table, TableProperties properties) {}

    /**
     * @param writes the committing thread
     * @param missing told, on any thread, of an insert that has to be committed
     */
    KeyedReads(
            PrimaryKeyState state,
            BucketPorts ports,
            Executor writes,
            Executor readers,
            int leaderEpoch,
            TableInfo table,
            TableProperties properties,
            Consumer<Bucket.InsertIfMissing> missing) {
        this.state = state;
        this.ports = ports;
        this.writes = writes;
        this.readers = readers;
        this.now = new Version(table, properties);
        this.missing = missing;
        this.lookups =
                new Lookups(state.kv(), readers, this::catchUp, ports.settings().lookupQueue());
        this.scans =
                new Scans(state.kv(), readers, ports.clock(), ports.settings().scanTimeout(), (long) leaderEpoch << 32);
        state.kv().beforeRelease(scans::closeAll);
    }

    void reconfigure(TableInfo newTable, TableProperties newProperties) {
        now = new Version(newTable, newProperties);
    }

    private CompletionStage<?> catchUp() {
        return CompletableFuture.runAsync(this::catchUpNow, writes);
    }

    private void catchUpNow() {
        Version version = now;
        state.catchUp(version.table(), version.properties());
    }

    void ask(Bucket.Lookup lookup) {
        lookups.ask(lookup);
    }

    void ask(Bucket.PrefixLookup lookup) {
        lookups.ask(lookup);
    }

    void ask(Bucket.InsertIfMissing insert) {
        lookups.ask(insert, now.table(), missing);
    }

    /** @throws WeirException COLUMN_NOT_FOUND, perhaps because the table has become newer; INVALID_PREDICATE */
    void open(Bucket.OpenScan question) {
        Scan scan = new Scan(now.table(), question.columnIds(), question.where(), ports.allocator());
        long id = scans.add(scan);
        if (id < 0) {
            throw Scans.tooMany();
        }
        writes.execute(() -> {
            try {
                catchUpNow();
            } catch (RuntimeException e) {
                scans.close(id);
                question.replyTo().tell(Replies.refusal(e));
                return;
            }
            scans.pin(id, scan, question.replyTo());
        });
    }

    void read(Bucket.ReadScan question) {
        scans.read(question);
    }

    void close(Bucket.CloseScan question) {
        readers.execute(() -> scans.close(question.scanId()));
    }

    /** Closes scans that nobody reads. @return whether scans are open */
    boolean closeIdle() {
        readers.execute(scans::closeIdle);
        return scans.size() > 0;
    }

    /** Refuses what is not answered yet and what still comes. */
    void stop(Bucket.Refused refusal) {
        lookups.close(refusal);
        readers.execute(scans::closeAll);
    }
}
