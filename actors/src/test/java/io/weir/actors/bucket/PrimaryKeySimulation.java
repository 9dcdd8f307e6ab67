package io.weir.actors.bucket;

import io.weir.actors.bucket.KeyedModel.Logged;
import io.weir.actors.bucket.KeyedModel.Written;
import io.weir.actors.catalog.ChangelogImage;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.Compression;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.merge.Aggregation;
import io.weir.codec.merge.MergeSpec;
import io.weir.codec.row.Key;
import io.weir.codec.row.RowEncoder;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.persistence.file.SimFileStore;
import io.weir.persistence.kv.CachedKv;
import io.weir.persistence.kv.DurableOffset;
import io.weir.persistence.kv.KvCursor;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.KvView;
import io.weir.persistence.kv.SimKvEngine;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.LogBatch;
import io.weir.persistence.log.LogCursor;
import io.weir.persistence.log.LogSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.jspecify.annotations.Nullable;

/**
 * The life of one primary-key bucket on bad disks, from a seed: groups of all kinds of writes, repetitions, newer schemas, failed
 * writes, kills and power losses at any file or store operation. What the bucket answers, its changelog and its KV state are held
 * against {@link KeyedModel}.
 */
final class PrimaryKeySimulation {
    private static final Path LOGS = Path.of("/sim");
    private static final BucketId BUCKET = new BucketId(1, 0);
    private static final Path DIRECTORY = LOGS.resolve(BUCKET.entityId());
    private static final int KEYS = 7;

    /** Room for some of the rows, so that they come from memory and from the store. */
    private static final long CACHE_BYTES = 1_500;

    private static final RootAllocator ALLOCATOR = new RootAllocator();

    private final SplittableRandom random;
    private final SimFileStore files;
    private final SimKvEngine engine = new SimKvEngine();
    private final HandClock clock = new HandClock();
    private final MergeSpec.Engine merging;
    private final Map<Integer, Aggregation> aggregations = new HashMap<>();
    private final ChangelogImage image;
    private final boolean generates;
    private final boolean faults;
    private final boolean trims;
    private final int replayStepBytes;
    private final int batchBytesMax;
    private final KeyedModel model;

    /** What the log has to hold from offset 0 on. */
    private final List<Logged> changelog = new ArrayList<>();

    private final Map<Bucket.WriterSequence, Bucket.Appended> acknowledged = new HashMap<>();
    /** Groups whose append failed since the log's end moved last: a crash may still show one of them. */
    private final List<Unsettled> unsettled = new ArrayList<>();

    private final Deque<Request> repeats = new ArrayDeque<>();
    private final StringBuilder trace = new StringBuilder();
    private int version = 1;
    private int boot = 1;

    /** So many more reads of the store, and one finds it damaged; negative for none. */
    private int damagedIn = -1;

    private int epoch;
    private long sequence;
    private long number = 1;
    private @Nullable TableInfo table;
    private @Nullable TableProperties properties;
    private BucketLog log;
    private PrimaryKeyState state;
    int crashes;
    int failures;
    int refusals;

    /** A request and what is known of its outcome. */
    private record Request(
            List<Written> rows,
            int schemaId,
            Bucket.@Nullable WriterSequence writer,
            boolean checkOnly,
            boolean insert) {}

    /** What the model says a request gives. */
    private record Expected(
            boolean refused, List<Logged> logged, @Nullable KeyedModel after) {}

    private record Unsettled(List<Request> group, List<Expected> expected) {}

    private static final class HandClock extends Clock {
        private long now = 1_000_000;

