package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.ingest.ChangeKind;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.LevelDb;
import io.weir.persistence.objects.ObjectFiles;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.SimFaults;
import io.weir.persistence.objects.Transfers;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.japi.function.Function;
import org.apache.pekko.stream.Materializer;
import org.jspecify.annotations.Nullable;

/**
 * One bucket with its disk, its store and its manifest, through several lives; what was acknowledged is the model. Time is this world's own.
 * The seed decides what is done, when time passes, and what the store and the manifest do; how the threads run is not repeated.
 */
final class RemoteWorld implements AutoCloseable {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int ROWS = 4000;
    private static final int KEYS = 12;
    private static final long GRACE_MS = 60_000;

    private final ActorTestKit kit;
    private final long seed;
    private final boolean keyed;
    private final boolean expires;
    private final boolean inLake;
    private final SplittableRandom random;
    private final AtomicLong nowMs = new AtomicLong(1_700_000_000_000L);
    private final FileStore files = new DiskFileStore();
    private final Path logs;
    private final KvStores stores = new KvStores(LevelDb.engine(1 << 18, 1 << 20), 2);
    private final RootAllocator allocator = new RootAllocator();
    private final LocalBuckets local = new LocalBuckets();
    private final BucketId id;
    private final SimManifest manifests;
    private final ActorRef<BucketManifest.Command> manifestsRef;
    private final ActorRef<Sequence.Command> sequences;
    private final WatchedStore store;
    private final RemoteTier tier;
    private final BucketSettings settings = BucketSettings.from(
            ConfigFactory.parseString("weir.bucket { restart-delay-min = 5 ms, restart-delay-max = 20 ms }")
                    .withFallback(ConfigFactory.load()));

    /** Acknowledged, in order. */
    private final List<Write> writes = new ArrayList<>();

    private volatile TableInfo table;
    private ActorRef<Bucket.Command> bucket;
    private boolean fenced;
    private long lastRow;
    private long lakeOffset;

    /** @param rows of a log table; else what is put (null: deleted) by key */
    private record Write(long base, long end, List<Long> rows, Map<Long, @Nullable String> puts) {}

