package io.weir.persistence.objects;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * A store in memory that fails as stores do, from one seed ({@link SimFaults}; which request meets which fault also depends on the order
 * in which requests come), or as a test scripts it, and stands still on demand. Without faults it holds the contract. Thread-safe.
 */
public final class SimObjectStore implements ObjectStore {
    private static final int CHUNK_BYTES = 32 << 10;

    /** What was asked for. */
    public enum Operation {
        PUT,
        PUT_IF_ABSENT,
        GET,
        HEAD,
        LIST,
        DELETE
    }

    /** How a request ends; see {@link SimFaults}. */
    public enum Outcome {
        WELL,
        REFUSED,
        APPLIED_BUT_FAILED,
        LATE,
        BROKEN_OFF,
        CUT_SHORT
    }

    /** Decides requests before the seeded faults do. */
    @FunctionalInterface
    public interface Script {
        /** @param name object or prefix; of several that are deleted at once, the first. @return null: as the faults want */
        @Nullable
        Outcome next(Operation operation, String name);
    }

    private final Materializer materializer;
    private final SplittableRandom random;
    private final TreeMap<ObjectName, byte[]> objects = new TreeMap<>();
    /** Until which listing (by number) the older state of a name is shown: its bytes, or absent where null. */
    private final Map<ObjectName, Lagging> lagging = new HashMap<>();

    private final List<Late> late = new ArrayList<>();
    private final EnumMap<Operation, AtomicLong> requests = new EnumMap<>(Operation.class);
    private final AtomicLong bytesGiven = new AtomicLong();
    private final AtomicLong bytesTaken = new AtomicLong();
    private final AtomicInteger reading = new AtomicInteger();
    private final AtomicInteger readingMax = new AtomicInteger();
    private final AtomicInteger standing = new AtomicInteger();

    private volatile SimFaults faults = SimFaults.NONE;
    private volatile Script script = (operation, name) -> null;
    private CompletableFuture<Boolean> gate = CompletableFuture.completedFuture(true);
    private long listings;

    private record Lagging(long untilListing, @Nullable Integer size) {}

    private static final class Late {
        private final Runnable effect;
        private int requestsToGo;

        Late(Runnable effect, int requestsToGo) {
            this.effect = effect;
            this.requestsToGo = requestsToGo;
        }
    }

    public SimObjectStore(long seed, Materializer materializer) {
        this.random = new SplittableRandom(seed);
        this.materializer = materializer;
        for (Operation operation : Operation.values()) {
            requests.put(operation, new AtomicLong());
        }
    }

    /** From now on; {@link SimFaults#NONE} also brings listings up to date. What is late stays late. */
    public synchronized void faults(SimFaults next) {
        faults = next;
        if (next.listLag() == 0) {
            lagging.clear();
        }
    }

    public void script(Script next) {
        script = next;
    }

    /** The next requests of this operation end so; then the faults decide again. */
    public void next(Operation operation, int times, Outcome outcome) {
        AtomicInteger left = new AtomicInteger(times);
        script = (asked, name) -> asked == operation && left.getAndDecrement() > 0 ? outcome : null;
    }

    /** Requests, and gets and puts on their way, wait until {@link #goOn}. */
    public synchronized void standStill() {
        if (gate.isDone()) {
            gate = new CompletableFuture<>();
        }
    }

    public void goOn() {
        CompletableFuture<Boolean> waiting;
        synchronized (this) {
            waiting = gate;
        }
        waiting.complete(true);
    }

    /** Requests and bodies that wait for {@link #goOn} now. */
    public int standing() {
        return standing.get();
    }

    /** Does at once what was to be done late. */
    public void settle() {
        List<Late> due;
        synchronized (this) {
            due = List.copyOf(late);
            late.clear();
        }
        due.forEach(one -> one.effect.run());
    }

    public long requests(Operation operation) {
        return requests(requests, operation);
    }

    private static long requests(Map<Operation, AtomicLong> counts, Operation operation) {
        return java.util.Objects.requireNonNull(counts.get(operation)).get();
    }