        @Override
        public long millis() {
            return now;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(now);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    PrimaryKeySimulation(long seed) {
        random = new SplittableRandom(seed);
        files = new SimFileStore(random.split());
        merging = MergeSpec.Engine.values()[random.nextInt(4)];
        image = random.nextBoolean() ? ChangelogImage.FULL : ChangelogImage.AFTER;
        generates = random.nextInt(3) == 0;
        faults = random.nextInt(3) > 0;
        trims = random.nextInt(4) == 0;
        replayStepBytes = pick(1, 200, LogReplay.STEP_BYTES);
        batchBytesMax = pick(1, 60, 200, ChangelogBatches.BATCH_BYTES_MAX);
        if (merging == MergeSpec.Engine.AGGREGATION) {
            aggregations.put(ModelRows.SMALL, pick(Aggregation.SUM, Aggregation.MAX, Aggregation.MIN));
            aggregations.put(
                    ModelRows.NUMBER,
                    pick(
                            Aggregation.SUM,
                            Aggregation.MAX,
                            Aggregation.FIRST_VALUE,
                            Aggregation.LAST_VALUE,
                            Aggregation.FIRST_VALUE_IGNORE_NULLS));
            aggregations.put(
                    ModelRows.TEXT, pick(Aggregation.LISTAGG, Aggregation.MIN, Aggregation.LAST_VALUE_IGNORE_NULLS));
            aggregations.put(ModelRows.BITMAP, Aggregation.RBM32);
        }
        model = new KeyedModel(merging, aggregations, image == ChangelogImage.FULL, generates);
        model.columns(ids(schema()));
        engine.faults((operation, directory) -> {
            files.createDirectories(directory); // one more place where the machine may stop
            if (operation == SimKvEngine.Operation.GET && damagedIn >= 0 && damagedIn-- == 0) {
                throw new WeirException(ErrorCode.CORRUPT_DATA, "a block of the store");
            }
            if (!faults || random.nextInt(40) > 0) {
                return SimKvEngine.Outcome.FINE;
            }
            return pick(SimKvEngine.Outcome.FAILED, SimKvEngine.Outcome.FAILED_BUT_DONE, SimKvEngine.Outcome.BROKEN);
        });
    }

    @SafeVarargs
    private final <T> T pick(T... values) {
        return values[random.nextInt(values.length)];
    }

    private TableSchema schema() {
        return ModelRows.SCHEMAS.get(version - 1);
    }

    private static TreeSet<Integer> ids(TableSchema schema) {
        TreeSet<Integer> ids = new TreeSet<>();
        schema.columns().forEach(column -> ids.add(column.id()));
        return ids;
    }

    void run() {
        try {
            restart();
            int steps = 10 + random.nextInt(30);
            for (int i = 0; i < steps; i++) {
                step();
            }
            files.failureRate(0);
            end(random.nextBoolean(), true);
            check();
            require(engine.misuses().isEmpty(), "misuse of the store: " + engine.misuses());
        } catch (IOException | RuntimeException | Error e) {
            throw new AssertionError("trace:\n" + trace, e);
        }
    }

    private void step() throws IOException {
        clock.now += random.nextInt(1500);
        switch (random.nextInt(12)) {
            case 0 -> end(random.nextBoolean(), random.nextBoolean());
            case 1 -> tick();
            case 2 -> nextVersion();
            case 3 -> check();
            default -> commit();
        }
    }

    private void note(String what) {
        trace.append(what).append('\n');
    }

    private static void require(boolean right, String otherwise) {
        if (!right) {
            throw new AssertionError(otherwise);
        }
    }

    private void nextVersion() {
        if (version < ModelRows.SCHEMAS.size()) {
            version++;
            table = null;
            model.columns(ids(schema()));
            note("schema version " + version);
        }
    }

    private TableInfo table() {
        TableInfo known = table;
        if (known == null) {
            String key = name(ModelRows.KEY);
            known = new TableInfo(
                    1,
                    "db",
                    "t",
                    ModelRows.SCHEMAS.subList(0, version),
                    List.of(key),
                    List.of(key),
                    List.of(),
                    1,
                    Map.of(),
                    Instant.EPOCH);
            table = known;
            properties = null;
        }
        return known;
    }

    private String name(int id) {
        return schema().columnById(id).map(Column::name).orElseThrow();
    }

    private TableProperties properties() {
        table();
        TableProperties known = properties;
        if (known == null) {
            Map<String, Aggregation> byName = new HashMap<>();
            aggregations.forEach((id, how) -> byName.put(name(id), how));
            String versions = merging == MergeSpec.Engine.VERSIONED ? name(ModelRows.NUMBER) : null;
            LogSettings defaults = LogSettings.DEFAULT;
            known = new TableProperties(
                    trims ? Duration.ofSeconds(3) : Duration.ZERO,
                    defaults.segmentBytes(),
                    defaults.segmentAge(),
                    0,
                    Compression.NONE,
                    Duration.ZERO,
                    2,
                    Duration.ZERO,
                    new MergeSpec(merging, versions, byName, Map.of()),
                    image,
                    generates
                            ? Optional.of(new TableProperties.AutoIncrement(name(ModelRows.GENERATED), 10))
                            : Optional.empty(),
                    Optional.empty(),
                    TableProperties.from(Map.of()).lake());
            properties = known;
        }
        return known;
    }

    private LogSettings logSettings() {
        return new LogSettings(2000, Duration.ofSeconds(2), trims ? Duration.ofSeconds(3) : Duration.ZERO, 0, 300);
    }

    private BucketPorts ports() {
        BucketSettings settings = new BucketSettings(
                1 << 26, 1 << 24, 0, 64, 10, 10, 1000, Duration.ofMinutes(1), Duration.ZERO, Duration.ZERO);
        return new BucketPorts(
                files,
                LOGS,
                clock,
                ALLOCATOR,
                new BucketManifest.Node("n", "n:1"),
                TestInbox.<BucketManifest.Command>create().getRef(),
                TestInbox.<Sequence.Command>create().getRef(),
                new KvStores(new CachedKv(engine, CACHE_BYTES), 2),
                null,
                "boot-" + boot,
                bucket -> CompletableFuture.completedFuture(table()),
                (bucket, owner) -> CompletableFuture.completedFuture(null),
                new LocalBuckets(),
                settings);
    }

    /** Opens the log as often as it takes. */
    private void restart() throws IOException {
        files.failureRate(0);
        while (true) {
            try {
                log = BucketLog.open(files, DIRECTORY, logSettings(), clock);
                settle();
                break;
            } catch (SimFileStore.Crash e) {
                crash(true);
            }
        }
        BucketPorts ports = ports();
        state = new PrimaryKeyState(
                new KvState(ports, BUCKET, log, null, replayStepBytes), log, ports.settings(), ++epoch, batchBytesMax);
        if (faults && random.nextBoolean()) {
            files.crashAfter(1 + random.nextInt(120));
        }
        if (faults && random.nextInt(3) == 0) {
            files.failureRate(0.02);
        }
    }

    private void crash(boolean powerLoss) {
        crashes++;
        note(powerLoss ? "power loss" : "kill");
        files.restart(powerLoss);
        engine.crash(random.nextLong(), powerLoss);
        boot += powerLoss ? 1 : 0;
    }

    private void end(boolean inOrder, boolean powerLoss) throws IOException {
        if (inOrder) {
            try {
                state.kv().close();
                log.close();
                note("closed");
                if (random.nextInt(3) == 0) {
                    handOver();
                    return;
                }
            } catch (IOException e) {
                note("not closed cleanly: " + e);
            } catch (SimFileStore.Crash e) {
                note("crash while closing");
            }
        }
        crash(powerLoss);
        restart();
    }

    /** To another machine: what is written stays. */
    private void handOver() throws IOException {
        DurableOffset.seal(files, DIRECTORY, DIRECTORY.resolve(KvStores.DIRECTORY), "boot-" + boot);
        files.restart(false);
        engine.settle();
        boot++;
        note("handed over");
        restart();
    }

    private void tick() throws IOException {
        try {
            log.applyRetention(state.kv().syncedOffset());
        } catch (IOException e) {
            failures++;
            note("retention failed: " + e);
        } catch (SimFileStore.Crash e) {
            crash(random.nextBoolean());
            restart();
        }
    }

    // Writing.

    private List<Request> group() {
        List<Request> group = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            Request repeated = random.nextInt(5) == 0 ? repeats.poll() : null;
            boolean again = i > 0 && random.nextInt(8) == 0;
            group.add(again ? group.get(i - 1) : repeated == null ? request() : repeated);
        }
        return group;
    }

