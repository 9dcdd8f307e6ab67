package io.weir.persistence.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * A disk in memory that fails as disks do, from one seed: power loss that keeps a random part of what was not synced (bytes, sizes,
 * directory entries), a process that dies but leaves its page cache, failed and partial writes, failed syncs after which dropped
 * pages look clean until the next power loss, and a capacity. A failed directory sync leaves its entries unsynced, and a later
 * one may still make them durable: journaling file systems stop rather than drop metadata. One thread.
 */
public final class SimFileStore implements FileStore {
    /** The machine stopped in the middle of a file operation; nothing more may happen until {@link #restart}. */
    public static final class Crash extends Error {
        private static final long serialVersionUID = 1L;

        Crash(String at) {
            super("crash at " + at);
        }
    }

    private interface Change {
        void apply(Map<Path, SimInode> entries);
    }

    private final RandomGenerator random;
    private final Map<Path, SimInode> visible = new TreeMap<>();
    private final Map<Path, SimInode> durable = new TreeMap<>();
    private final Map<Path, List<Change>> unsynced = new TreeMap<>();
    private long operations;
    private long crashAt = Long.MAX_VALUE;
    private int life;
    private boolean down;
    private double failureRate;
    private long capacity = Long.MAX_VALUE;

    public SimFileStore(RandomGenerator random) {
        this.random = random;
    }

    /** File operations so far. */
    public long operations() {
        return operations;
    }

    /** The machine stops within the operation after so many more. */
    public void crashAfter(long moreOperations) {
        crashAt = operations + moreOperations;
    }

    /** Share of writes, syncs, creations and moves that fail with an I/O error. */
    public void failureRate(double rate) {
        failureRate = rate;
    }

    /** Bytes of all files together. */
    public void capacity(long bytes) {
        capacity = bytes;
    }

    public long usedBytes() {
        return visible.values().stream().mapToLong(SimInode::size).sum();
    }

    /** Ends every open file, and after a power loss what was not synced may be gone. */
    public void restart(boolean powerLost) {
        life++;
        down = false;
        crashAt = Long.MAX_VALUE;
        if (powerLost) {
            losePower();
        }
    }

    private void losePower() {
        for (List<Change> changes : unsynced.values()) {
            boolean ordered = random.nextBoolean();
            int prefix = random.nextInt(changes.size() + 1);
            for (int i = 0; i < changes.size(); i++) {
                if (ordered ? i < prefix : random.nextBoolean()) {
                    changes.get(i).apply(durable);
                }
            }
        }
        unsynced.clear();
        visible.clear();
        visible.putAll(durable);
        new ArrayList<>(visible.values()).stream().distinct().forEach(inode -> inode.loseUnsynced(random));
    }

    /** A bit that rots on the platter. */
    public void flipBit(Path file, long position, int bit) {
        Objects.requireNonNull(visible.get(file), file.toString()).flipBit(position, bit);
    }

    private void step(String what) {
        if (down || ++operations >= crashAt) {
            down = true;
            throw new Crash(what);
        }
    }

    private void mayFail(String what) throws IOException {
        if (failureRate > 0 && random.nextDouble() < failureRate) {
            throw new IOException("Input/output error: " + what);
        }
    }

    private void change(Path file, Change change) {
        change.apply(visible);
        unsynced.computeIfAbsent(file.getParent(), d -> new ArrayList<>()).add(change);
    }

    @Override
    public void createDirectories(Path directory) {
        step("createDirectories");
    }

    @Override
    public List<String> list(Path directory) {
        step("list");
        int depth = directory.getNameCount();
        return visible.keySet().stream()
                .filter(path -> path.startsWith(directory) && path.getNameCount() > depth)
                .map(path -> path.getName(depth).toString())
                .distinct()
                .sorted()
                .toList();
    }