    /** Bytes of gets that were sent. */
    public long bytesGiven() {
        return bytesGiven.get();
    }

    /** Bytes of puts that were received, whether stored or not. */
    public long bytesTaken() {
        return bytesTaken.get();
    }

    /** Most gets that were under way at once, since the start; one may count a moment longer than it runs. */
    public int getsMax() {
        return readingMax.get();
    }

    /** Gets under way. */
    public int gets() {
        return reading.get();
    }

    /** All that is stored now, whatever listings show. */
    public synchronized List<ObjectName> names() {
        return List.copyOf(objects.keySet());
    }

    public synchronized byte[] bytes(ObjectName name) {
        return find(name).clone();
    }

    /** Stores without asking for faults. */
    public synchronized StoredObject store(ObjectName name, byte[] bytes) {
        objects.put(name, bytes.clone());
        return new StoredObject(name, bytes.length, ByteCheck.crc32c(ByteString.fromArray(bytes)));
    }

    /** Removes without asking for faults. */
    public synchronized void remove(ObjectName name) {
        objects.remove(name);
    }

    /** Changes a byte of an object. */
    public synchronized void damage(ObjectName name, int position) {
        byte[] bytes = bytes(name);
        bytes[position] ^= 1;
        objects.put(name, bytes);
    }

    private synchronized byte[] find(ObjectName name) {
        byte[] bytes = objects.get(name);
        if (bytes == null) {
            throw new ObjectStoreException.NotFound(name);
        }
        return bytes;
    }

    @Override
    public CompletionStage<StoredObject> put(ObjectName name, Source<ByteString, ?> body) {
        return begin(Operation.PUT, name.value()).thenCompose(outcome -> body.mapAsync(1, this::passed)
                .map(bytes -> {
                    bytesTaken.addAndGet(bytes.size());
                    return bytes;
                })
                .runFold(ByteString.emptyByteString(), ByteString::concat, materializer)
                .thenCompose(this::passed)
                .thenApply(bytes -> {
                    checkName(name);
                    StoredObject stored = new StoredObject(name, bytes.size(), ByteCheck.crc32c(bytes));
                    return apply(outcome, name, bytes.toArray(), stored);
                }));
    }

    @Override
    public CompletionStage<PutIfAbsent> putIfAbsent(ObjectName name, ByteString bytes) {
        Conditions.checkConditional(name, bytes);
        return begin(Operation.PUT_IF_ABSENT, name.value()).thenApply(outcome -> {
            checkName(name);
            bytesTaken.addAndGet(bytes.size());
            return switch (outcome) {
                case REFUSED -> throw failure(outcome, name.value());
                case LATE -> {
                    later(() -> create(name, bytes.toArray()));
                    yield new PutIfAbsent.Unknown(failure(outcome, name.value()));
                }
                case APPLIED_BUT_FAILED -> {
                    create(name, bytes.toArray());
                    yield new PutIfAbsent.Unknown(failure(outcome, name.value()));
                }
                default -> create(name, bytes.toArray()) ? new PutIfAbsent.Created() : new PutIfAbsent.Exists();
            };
        });
    }

    private synchronized boolean create(ObjectName name, byte[] bytes) {
        if (objects.containsKey(name)) {
            return false;
        }
        set(name, bytes);
        return true;
    }

    /** As the directory store: no name goes on where another one ends. */
    private synchronized void checkName(ObjectName name) {
        for (int i = name.value().indexOf('/'); i >= 0; i = name.value().indexOf('/', i + 1)) {
            if (objects.containsKey(new ObjectName(name.value().substring(0, i)))) {
                throw new ObjectStoreException.Refused(
                        "a part of the name %s is an object itself".formatted(name), null);
            }
        }
        ObjectName below = objects.ceilingKey(new ObjectName(name + "/ "));
        if (below != null && below.value().startsWith(name + "/")) {
            throw new ObjectStoreException.Refused("other objects' names go on from " + name, null);
        }
    }

    @Override
    public Source<ByteString, NotUsed> get(ObjectName name) {
        return give(name, 0, -1);
    }