    private Request request() {
        boolean insert = random.nextInt(6) == 0;
        int schemaId = random.nextInt(4) == 0 ? 1 + random.nextInt(version) : version;
        TableSchema schema = ModelRows.SCHEMAS.get(schemaId - 1);
        List<Written> rows = new ArrayList<>();
        int count = 1 + random.nextInt(5);
        for (int i = 0; i < count; i++) {
            rows.add(written(schema, insert ? ChangeKind.UPSERT : pick(ChangeKind.values()), insert));
        }
        boolean writes = !insert && random.nextBoolean();
        return new Request(
                rows,
                schemaId,
                writes ? new Bucket.WriterSequence("w" + random.nextInt(2), ++sequence) : null,
                !insert && random.nextInt(8) == 0,
                insert);
    }

    private Written written(TableSchema schema, ChangeKind kind, boolean keyAlone) {
        Map<Integer, Object> row = new TreeMap<>();
        TreeSet<Integer> present = kind == ChangeKind.PATCH ? new TreeSet<>(List.of(ModelRows.KEY)) : null;
        row.put(ModelRows.KEY, (long) random.nextInt(KEYS));
        for (int id : ids(schema)) {
            if (id == ModelRows.KEY || kind == ChangeKind.DELETE || (generates && id == ModelRows.GENERATED)) {
                continue;
            }
            if (present != null && random.nextBoolean()) {
                continue;
            }
            if (present != null) {
                present.add(id);
            }
            boolean canBeNull = id != ModelRows.SMALL || (keyAlone && random.nextInt(20) == 0);
            if (!canBeNull || random.nextInt(3) > 0) {
                row.put(id, value(id));
            }
        }
        return new Written(kind, row, present);
    }

