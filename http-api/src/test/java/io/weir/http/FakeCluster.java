package io.weir.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogBehavior;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.tiering.Tiering;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.json.JsonRowWriter;
import io.weir.codec.row.Key;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.lake.Lake;
import io.weir.sharding.Reaper;
import io.weir.sharding.WeirCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A cluster of one in memory: the real catalog on a journal in memory, and buckets that hold lists. */
final class FakeCluster implements WeirCluster, AutoCloseable {
    private static final Duration ASK = Duration.ofSeconds(5);

    private final ActorSystem<Void> system;
    private final BufferAllocator allocator = new RootAllocator();
    private final CatalogMirror mirror = new CatalogMirror();
    private final ActorRef<Catalog.Command> catalog;
    private final Map<BucketId, ActorRef<Bucket.Command>> buckets = new ConcurrentHashMap<>();
    private final Map<BucketId, ConcurrentSkipListMap<Key, byte[]>> rows = new ConcurrentHashMap<>();
    private final Map<Integer, FakeBucket.Faults> faults = new ConcurrentHashMap<>();

    /** Whether this node is the one that the catalog runs on. */
    volatile boolean mirrored = true;

    FakeCluster() {
        system = ActorSystem.create(
                Behaviors.empty(),
                "fake",
                ConfigFactory.parseString("""
                                pekko.actor.provider = local
                                pekko.loglevel = WARNING
                                pekko.persistence.journal.plugin = "pekko.persistence.journal.inmem"
                                pekko.coordinated-shutdown.exit-jvm = off
                                pekko.coordinated-shutdown.run-by-jvm-shutdown-hook = off
                                """)
                        .withFallback(ConfigFactory.parseResources("weir-objects.conf"))
                        .withFallback(ConfigFactory.load()));
        catalog = system.systemActorOf(CatalogBehavior.create(Clock.systemUTC(), mirror), "catalog", Props.empty());
    }

    FakeBucket.Faults faults(int bucket) {
        return faults.computeIfAbsent(bucket, b -> new FakeBucket.Faults());
    }

    /** The current rows of a primary-key table's bucket. */
    ConcurrentSkipListMap<Key, byte[]> rows(BucketId bucket) {
        return rows.computeIfAbsent(bucket, b -> new ConcurrentSkipListMap<>());
    }

    /** The current rows of a primary-key table as JSON, in no order. */
    List<String> json(String database, String table) {
        TableInfo info = ((Catalog.Table) askCatalog(replyTo -> new Catalog.GetTable(database, table, replyTo))
                        .toCompletableFuture()
                        .join())
                .info();
        RowBatchBuilder builder =
                new RowBatchBuilder(info.schema(), info.schema().columns());
        rows.forEach((id, state) -> {
            if (id.tableId() == info.tableId()) {
                state.values().forEach(builder::add);
            }
        });
        List<String> lines = new ArrayList<>();
        RecordBatches.load(info.schema().columns(), builder.build(1), allocator, root -> {
            for (int row = 0; row < root.getRowCount(); row++) {
                lines.add(json(info, root, row));
            }
        });
        return lines;
    }

    private static String json(TableInfo info, VectorSchemaRoot root, int row) {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try (JsonGenerator out = Json.generator(line)) {
            JsonRowWriter.write(out, info.schema().columns(), root, row);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    BufferAllocator allocator() {
        return allocator;
    }

    void heal() {
        beforeAsk = () -> {};
        faults.values().forEach(f -> {
            f.refuseAppends = null;
            f.refuseFetches = null;
            f.refuseFetchesFrom = Long.MAX_VALUE;
            f.logStart = 0;
            f.silent = false;
            f.refuseScans = null;
            f.refuseScanReads = null;
        });
    }

    @Override
    public ActorSystem<?> system() {
        return system;
    }

    @Override
    public <R> CompletionStage<R> askBucket(
            BucketId bucket, Function<ActorRef<R>, Bucket.Command> question, Duration timeout) {
        beforeAsk.run();
        return AskPattern.<Bucket.Command, R>ask(bucket(bucket), question::apply, timeout, system.scheduler())
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        new WeirException(ErrorCode.OUTCOME_UNKNOWN, "the bucket did not answer in time")));
    }

    private ActorRef<Bucket.Command> bucket(BucketId bucket) {
        return buckets.computeIfAbsent(
                bucket,
                id -> system.systemActorOf(
                        FakeBucket.create(() -> table(id), allocator, faults(id.bucket()), rows(id)),
                        "bucket-" + id.entityId(),
                        Props.empty()));
    }

    @Override
    public void tell(BucketId bucket, Bucket.Command message) {
        bucket(bucket).tell(message);
    }

    private TableInfo table(BucketId id) {
        Catalog.Reply reply = askCatalog(replyTo -> new Catalog.GetTableById(id.tableId(), id.partitionId(), replyTo))
                .toCompletableFuture()
                .join();
        if (reply instanceof Catalog.Refused refused) {
            throw new WeirException(refused.code(), refused.detail());
        }
        return ((Catalog.Table) reply).info();
    }

    @Override
    public CompletionStage<Catalog.Reply> askCatalog(Function<ActorRef<Catalog.Reply>, Catalog.Command> question) {
        return AskPattern.<Catalog.Command, Catalog.Reply>ask(catalog, question::apply, ASK, system.scheduler());
    }

    /** What the reaper answers, by whether it is a dry run. */
    volatile Function<Boolean, Reaper.Reply> reaper =
            dryRun -> new Reaper.Refused(ErrorCode.NOT_SUPPORTED, "no object store here");

    @Override
    public CompletionStage<Reaper.Reply> askReaper(boolean dryRun, Duration timeout) {
        return CompletableFuture.completedFuture(reaper.apply(dryRun));
    }

    /** What answers the questions to the coordinator. */
    volatile Function<Tiering.Command, Tiering.Reply> tiering =
            command -> new Tiering.Refused(ErrorCode.NOT_SUPPORTED, "no lake here");

    @Override
    public CompletionStage<Tiering.Reply> askTiering(Function<ActorRef<Tiering.Reply>, Tiering.Command> question) {
        return CompletableFuture.completedFuture(tiering.apply(question.apply(system.<Tiering.Reply>ignoreRef())));
    }

    volatile FakeLake lake;

    @Override
    public Optional<io.weir.actors.tiering.Tiering.Status> tieringHere() {
        return Optional.empty();
    }

    @Override
    public long heldBackBytes() {
        return 0;
    }

    @Override
    public Optional<Lake> lake() {
        return Optional.ofNullable(lake);
    }

    /** Before each question to a bucket. */
    volatile Runnable beforeAsk = () -> {};

    @Override
    public Optional<CatalogState> catalogHere() {
        return mirrored ? mirror.get() : Optional.empty();
    }

    @Override
    public CompletionStage<List<Member>> members() {
        return CompletableFuture.completedFuture(
                List.of(new Member("127.0.0.1:1", List.of("node"), "up", "0.1.0", buckets.size(), true)));
    }

    @Override
    public void close() {
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().join();
        allocator.close();
    }
}