    @Override
    public Source<ByteString, NotUsed> get(ObjectName name, long position, long length) {
        Conditions.checkRange(name, position, length);
        return give(name, position, length);
    }

    private Source<ByteString, NotUsed> give(ObjectName name, long position, long length) {
        return Source.lazyCompletionStageSource(() -> begin(Operation.GET, name.value())
                        .thenApply(outcome -> giving(outcome, name, position, length)))
                .mapMaterializedValue(unused -> NotUsed.getInstance())
                .mapError(CompletionException.class, e -> e.getCause() == null ? e : e.getCause());
    }

    private Source<ByteString, NotUsed> giving(Outcome outcome, ObjectName name, long position, long length) {
        byte[] bytes = find(name);
        if (length >= 0 && length > bytes.length - position) {
            throw Conditions.pastEnd(name, position, length);
        }
        byte[] part =
                length < 0 ? bytes : Arrays.copyOfRange(bytes, (int) position, Math.toIntExact(position + length));
        boolean ends = outcome == Outcome.BROKEN_OFF || outcome == Outcome.CUT_SHORT;
        int end = ends && part.length > 0 ? drawn(part.length) : part.length;
        List<ByteString> chunks = new ArrayList<>();
        for (int at = 0; at < end; at += CHUNK_BYTES) {
            chunks.add(ByteString.fromArray(part, at, Math.min(CHUNK_BYTES, end - at)));
        }
        Source<ByteString, NotUsed> source = Source.from(chunks);
        if (outcome == Outcome.BROKEN_OFF) {
            source = source.concat(Source.failed(failure(outcome, name.value())));
        }
        return source.mapAsync(1, this::passed)
                .map(chunk -> {
                    bytesGiven.addAndGet(chunk.size());
                    return chunk;
                })
                .watchTermination((unused, done) -> {
                    readingMax.accumulateAndGet(reading.incrementAndGet(), Math::max);
                    var ended = done.whenComplete((d, failure) -> reading.decrementAndGet());
                    return NotUsed.getInstance();
                });
    }

    @Override
    public CompletionStage<Optional<ObjectInfo>> head(ObjectName name) {
        return begin(Operation.HEAD, name.value()).thenApply(outcome -> {
            synchronized (this) {
                byte[] bytes = objects.get(name);
                return bytes == null ? Optional.empty() : Optional.of(new ObjectInfo(name, bytes.length, null));
            }
        });
    }

    @Override
    public CompletionStage<ObjectPage> list(String prefix, Optional<String> after, int pageSize) {
        Conditions.checkPage(pageSize);
        return begin(Operation.LIST, prefix).thenApply(outcome -> page(prefix, after.orElse(""), pageSize));
    }

    private synchronized ObjectPage page(String prefix, String after, int pageSize) {
        listings++;
        lagging.values().removeIf(lag -> lag.untilListing < listings);
        TreeSet<ObjectName> shown = new TreeSet<>(objects.keySet());
        shown.addAll(lagging.keySet());
        List<ObjectInfo> found = new ArrayList<>();
        for (ObjectName name : shown) {
            byte[] bytes = objects.get(name);
            Lagging lag = lagging.get(name);
            Integer size = lag != null ? lag.size : bytes == null ? null : Integer.valueOf(bytes.length);
            if (size != null && name.value().startsWith(prefix) && ObjectName.compare(name.value(), after) > 0) {
                if (found.size() == pageSize) {
                    return new ObjectPage(
                            found, Optional.of(found.get(pageSize - 1).name().value()));
                }
                found.add(new ObjectInfo(name, size, null));
            }
        }
        return new ObjectPage(found, Optional.empty());
    }

    @Override
    public CompletionStage<Void> delete(Collection<ObjectName> names) {
        List<ObjectName> all = List.copyOf(names);
        String first = all.isEmpty() ? "" : all.get(0).value();
        return begin(Operation.DELETE, first).thenApply(outcome -> {
            all.forEach(name -> {
                if (outcome == Outcome.LATE) {
                    later(() -> set(name, null));
                } else if (outcome == Outcome.WELL || drawn(2) == 0) {
                    set(name, null);
                }
            });
            if (outcome != Outcome.WELL) {
                throw failure(outcome, first);
            }
            return Conditions.NOTHING;
        });
    }