    private Object value(int id) {
        return switch (id) {
            case ModelRows.SMALL -> (long) random.nextInt(40);
            case ModelRows.TEXT -> "t" + random.nextInt(4);
            case ModelRows.BITMAP -> new TreeSet<>(List.of((long) random.nextInt(6)));
            default -> (long) random.nextInt(-3, 6);
        };
    }

    private void commit() throws IOException {
        List<Request> group = group();
        List<Expected> expected = new ArrayList<>();
        KeyedModel ahead = model.copy();
        ahead.nextNumber = number;
        Map<Bucket.WriterSequence, Integer> seen = new HashMap<>();
        for (int i = 0; i < group.size(); i++) {
            Bucket.WriterSequence writer = group.get(i).writer();
            boolean known = writer != null && (acknowledged.containsKey(writer) || seen.containsKey(writer));
            Expected one = known ? new Expected(false, List.of(), null) : evaluate(group.get(i), ahead);
            expected.add(one);
            if (one.after() != null) {
                ahead = one.after();
            }
            if (writer != null && !one.refused() && !group.get(i).checkOnly()) {
                seen.putIfAbsent(writer, i);
            }
        }
        List<TestInbox<Object>> inboxes = new ArrayList<>();
        List<WriteQueue.Request> requests = new ArrayList<>();
        for (Request request : group) {
            TestInbox<Object> inbox = TestInbox.create();
            inboxes.add(inbox);
            requests.add(sent(request, inbox));
        }
        long base = log.endOffset();
        // Not where the log is trimmed, which the rows cannot be made anew from, and not where that would take numbers
        // again.
        damagedIn = !generates && !trims && random.nextInt(12) == 0 ? random.nextInt(4) : -1;
        try {
            List<Runnable> answers = state.commit(requests, table(), properties(), () -> number++);
            require(answers.size() == group.size(), "not all of a small group was taken");
            answers.forEach(Runnable::run);
            note("committed " + group + " at " + base);
            accept(group, expected, base, group.size());
            for (int i = 0; i < group.size(); i++) {
                answered(group.get(i), expected, i, base, inboxes.get(i).receiveMessage());
            }
        } catch (IOException | WeirException e) {
            failures++;
            note("failed " + group + " at " + base + ": " + e);
            // In this process the log's end tells whether it was stored.
            if (log.endOffset() == base) {
                unsettled.add(new Unsettled(group, expected));
            } else {
                accept(group, expected, base, group.size());
            }
            repeatLater(group, expected);
        } catch (SimFileStore.Crash e) {
            note("crashed " + group + " at " + base);
            unsettled.add(new Unsettled(group, expected));
            crash(random.nextBoolean());
            restart();
            repeatLater(group, expected);
        }
        number = Math.max(number, model.nextNumber);
        damagedIn = -1;
    }

