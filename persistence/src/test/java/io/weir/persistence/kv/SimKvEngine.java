package io.weir.persistence.kv;

import io.weir.persistence.file.DiskFullException;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.SimFileStore;
import io.weir.persistence.file.StoredFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Key-value stores in memory that lose what LevelDB may lose. The end of the process ({@link #crash} without a power loss) keeps every
 * write; a power loss keeps an arbitrary part of the batches since the last sync, each whole or not at all. Wrong use (a store opened
 * twice, used after it was closed or after a crash, closed under a view) is an IllegalStateException, and remembered in
 * {@link #misuses} in case somebody swallows it. Thread-safe.
 *
 * <p>A copy ({@link KvStore#copyTo}) is real files: {@code CURRENT} names some tables, each of which holds a part of the entries and is named
 * by their checksum, so that copies share what has not changed. A store that is opened for the first time begins with the copy that
 * stands in its directory, if any; that copy has to be durable.
 */
public final class SimKvEngine implements KvEngine {
    public enum Operation {
        OPEN,
        GET,
        WRITE,
        VIEW,
        SYNC,
        COPY
    }

    public enum Outcome {
        FINE,
        /** An IOException, and nothing was done. */
        FAILED,
        /** An IOException, though it was done. */
        FAILED_BUT_DONE,
        /** As FAILED; a store that failed so in a write fails in every later one until it was closed and opened. */
        BROKEN
    }

    /** Decides about every operation. */
    public interface Faults {
        Outcome of(Operation operation, Path directory);
    }

    private static final class State {
        final NavigableMap<byte[], byte[]> synced = new TreeMap<>(Arrays::compareUnsigned);
        final List<KvBatch> unsynced = new ArrayList<>();
        NavigableMap<byte[], byte[]> now = new TreeMap<>(Arrays::compareUnsigned);

        @Nullable
        Store open;

        /** A sync failed: what it should have saved is not saved by a later one, as on Linux. */
        boolean lost;

        /** Opening writes what is in the logs to tables, which are new files. */
        void rewriteLost() {
            if (lost) {
                KvBatch all = new KvBatch();
                synced.keySet().stream().filter(key -> !now.containsKey(key)).forEach(all::delete);
                now.forEach(all::put);
                unsynced.add(all);
                lost = false;
            }
        }
    }

    private static final int TABLES = 3;

    private final FileStore files;
    private final Map<Path, State> states = new TreeMap<>();
    private final List<String> misuses = new ArrayList<>();
    private Faults faults = (operation, directory) -> Outcome.FINE;
    private long roomBytes = Long.MAX_VALUE;
    private int openings;

    public SimKvEngine() {
        this(new SimFileStore(new SplittableRandom(0)));
    }

    /** @param files where copies are */
    public SimKvEngine(FileStore files) {
        this.files = files;
    }

    public synchronized void faults(Faults decide) {
        faults = decide;
    }

    /** {@link KvStore#ensureRoom} refuses more than this. */
    public synchronized void roomBytes(long bytes) {
        roomBytes = bytes;
    }

    /** Every store that is open ends; their directories can be opened again. */
    public synchronized void crash(long seed, boolean powerLoss) {
        RandomGenerator random = new SplittableRandom(seed);
        for (State state : states.values()) {
            state.open = null;
            if (powerLoss) {
                state.lost = false;
                losePower(state, random);
            }
        }
    }

    /** All that was written is durable, as a copy of closed stores on another machine is. */
    public synchronized void settle() {
        for (State state : states.values()) {
            state.rewriteLost();
            state.unsynced.forEach(batch -> apply(batch, state.synced));
            state.unsynced.clear();
        }
    }

    /** Most often a few of the newest are missing, sometimes any. */
    private static void losePower(State state, RandomGenerator random) {
        int prefix = random.nextInt(state.unsynced.size() + 1);
        boolean ordered = random.nextBoolean();
        for (int i = 0; i < state.unsynced.size(); i++) {
            if (ordered ? i < prefix : random.nextBoolean()) {
                apply(state.unsynced.get(i), state.synced);
            }
        }
        state.unsynced.clear();
        state.now = new TreeMap<>(state.synced);
    }

    private static void apply(KvBatch batch, NavigableMap<byte[], byte[]> entries) {
        for (int i = 0; i < batch.size(); i++) {
            byte[] value = batch.value(i);
            if (value == null) {
                entries.remove(batch.key(i));
            } else {
                entries.put(batch.key(i).clone(), value.clone());
            }
        }
    }

    public synchronized List<String> misuses() {
        return List.copyOf(misuses);
    }

    /** Stores that are open now. */
    public synchronized int open() {
        return (int) states.values().stream().filter(s -> s.open != null).count();
    }

    /** Stores opened since the beginning. */
    public synchronized int openings() {
        return openings;
    }

    private IllegalStateException misuse(String what, Path directory) {
        misuses.add(what + ": " + directory);
        return new IllegalStateException(what + ": " + directory);
    }

    private void mayFail(Operation operation, Path directory) throws IOException {
        if (faults.of(operation, directory) != Outcome.FINE) {
            throw new IOException("Input/output error: " + operation + " " + directory);
        }
    }

    @Override
    public String name() {
        return "simulated";
    }

    @Override
    public synchronized KvStore open(Path directory) throws IOException {
        mayFail(Operation.OPEN, directory);
        State state = states.get(directory);
        if (state == null) {
            state = new State();
            readCopy(directory, state.now);
            state.synced.putAll(state.now);
            states.put(directory, state);
        }
        if (state.open != null) {
            throw misuse("opened twice", directory);
        }
        state.rewriteLost();
        Store store = new Store(directory, state);
        state.open = store;
        openings++;
        return store;
    }

    private void readCopy(Path directory, NavigableMap<byte[], byte[]> entries) throws IOException {
        if (!files.list(directory).contains("CURRENT")) {
            return;
        }
        for (String table : new String(read(directory.resolve("CURRENT")), StandardCharsets.UTF_8).split("\n")) {
            ByteBuffer in = ByteBuffer.wrap(read(directory.resolve(table)));
            while (in.hasRemaining()) {
                byte[] key = new byte[in.getInt()];
                byte[] value = new byte[in.getInt()];
                in.get(key).get(value);
                entries.put(key, value);
            }
        }
    }

    private byte[] read(Path path) throws IOException {
        try (StoredFile file = files.openForRead(path)) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size()));
            file.read(bytes, 0);
            return bytes.array();
        }
    }

    private List<String> writeCopy(Path directory, NavigableMap<byte[], byte[]> entries) throws IOException {
        files.createDirectories(directory);
        List<String> tables = new ArrayList<>();
        for (int i = 0; i < TABLES; i++) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (Map.Entry<byte[], byte[]> entry : entries.entrySet()) {
                if (Math.floorMod(Arrays.hashCode(entry.getKey()), TABLES) == i) {
                    bytes.writeBytes(ByteBuffer.allocate(8)
                            .putInt(entry.getKey().length)
                            .putInt(entry.getValue().length)
                            .array());
                    bytes.writeBytes(entry.getKey());
                    bytes.writeBytes(entry.getValue());
                }
            }
            CRC32C crc = new CRC32C();
            crc.update(bytes.toByteArray());
            String name = "%d%08x.ldb".formatted(i, crc.getValue());
            write(directory.resolve(name), bytes.toByteArray());
            tables.add(name);
        }
        write(directory.resolve("CURRENT"), String.join("\n", tables).getBytes(StandardCharsets.UTF_8));
        return tables;
    }

    private void write(Path path, byte[] bytes) throws IOException {
        try (StoredFile file = files.create(path)) {
            file.write(List.of(ByteBuffer.wrap(bytes)), 0);
        }
    }

    @Override
    public synchronized void destroy(Path directory) throws IOException {
        State state = states.get(directory);
        if (state != null && state.open != null) {
            throw misuse("destroyed while it is open", directory);
        }
        files.deleteTree(directory);
        states.remove(directory);
    }

    private final class Store implements KvStore {
        private final Path directory;
        private final State state;
        private int views;
        private boolean broken;

        Store(Path directory, State state) {
            this.directory = directory;
            this.state = state;
        }

        private void check(String what) {
            if (state.open != this) {
                throw misuse(what + " after it was closed", directory);
            }
        }

        @Override
        public byte @Nullable [] get(byte[] key) throws IOException {
            synchronized (SimKvEngine.this) {
                check("get");
                mayFail(Operation.GET, directory);
                return copy(state.now.get(key));
            }
        }

        @Override
        public void write(KvBatch batch) throws IOException {
            synchronized (SimKvEngine.this) {
                check("write");
                Outcome outcome = broken ? Outcome.BROKEN : faults.of(Operation.WRITE, directory);
                broken = outcome == Outcome.BROKEN;
                if (outcome == Outcome.FINE || outcome == Outcome.FAILED_BUT_DONE) {
                    KvBatch kept = copy(batch);
                    state.unsynced.add(kept);
                    apply(kept, state.now);
                }
                if (outcome != Outcome.FINE) {
                    throw new IOException("Input/output error: write " + directory);
                }
            }
        }

        @Override
        public void ensureRoom(long bytes) throws DiskFullException {
            synchronized (SimKvEngine.this) {
                if (bytes > roomBytes) {
                    throw new DiskFullException("full by order of the test: " + directory, null);
                }
            }
        }

        @Override
        public KvView view() throws IOException {
            synchronized (SimKvEngine.this) {
                check("view");
                mayFail(Operation.VIEW, directory);
                views++;
                return new View(this, new TreeMap<>(state.now));
            }
        }

        @Override
        public void sync() throws IOException {
            synchronized (SimKvEngine.this) {
                check("sync");
                Outcome outcome = faults.of(Operation.SYNC, directory);
                if (outcome == Outcome.FINE || outcome == Outcome.FAILED_BUT_DONE) {
                    state.unsynced.forEach(batch -> apply(batch, state.synced));
                } else {
                    state.lost = true;
                }
                state.unsynced.clear();
                if (outcome != Outcome.FINE) {
                    throw new IOException("Input/output error: sync " + directory);
                }
            }
        }

        @Override
        public List<String> copyTo(Path target) throws IOException {
            synchronized (SimKvEngine.this) {
                check("copy");
                mayFail(Operation.COPY, directory);
                return writeCopy(target, state.now);
            }
        }

        @Override
        public long sizeInBytes() {
            synchronized (SimKvEngine.this) {
                return state.now.entrySet().stream()
                        .mapToLong(e -> e.getKey().length + (long) e.getValue().length)
                        .sum();
            }
        }

        @Override
        public void close() {
            synchronized (SimKvEngine.this) {
                if (state.open != this) {
                    return;
                }
                if (views > 0) {
                    throw misuse("closed under " + views + " views", directory);
                }
                state.open = null;
            }
        }
    }

    private final class View implements KvView {
        private final Store store;
        private final NavigableMap<byte[], byte[]> entries;
        private boolean closed;

        View(Store store, NavigableMap<byte[], byte[]> entries) {
            this.store = store;
            this.entries = entries;
        }

        private void check() {
            if (closed) {
                throw misuse("view used after it was closed", store.directory);
            }
            store.check("view used");
        }

        @Override
        public byte @Nullable [] get(byte[] key) throws IOException {
            synchronized (SimKvEngine.this) {
                check();
                mayFail(Operation.GET, store.directory);
                return copy(entries.get(key));
            }
        }

        @Override
        public KvCursor from(byte[] key) {
            synchronized (SimKvEngine.this) {
                check();
                return new Cursor(this, entries.tailMap(key, true).entrySet().iterator());
            }
        }

        @Override
        public void close() {
            synchronized (SimKvEngine.this) {
                if (!closed) {
                    closed = true;
                    store.views--;
                }
            }
        }
    }

    private final class Cursor implements KvCursor {
        private final View view;
        private final java.util.Iterator<Map.Entry<byte[], byte[]>> entries;
        private Map.@Nullable Entry<byte[], byte[]> at;
        private boolean closed;

        Cursor(View view, java.util.Iterator<Map.Entry<byte[], byte[]>> entries) {
            this.view = view;
            this.entries = entries;
        }

        @Override
        public boolean next() {
            synchronized (SimKvEngine.this) {
                view.check();
                if (closed) {
                    throw misuse("cursor used after it was closed", view.store.directory);
                }
                at = entries.hasNext() ? entries.next() : null;
                return at != null;
            }
        }

        @Override
        public byte[] key() {
            return Objects.requireNonNull(at, "the cursor is at no entry")
                    .getKey()
                    .clone();
        }

        @Override
        public byte[] value() {
            return Objects.requireNonNull(at, "the cursor is at no entry")
                    .getValue()
                    .clone();
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static KvBatch copy(KvBatch batch) {
        KvBatch copy = new KvBatch();
        for (int i = 0; i < batch.size(); i++) {
            byte[] value = batch.value(i);
            if (value == null) {
                copy.delete(batch.key(i).clone());
            } else {
                copy.put(batch.key(i).clone(), value.clone());
            }
        }
        return copy;
    }

    private static byte @Nullable [] copy(byte @Nullable [] bytes) {
        return bytes == null ? null : bytes.clone();
    }
}