    private final class WorldClock extends Clock {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(nowMs.get());
        }
    }

    RemoteWorld(ActorTestKit kit, Path directory, long seed, boolean keyed) {
        this.kit = kit;
        this.seed = seed;
        this.keyed = keyed;
        this.random = new SplittableRandom(seed);
        this.expires = random.nextInt(3) == 0;
        this.inLake = random.nextBoolean();
        this.logs = directory.resolve("log");
        this.id = new BucketId(seed + 1, 0);
        this.table = table();
        Materializer materializer = Materializer.matFromSystem(kit.system());
        this.manifests = new SimManifest(id, seed, new WorldClock());
        this.manifestsRef = kit.spawn(manifests.behavior());
        this.sequences = kit.spawn(Sequences.create());
        this.store = new WatchedStore(seed, materializer, manifests);
        manifests.watch(store.sim());
        if (inLake) {
            manifests.keepsWhatTheLakeHasNot();
        }
        this.tier = new RemoteTier(
                store,
                new Transfers(
                        store,
                        2,
                        2,
                        kit.system()
                                .dispatchers()
                                .lookup(DispatcherSelector.fromConfig("weir.dispatchers.object-store")),
                        LONG,
                        materializer),
                new ObjectFiles(store, 1 << 20, 1 << 16, 4, LONG, materializer),
                new WorldClock(),
                new Random(seed),
                Duration.ofMillis(GRACE_MS),
                Duration.ofMillis(1),
                Duration.ofMillis(10));
        tier.confirm();
    }

    private TableInfo table() {
        Map<String, String> all = new HashMap<>(
                Map.of("log.segment-size", "64kb", "log.local-segments", Integer.toString(random.nextInt(3))));
        if (keyed) {
            all.put("kv.snapshot-interval", "20s");
        }
        if (expires) {
            all.put("log.ttl", "3min");
        }
        if (inLake) {
            all.put("datalake.enabled", "true");
        }
        return keyed
                ? new TableInfo(
                        id.tableId(),
                        "db",
                        "t",
                        ModelRows.SCHEMAS.subList(0, 2),
                        List.of("k", "c"),
                        List.of("k"),
                        List.of(),
                        4,
                        all,
                        Instant.EPOCH)
                : TestRows.table(id.tableId(), all);
    }

    void run() throws Exception {
        start();
        for (int life = 0; life < 5; life++) {
            store.sim()
                    .faults(SimFaults.errors(random.nextDouble() * 0.3)
                            .withDelays(0.2, Duration.ofMillis(1 + random.nextInt(3)))
                            .withListLag(0.3));
            manifests.lose(random.nextInt(20));
            int steps = 2 + random.nextInt(7);
            for (int i = 0; i < steps; i++) {
                step();
                assertThat(manifests.problems()).isEmpty();
            }
            endLife();
            if (random.nextInt(3) == 0) {
                files.deleteTree(logs.resolve(id.entityId()));
                forgetFrom(manifests.state().remoteEnd());
            }
            start();
            check();
        }
        atTheEnd();
    }

    private void step() throws Exception {
        switch (random.nextInt(15)) {
            case 0, 1, 2, 3, 4 -> write();
            case 5, 6 -> passTime(1 + random.nextInt(6_000));
            case 7 -> {
                table = table();
                tick();
            }
            case 8 -> read();
            case 9 -> reap();
            case 10 -> slowUpload();
            case 13, 14 -> tier();
            case 11 -> {
                // Somebody else leads by the manifest; what leads here goes on until it is stopped.
                if (random.nextInt(3) == 0) {
                    fenced = true;
                    ask(
                            manifestsRef,
                            (ActorRef<BucketManifest.Reply> to) -> new BucketManifest.RaiseEpoch(
                                    id, 0, new BucketManifest.Node("node-a", "node-a:1"), to));
                    write();
                }
            }
            default -> {
                tick();
                settle(20);
            }
        }
    }

    /** A round is through; the bucket is told, perhaps, and perhaps of an earlier one again. */
    private void tier() {
        long before = lakeOffset;
        lakeOffset = Math.max(lakeOffset, end() - random.nextInt(3) * (long) ROWS);
        if (random.nextInt(4) > 0) {
            bucket.tell(new Bucket.LakeAdvanced(lakeOffset));
        }
        if (random.nextInt(4) == 0) {
            bucket.tell(new Bucket.LakeAdvanced(before));
        }
    }

    /** An upload is stored, and its answer comes only when a reaper has long been there. */
    private void slowUpload() throws Exception {
        store.holdAnswers();
        write();
        write();
        tick();
        settle(20);
        for (int i = 0; i < 12; i++) {
            passTime(6_000);
        }
        reap();
        store.goOn();
    }

    private void settle(int ms) {
        await(
                Duration.ofMillis(ms),
                () -> store.isHolding() || manifests.state().remoteEnd() >= end() - ROWS);
    }

    private long end() {
        return writes.isEmpty() ? 0 : writes.get(writes.size() - 1).end();
    }

    private void tick() {
        bucket.tell(Bucket.Tick.INSTANCE);
    }

    /** In steps that are short beside the grace time, as messages are. */
    private void passTime(long ms) {
        manifests.deliverLate();
        // A round trip: what is under way has come.
        ask(manifestsRef, (ActorRef<BucketManifest.Reply> to) -> new BucketManifest.GetManifest(id, to));
        nowMs.addAndGet(ms);
        tick();
    }

    private void reap() throws Exception {
        new SimReaper(store, manifests, tier.transfers()).pass(nowMs.get() - GRACE_MS);
    }

    private void write() {
        Write write = keyed ? upsert() : append();
        assertThat(write.base()).as("base offset").isEqualTo(end());
        writes.add(write);
    }

    private Write append() {
        long[] rows = LongStream.range(lastRow, lastRow + ROWS).toArray();
        lastRow += ROWS;
        Bucket.Appended appended = (Bucket.Appended) ask(
                bucket, (ActorRef<Bucket.AppendReply> to) -> new Bucket.Append(List.of(TestRows.rows(rows)), null, to));
        return new Write(
                appended.baseOffset(),
                appended.nextOffset(),
                LongStream.of(rows).boxed().toList(),
                Map.of());
    }

    private Write upsert() {
        long key = random.nextInt(KEYS);
        boolean deleted = random.nextInt(4) == 0;
        String text = deleted ? null : text();
        Map<Integer, Object> row = PrimaryKeyBuckets.row(key, 1, text);
        Bucket.AppendReply reply = ask(
                bucket,
                (ActorRef<Bucket.AppendReply> to) -> new Bucket.Upsert(
                        List.of(ModelRows.changes(
                                deleted ? ChangeKind.DELETE : ChangeKind.UPSERT,
                                PrimaryKeyBuckets.SCHEMA,
                                List.of(row),
                                List.of(new TreeSet<>(row.keySet())))),
                        null,
                        false,
                        to));
        Bucket.Appended appended = (Bucket.Appended) reply;
        Map<Long, @Nullable String> puts = new HashMap<>();
        puts.put(key, text);
        return new Write(appended.baseOffset(), appended.nextOffset(), List.of(), puts);
    }

    /** Large ones fill segments. */
    private String text() {
        int length = random.nextInt(3) == 0 ? 70_000 : 10;
        StringBuilder text = new StringBuilder();
        random.ints(length, 33, 126).forEach(text::appendCodePoint);
        return text.toString();
    }

    private void forgetFrom(long offset) {
        writes.removeIf(write -> write.end() > offset);
    }

    /** Reads from anywhere; a store that fails may say so. */
    private void read() {
        if (end() > 0) {
            long from = random.nextLong(end());
            Bucket.FetchReply reply = fetch(from);
            if (reply instanceof Bucket.Fetched fetched && !keyed) {
                assertThat(TestRows.ids(fetched)).isEqualTo(rows(from, fetched.nextOffset()));
            }
        }
    }

    private List<Long> rows(long from, long to) {
        List<Long> rows = new ArrayList<>();
        for (Write write : writes) {
            for (long offset = Math.max(from, write.base()); offset < Math.min(to, write.end()); offset++) {
                rows.add(write.rows().get((int) (offset - write.base())));
            }
        }
        return rows;
    }

    private Bucket.FetchReply fetch(long from) {
        return ask(
                bucket,
                (ActorRef<Bucket.FetchReply> to) ->
                        new Bucket.Fetch(from, Long.MAX_VALUE, 1 << 20, 1_000_000, List.of(), null, Duration.ZERO, to));
    }

    /** All that should be there is, whether it comes from this disk or from the store. */
    private void check() {
        Bucket.Description now = describe();
        assertThat(now.highWatermark()).as("end").isEqualTo(end());
        assertThat(now.corruptions()).isEmpty();
        if (!expires) {
            assertThat(now.logStartOffset()).as("start").isZero();
        }
        if (inLake) {
            assertThat(now.logStartOffset()).as("start in the lake").isLessThanOrEqualTo(lakeOffset);
            assertThat(now.lakeOffset()).as("told").isLessThanOrEqualTo(lakeOffset);
        }
        checkLog(now.logStartOffset());
        if (keyed) {
            checkRows();
        }
    }

    private void checkLog(long start) {
        long next = start;
        while (next < end()) {
            long from = next;
            Bucket.FetchReply[] reply = new Bucket.FetchReply[1];
            assertThat(await(LONG, () -> (reply[0] = fetch(from)) instanceof Bucket.Fetched || isExpired(reply[0])))
                    .as("read at %d: %s", from, reply[0])
                    .isTrue();
            if (isExpired(reply[0])) {
                next = Math.max(from + 1, describe().logStartOffset());
                continue;
            }
            Bucket.Fetched fetched = (Bucket.Fetched) reply[0];
            assertThat(fetched.nextOffset()).isGreaterThan(next);
            if (!keyed) {
                assertThat(TestRows.ids(fetched)).as("rows at %d", from).isEqualTo(rows(from, fetched.nextOffset()));
            }
            next = fetched.nextOffset();
        }
    }

    private boolean isExpired(Bucket.FetchReply reply) {
        return expires && reply instanceof Bucket.Refused refused && refused.code() == ErrorCode.OFFSET_OUT_OF_RANGE;
    }

    private void checkRows() {
        Map<Long, @Nullable String> model = new TreeMap<>();
        writes.forEach(write -> model.putAll(write.puts()));
        List<Map<Integer, Object>> keys = new ArrayList<>();
        for (long key = 0; key < KEYS; key++) {
            keys.add(PrimaryKeyBuckets.row(key, 1, null));
        }
        Bucket.LookupReply[] reply = new Bucket.LookupReply[1];
        assertThat(await(
                        LONG,
                        () -> (reply[0] = ask(
                                        bucket,
                                        (ActorRef<Bucket.LookupReply> to) ->
                                                new Bucket.Lookup(PrimaryKeyBuckets.keys(keys), to)))
                                instanceof Bucket.LookedUp))
                .as("lookup: %s", reply[0])
                .isTrue();
        List<@Nullable Map<Integer, Object>> rows = PrimaryKeyBuckets.rows(((Bucket.LookedUp) reply[0]).rows());
        for (int key = 0; key < KEYS; key++) {
            String text = model.get((long) key);
            assertThat(rows.get(key))
                    .as("key %d", key)
                    .isEqualTo(text == null ? null : PrimaryKeyBuckets.row(key, 1, text));
        }
    }

    private Bucket.Description describe() {
        Bucket.DescribeReply[] reply = new Bucket.DescribeReply[1];
        assertThat(await(LONG, () -> (reply[0] = ask(bucket, Bucket.Describe::new)) instanceof Bucket.Description))
                .as("start: %s", reply[0])
                .isTrue();
        return (Bucket.Description) reply[0];
    }

    private void start() {
        fenced = false;
        BucketPorts ports = new BucketPorts(
                files,
                logs,
                new WorldClock(),
                allocator,
                new BucketManifest.Node("node-a", "node-a:1"),
                manifestsRef,
                sequences,
                stores,
                tier,
                "boot",
                asked -> CompletableFuture.completedFuture(table),
                (which, owner) -> CompletableFuture.completedFuture(null),
                local,
                settings);
        bucket = kit.spawn(BucketBehavior.create(id, ports, self -> self.tell(BucketBehavior.Stop.INSTANCE)));
        describe();
    }

    /** In order or by force, in the midst of whatever goes on; what is held meanwhile comes to somebody who has gone. */
    private void endLife() {
        boolean late = random.nextInt(3) == 0;
        if (late) {
            store.holdAnswers();
            write();
            tick();
        }
        if (random.nextBoolean()) {
            bucket.tell(BucketBehavior.Stop.INSTANCE);
        } else {
            kit.stop(bucket);
        }
        assertThat(await(LONG, () -> local.leaders().isEmpty())).as("ends").isTrue();
        store.goOn();
        manifests.deliverLate();
    }

    private void atTheEnd() throws Exception {
        store.sim().faults(SimFaults.NONE);
        store.sim().settle();
        manifests.lose(0);
        if (fenced) {
            endLife();
            start();
        }
        write();
        tierAll();
        long offset = end();
        passTime(21_000);
        // The last segment is sealed only by a snapshot, or by another write.
        assertThat(await(LONG, () -> {
                    tick();
                    Bucket.RemoteDescription now = describe().remote();
                    boolean all = keyed ? now.endOffset() == offset : now.endOffset() >= offset - ROWS;
                    boolean snapshot = !keyed || offset == 0 || now.snapshotOffset() == offset;
                    return all && snapshot && isCopied() && now.problem() == null && now.waitingSegments() == 0;
                }))
                .as("uploaded: %s %s", describe(), manifests.state())
                .isTrue();
        check();
        bucket.tell(BucketBehavior.Stop.INSTANCE);
        assertThat(await(LONG, () -> local.leaders().isEmpty())).as("ends").isTrue();
        nowMs.addAndGet(GRACE_MS * 2);
        reap();
        assertThat(store.sim().names())
                .as("no orphans")
                .containsExactlyInAnyOrderElementsOf(new SimReaper(store, manifests, tier.transfers()).kept());
        files.deleteTree(logs.resolve(id.entityId()));
        forgetFrom(manifests.state().remoteEnd());
        start();
        check();
        assertThat(manifests.problems()).isEmpty();
    }

    /** However far behind the lake was: when it has all, nothing is held back any more. */
    private void tierAll() {
        lakeOffset = Math.max(lakeOffset, end());
        bucket.tell(new Bucket.LakeAdvanced(lakeOffset));
        assertThat(await(LONG, () -> {
                    tick();
                    Bucket.Description now = describe();
                    return now.lakeOffset() == lakeOffset && now.heldBackBytes() == 0;
                }))
                .as("in the lake: %s %s", describe(), manifests.state())
                .isTrue();
    }

    /** The uploader's last step; nothing of it is under way then, but for deletions. */
    private boolean isCopied() {
        Manifest now = manifests.state();
        ObjectName copy = RemoteNames.manifest(id.entityId(), now.version());
        return now.remoteEnd() == 0 || store.sim().names().contains(copy);
    }

    private <C, R> R ask(ActorRef<C> actor, Function<ActorRef<R>, C> question) {
        try {
            return AskPattern.<C, R>ask(actor, question, LONG, kit.system().scheduler())
                    .toCompletableFuture()
                    .get(LONG.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    private static boolean await(Duration atMost, BooleanSupplier condition) {
        long end = System.nanoTime() + atMost.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
        return true;
    }

    @Override
    public void close() throws Exception {
        store.goOn();
        kit.stop(bucket);
        await(LONG, () -> local.leaders().isEmpty());
        kit.stop(manifestsRef);
        kit.stop(sequences);
        stores.close();
        files.deleteTree(logs.getParent());
    }
}