    private Expected evaluate(Request request, KeyedModel from) {
        KeyedModel after = from.copy();
        try {
            List<Logged> logged = request.insert()
                    ? after.insertMissing(
                            request.rows().stream().map(Written::row).toList())
                    : after.apply(request.rows());
            if (request.checkOnly()) {
                KeyedModel same = from.copy();
                same.nextNumber = after.nextNumber;
                return new Expected(false, List.of(), same);
            }
            return new Expected(false, logged, after);
        } catch (KeyedModel.RefusedException e) {
            KeyedModel same = from.copy();
            same.nextNumber = after.nextNumber;
            return new Expected(true, List.of(), same);
        }
    }

    private WriteQueue.Request sent(Request request, TestInbox<Object> inbox) {
        TableSchema schema = ModelRows.SCHEMAS.get(request.schemaId() - 1);
        if (request.insert()) {
            return WriteQueue.Request.of(new Bucket.InsertIfMissing(
                    ModelRows.batch(
                            schema, request.rows().stream().map(Written::row).toList()),
                    inbox.getRef().narrow()));
        }
        List<ChangedRows> changes = new ArrayList<>();
        for (Written written : request.rows()) {
            changes.add(ModelRows.changes(
                    written.kind(),
                    schema,
                    List.of(written.row()),
                    written.present() == null ? List.of() : List.of(written.present())));
        }
        return WriteQueue.Request.of(new Bucket.Upsert(
                changes, request.writer(), request.checkOnly(), inbox.getRef().narrow()));
    }

    /** Without those that changed nothing: whether they are remembered cannot be seen. */
    private void repeatLater(List<Request> group, List<Expected> expected) {
        for (int i = 0; i < group.size(); i++) {
            boolean repetition = acknowledged.containsKey(group.get(i).writer());
            if (!expected.get(i).logged().isEmpty() || repetition) {
                repeats.add(group.get(i));
            }
        }
    }

    /** What a recovered log has more than was acknowledged is the first requests of one group, each of them whole. */
    private void settle() throws IOException {
        List<Logged> found = changelogFrom(changelog.size());
        for (int i = unsettled.size() - 1; i >= 0 && !found.isEmpty(); i--) {
            Unsettled one = unsettled.get(i);
            List<Logged> wanted = new ArrayList<>();
            for (int count = 1; count <= one.group().size(); count++) {
                wanted.addAll(one.expected().get(count - 1).logged());
                if (wanted.equals(found)) {
                    accept(one.group(), one.expected(), changelog.size(), count);
                    return;
                }
            }
        }
        require(found.isEmpty(), "the log holds what is no group's first requests: " + found);
        unsettled.clear();
    }

    private void accept(List<Request> group, List<Expected> expected, long base, int count) {
        require(base == changelog.size(), "the log is at %d, not %d".formatted(base, changelog.size()));
        int before = changelog.size();
        for (int i = 0; i < count; i++) {
            Expected one = expected.get(i);
            if (one.after() != null) {
                model.rows = one.after().rows;
                model.nextNumber = one.after().nextNumber;
            }
            Request request = group.get(i);
            if (!one.logged().isEmpty() && request.writer() != null) {
                acknowledged.put(
                        request.writer(),
                        new Bucket.Appended(
                                changelog.size(),
                                changelog.size() + one.logged().size()));
            }
            changelog.addAll(one.logged());
        }
        if (changelog.size() > before) {
            unsettled.clear();
        }
    }