    private <T> T apply(Outcome outcome, ObjectName name, byte[] bytes, T answer) {
        switch (outcome) {
            case LATE -> later(() -> set(name, bytes));
            case REFUSED -> {}
            default -> set(name, bytes);
        }
        if (outcome != Outcome.WELL) {
            throw failure(outcome, name.value());
        }
        return answer;
    }

    private synchronized void later(Runnable effect) {
        late.add(new Late(effect, 1 + random.nextInt(8)));
    }

    private synchronized void set(ObjectName name, byte @Nullable [] bytes) {
        byte[] before = bytes == null ? objects.remove(name) : objects.put(name, bytes);
        if (random.nextDouble() < faults.listLag()) {
            Integer size = before == null ? null : Integer.valueOf(before.length);
            lagging.put(name, new Lagging(listings + 1 + random.nextInt(5), size));
        } else {
            lagging.remove(name);
        }
    }

    /** Counts the request, waits as it has to, and says how it ends; what has no effect to be late with fails here. */
    private CompletionStage<Outcome> begin(Operation operation, String name) {
        java.util.Objects.requireNonNull(requests.get(operation)).incrementAndGet();
        runLate();
        Outcome scripted = script.next(operation, name);
        Outcome outcome = scripted == null ? draw(operation) : scripted;
        return delay().thenCompose(this::passed).thenApply(done -> {
            boolean reads = operation == Operation.GET || operation == Operation.HEAD || operation == Operation.LIST;
            if (outcome == Outcome.REFUSED
                    || reads && (outcome == Outcome.APPLIED_BUT_FAILED || outcome == Outcome.LATE)) {
                throw failure(Outcome.REFUSED, name);
            }
            return outcome;
        });
    }

    private void runLate() {
        List<Runnable> due = new ArrayList<>();
        synchronized (this) {
            for (Iterator<Late> all = late.iterator(); all.hasNext(); ) {
                Late one = all.next();
                if (--one.requestsToGo <= 0) {
                    due.add(one.effect);
                    all.remove();
                }
            }
        }
        due.forEach(Runnable::run);
    }

    private synchronized Outcome draw(Operation operation) {
        double at = random.nextDouble();
        SimFaults now = faults;
        if ((at -= now.refused()) < 0) {
            return Outcome.REFUSED;
        }
        return switch (operation) {
            case GET ->
                (at -= now.brokenOff()) < 0
                        ? Outcome.BROKEN_OFF
                        : at < now.cutShort() ? Outcome.CUT_SHORT : Outcome.WELL;
            case HEAD, LIST -> Outcome.WELL;
            default ->
                (at -= now.appliedButFailed()) < 0
                        ? Outcome.APPLIED_BUT_FAILED
                        : at < now.late() ? Outcome.LATE : Outcome.WELL;
        };
    }

    private synchronized CompletionStage<Boolean> delay() {
        SimFaults now = faults;
        long nanos = now.delayMax().toNanos();
        if (nanos == 0 || random.nextDouble() >= now.delayed()) {
            return CompletableFuture.completedFuture(true);
        }
        return CompletableFuture.supplyAsync(
                () -> true, CompletableFuture.delayedExecutor(random.nextLong(nanos), TimeUnit.NANOSECONDS));
    }

    /** The same element, once the store does not stand still. */
    private <T> CompletionStage<T> passed(T element) {
        CompletableFuture<Boolean> now;
        synchronized (this) {
            now = gate;
        }
        if (now.isDone()) {
            return CompletableFuture.completedFuture(element);
        }
        standing.incrementAndGet();
        return now.thenApplyAsync(done -> {
            standing.decrementAndGet();
            return element;
        });
    }

    private synchronized int drawn(int bound) {
        return random.nextInt(bound);
    }

    private static ObjectStoreException.Retryable failure(Outcome outcome, String name) {
        return new ObjectStoreException.Retryable(
                "simulated: %s %s".formatted(outcome, name), outcome != Outcome.REFUSED, null);
    }
}
