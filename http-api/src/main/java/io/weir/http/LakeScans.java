package io.weir.http;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.tiering.LakeTables;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.lake.Lake;
import io.weir.lake.LakeScan;
import io.weir.lake.LakeSnapshot;
import io.weir.sharding.WeirCluster;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.function.Creator;
import org.apache.pekko.stream.BackpressureTimeoutException;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Reads the lake for the answers of this node: so many at a time, each pulled batch by batch, on threads of their own since every call
 * blocks. Thread-safe.
 */
final class LakeScans {
    static final String DISPATCHER = "weir.dispatchers.lake-read";

    /** After that a turn whose answer was never begun is somebody else's: its client went away before. */
    private static final Duration BEGUN_WITHIN = Duration.ofSeconds(60);

    /** What a client may take for one slice: one that reads a few bytes now and then would keep its turn from others for hours. */
    static final Duration TAKEN_WITHIN = Duration.ofMinutes(2);

    private final WeirCluster cluster;
    private final ActorSystem<?> system;
    private final Executor executor;
    private final int scansMax;
    private final int batchBytes;
    private final Duration takenWithin;
    private final AtomicInteger running = new AtomicInteger();

    /**
     * @param executor whose threads may block
     * @param takenWithin the longest that the reader of an answer may take for one slice
     */
    LakeScans(WeirCluster cluster, Executor executor, int scansMax, int batchBytes, Duration takenWithin) {
        this.cluster = cluster;
        this.system = cluster.system();
        this.executor = executor;
        this.scansMax = scansMax;
        this.batchBytes = batchBytes;
        this.takenWithin = takenWithin;
    }

    boolean hasLake() {
        return cluster.lake().isPresent();
    }

    int batchBytes() {
        return batchBytes;
    }

    /** @throws WeirException OVERLOADED where as many reads of the lake are under way as there may be */
    Turn turn() {
        if (running.incrementAndGet() > scansMax) {
            running.decrementAndGet();
            throw new WeirException(
                    ErrorCode.OVERLOADED,
                    "This node reads the lake for " + scansMax
                            + " answers already (weir.http.max-lake-scans); send again"
                            + " after the time in Retry-After, or read what the store itself has with source=hot");
        }
        return new Turn();
    }

    /** One read's place among those that may be at a time. It is given back once, by whoever ends it first. */
    final class Turn {
        private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.PLANNED);

        void end() {
            if (phase.getAndSet(Phase.OVER) != Phase.OVER) {
                running.decrementAndGet();
            }
        }

        /** The slices, which end the turn however they end. To be run once, and soon. */
        Source<Slice, NotUsed> whole(TableInfo table, Source<Slice, NotUsed> slices) {
            system.scheduler().scheduleOnce(BEGUN_WITHIN, this::expire, system.executionContext());
            return later(() -> begin() ? ending(slices) : Source.single(late(table)));
        }

        private boolean begin() {
            return phase.compareAndSet(Phase.PLANNED, Phase.READING);
        }

        private void expire() {
            if (phase.compareAndSet(Phase.PLANNED, Phase.OVER)) {
                running.decrementAndGet();
            }
        }

        private Source<Slice, NotUsed> ending(Source<Slice, NotUsed> slices) {
            return slices.backpressureTimeout(takenWithin)
                    .mapError(BackpressureTimeoutException.class, e -> stalled())
                    .watchTermination((notUsed, done) -> {
                        done.whenComplete((ok, failure) -> end());
                        return notUsed;
                    });
        }

        private WeirException stalled() {
            return new WeirException(
                    ErrorCode.SCAN_EXPIRED,
                    "The answer was read too slowly: its next part was not taken within " + takenWithin.toSeconds()
                            + " s; send again, with fewer columns or a narrower 'where'");
        }

        private static Slice late(TableInfo table) {
            return Slice.failed(
                    place(table),
                    0,
                    new WeirException(
                            ErrorCode.SCAN_EXPIRED,
                            "The answer was not read within " + BEGUN_WITHIN.toSeconds() + " s; send again"));
        }
    }

    private enum Phase {
        PLANNED,
        READING,
        OVER
    }

    /** What the lake has of the table now; empty where nothing was committed yet. */
    CompletionStage<Optional<LakeSnapshot>> pin(TableInfo table) {
        Lake lake = cluster.lake().orElseThrow();
        return CompletableFuture.supplyAsync(() -> lake.snapshot(LakeTables.spec(table)), executor);
    }

    /** Whether a scan has any row; reads it no further. */
    CompletionStage<Boolean> hasRows(Supplier<LakeScan> open) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (LakeScan scan = open.get()) {
                        EncodedRows rows = scan.next();
                        while (rows != null && rows.rowCount() == 0) {
                            rows = scan.next();
                        }
                        return rows != null;
                    }
                },
                executor);
    }

    /**
     * The rows of a scan that is opened when they are wanted first, and closed when the source ends, however it does.
     *
     * @param scan opens it; may block
     * @param kept which of a batch's rows the answer shows, and how; takes CPU
     */
    Source<Slice, NotUsed> rows(TableInfo table, Supplier<LakeScan> scan, UnaryOperator<EncodedRows> kept) {
        return Source.unfoldResourceAsync(
                        () -> CompletableFuture.completedFuture(new LakeRowsReader(place(table), scan, kept)),
                        (LakeRowsReader reader) -> CompletableFuture.supplyAsync(reader::next, executor),
                        reader -> CompletableFuture.supplyAsync(reader::close, executor))
                .buffer(1, OverflowStrategy.backpressure());
    }

    /** A part of an answer that reads nothing before the parts ahead of it are through: {@code concatLazy} starts all of them. */
    static Source<Slice, NotUsed> later(Creator<Source<Slice, NotUsed>> part) {
        return Source.lazySource(part).mapMaterializedValue(later -> NotUsed.getInstance());
    }

    /** Rows of the lake are of all buckets, so their slices stand for none. */
    private static BucketId place(TableInfo table) {
        return new BucketId(table.tableId(), 0);
    }
}