    private void answered(Request request, List<Expected> expected, int at, long base, Object reply) {
        Expected one = expected.get(at);
        Bucket.WriterSequence writer = request.writer();
        if (one.after() == null && writer != null) {
            Bucket.Appended first = Objects.requireNonNull(acknowledged.get(writer), "a repetition was seen before");
            require(reply.equals(first), "repetition of %s answered %s, not %s".formatted(writer, reply, first));
            return;
        }
        if (one.refused()) {
            refusals++;
            require(reply instanceof Bucket.Refused, "not refused: " + request + " " + reply);
            return;
        }
        if (request.insert()) {
            List<byte[]> rows = ((Bucket.LookedUp) reply).rows();
            for (int i = 0; i < rows.size(); i++) {
                require(rows.get(i) != null, "a row is missing after insert-if-missing");
            }
            return;
        }
        long start = base;
        for (int i = 0; i < at; i++) {
            start += expected.get(i).logged().size();
        }
        Bucket.Appended wanted = new Bucket.Appended(start, start + one.logged().size());
        require(reply.equals(wanted), "answered %s, not %s to %s".formatted(reply, wanted, request));
        if (writer != null && !request.checkOnly()) {
            acknowledged.put(writer, wanted);
            repeats.addLast(request);
            if (repeats.size() > 20) {
                repeats.removeFirst();
            }
        }
    }

    // Checking.

    private void check() throws IOException {
        files.failureRate(0);
        for (int tries = 0; ; tries++) {
            require(tries < 200, "the checks go on failing");
            try {
                checkChangelog();
                checkRows();
                return;
            } catch (SimFileStore.Crash e) {
                crash(random.nextBoolean());
                restart();
            } catch (IOException | WeirException e) {
                failures++;
                note("check failed: " + e);
                clock.now += 5000;
            }
        }
    }

    private void checkChangelog() throws IOException {
        require(log.endOffset() == changelog.size(), "log ends at " + log.endOffset() + ", not " + changelog.size());
        List<Logged> found = changelogFrom(log.startOffset());
        List<Logged> wanted = changelog.subList((int) log.startOffset(), changelog.size());
        require(
                found.equals(wanted),
                "the changelog from %d is\n%s, not\n%s".formatted(log.startOffset(), found, wanted));
    }

    private List<Logged> changelogFrom(long offset) throws IOException {
        List<Logged> found = new ArrayList<>();
        try (LogCursor cursor = log.read(offset)) {
            for (LogBatch batch = cursor.next(); batch != null; batch = cursor.next()) {
                ByteBuffer types = batch.changeTypes();
                TableSchema written = ModelRows.SCHEMAS.get(batch.header().schemaId() - 1);
                byte[][] rows = batch.header().rowCount() == 0
                        ? new byte[0][]
                        : RowEncoder.encode(written, batch.readAll().rows());
                for (int i = 0; i < rows.length; i++) {
                    ChangeType type =
                            types == null ? ChangeType.INSERT : ChangeType.of(types.get(types.position() + i));
                    found.add(new Logged(type, ModelRows.decode(written, rows[i])));
                }
                require(
                        rows.length == 0 || found.get(found.size() - 1).type() != ChangeType.UPDATE_BEFORE,
                        "a batch ends between a row before and the row after: " + batch.header());
            }
        }
        return found;
    }

    private void checkRows() throws IOException {
        state.catchUp(table(), properties());
        TreeMap<Long, Map<Integer, Object>> found = new TreeMap<>();
        RowRules rules = new RowRules(table(), properties());
        try (KvStores.Lease lease = Objects.requireNonNull(state.kv().read(), "the state is ready");
                KvView view = new RowStore(lease.store()).view();
                KvCursor cursor = RowStore.from(view, RowStore.ROWS_START)) {
            while (RowStore.next(cursor)) {
                Map<Integer, Object> row = ModelRows.decode(schema(), rules.upgrade(cursor.value()));
                Long key = (Long) Objects.requireNonNull(row.get(ModelRows.KEY));
                Key place = rules.keys(ModelRows.batch(schema(), List.of(row))).get(0);
                require(Arrays.equals(RowStore.place(place), cursor.key()), "row " + row + " stands at another key");
                found.put(key, row);
            }
        }
        require(found.equals(model.rows), "rows are\n%s, not\n%s".formatted(found, model.rows));
        require(
                state.kv().applied() == changelog.size(),
                "applied is " + state.kv().applied());
        note("checked");
    }
}