    @Override
    public StoredFile create(Path file) throws IOException {
        step("create " + file);
        mayFail("create " + file);
        if (usedBytes() >= capacity && random.nextInt(3) == 0) {
            throw new DiskFullException("create " + file, new IOException("No space left on device"));
        }
        if (visible.containsKey(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        SimInode inode = new SimInode();
        change(file, entries -> entries.put(file, inode));
        return new SimFile(file, inode);
    }

    @Override
    public StoredFile openForWrite(Path file) throws IOException {
        return openForRead(file);
    }

    @Override
    public StoredFile openForRead(Path file) throws IOException {
        step("open " + file);
        SimInode inode = visible.get(file);
        if (inode == null) {
            throw new NoSuchFileException(file.toString());
        }
        return new SimFile(file, inode);
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        step("move " + from);
        mayFail("move " + from);
        SimInode inode = visible.get(from);
        if (inode == null) {
            moveDirectory(from, to);
            return;
        }
        change(to, entries -> {
            entries.remove(from);
            entries.put(to, inode);
        });
    }

    /** At once, as all that is in it keeps its place in it. What was not durable in it before is not durable there. */
    private void moveDirectory(Path from, Path to) throws IOException {
        if (visible.keySet().stream().noneMatch(path -> path.startsWith(from))) {
            throw new NoSuchFileException(from.toString());
        }
        if (visible.keySet().stream().anyMatch(path -> path.startsWith(to))) {
            throw new DirectoryNotEmptyException(to.toString());
        }
        List<Change> inside = unsynced.remove(from);
        if (inside != null && !inside.isEmpty()) {
            throw new IllegalStateException("a directory is moved that was not synced: " + from);
        }
        List<Change> before = Objects.requireNonNullElse(unsynced.remove(to), List.of());
        change(to, entries -> {
            before.forEach(earlier -> earlier.apply(entries));
            for (Path path : List.copyOf(entries.keySet())) {
                if (path.startsWith(from)) {
                    entries.put(
                            to.resolve(from.relativize(path).toString()), Objects.requireNonNull(entries.remove(path)));
                }
            }
        });
    }

    @Override
    public void delete(Path file) throws IOException {
        step("delete " + file);
        mayFail("delete " + file);
        if (visible.containsKey(file)) {
            change(file, entries -> entries.remove(file));
        }
    }

    @Override
    public void deleteTree(Path directory) throws IOException {
        for (Path path : new ArrayList<>(visible.keySet())) {
            if (path.startsWith(directory)) {
                delete(path);
            }
        }
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        step("syncDirectory");
        mayFail("syncDirectory");
        List<Change> changes = unsynced.remove(directory);
        if (changes != null) {
            changes.forEach(change -> change.apply(durable));
        }
    }

    private final class SimFile implements StoredFile {
        private final Path path;
        private final SimInode inode;
        private final int openedIn = life;
        private boolean closed;

        SimFile(Path path, SimInode inode) {
            this.path = path;
            this.inode = inode;
        }

        private void use(String what) {
            step(what + " " + path);
            if (closed || openedIn != life) {
                throw new IllegalStateException("file used after it was closed: " + what + " " + path);
            }
        }

        @Override
        public int read(ByteBuffer target, long position) {
            use("read");
            byte[] bytes = new byte[target.remaining()];
            int n = inode.read(bytes, position);
            target.put(bytes, 0, n);
            return n;
        }

        @Override
        public void write(List<ByteBuffer> sources, long position) throws IOException {
            byte[] bytes = gathered(sources);
            if (operations + 1 >= crashAt && !down) {
                inode.write(bytes, random.nextInt(bytes.length + 1), position);
            }
            use("write");
            int room = room(bytes.length, position);
            if (room < bytes.length) {
                inode.write(bytes, room, position);
                throw new DiskFullException("write " + path, new IOException("No space left on device"));
            }
            try {
                mayFail("write " + path);
            } catch (IOException e) {
                inode.write(bytes, random.nextInt(bytes.length + 1), position);
                throw e;
            }
            inode.write(bytes, bytes.length, position);
            if (random.nextInt(8) == 0) {
                inode.writeBack(random);
            }
        }

        /** How many of the bytes the capacity leaves room for; overwriting needs none. */
        private int room(int length, long position) {
            long growth = Math.max(0, position + length - inode.size());
            long free = Math.max(0, capacity - usedBytes());
            return (int) Math.max(0, length - Math.max(0, growth - free));
        }

        private byte[] gathered(List<ByteBuffer> sources) {
            ByteBuffer all = ByteBuffer.allocate(
                    sources.stream().mapToInt(ByteBuffer::remaining).sum());
            sources.forEach(all::put);
            return all.array();
        }

        @Override
        public long size() {
            use("size");
            return inode.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            use("truncate");
            mayFail("truncate " + path);
            inode.truncate(size, random);
        }

        @Override
        public void sync() throws IOException {
            use("sync");
            try {
                mayFail("sync " + path);
            } catch (IOException e) {
                inode.failSync(random);
                throw e;
            }
            inode.sync();
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
