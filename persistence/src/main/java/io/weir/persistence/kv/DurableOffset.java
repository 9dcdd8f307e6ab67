package io.weir.persistence.kv;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Up to which log offset a bucket's KV state is on the disk for certain, and at which boot of the machine it was written last; a small
 * file {@code kv.durable} in the bucket's directory. LevelDB is not synced at each write, so after a power loss any part of what came
 * after that offset may be missing; the changelog from there on holds whole rows, and applying it again gives the right state whatever
 * part had arrived. After the end of the process alone nothing is missing.
 *
 * <p>The file has two slots of {@value #SLOT_BYTES} bytes, at 0 and {@value #SLOT_DISTANCE}, little-endian, written in turn, so that a
 * write that is torn leaves the other one; the one with the right checksum and the larger turn counts:
 *
 * <pre>
 *  0  u32  magic "WKVD"               16  i64  turn, 1 at first
 *  4  u32  version (1)                24  i64  durable offset
 *  8  u32  CRC-32C of bytes 16..96    32       id of the boot, UTF-8, filled up with zeros to 64 bytes; all zeros when
 * 12  u32  0                                   nothing was written since the store was synced
 * </pre>
 *
 * Not thread-safe, but for {@link #get}.
 */
public final class DurableOffset {
    /** The file's name in the directory of the bucket. */
    public static final String FILE = "kv.durable";

    static final int SLOT_BYTES = 96;
    /** A slot has a block of the disk for itself, since what shares one with a torn write may be torn too. */
    static final int SLOT_DISTANCE = 4096;

    private static final int MAGIC = 0x44564b57; // "WKVD" read little-endian
    private static final int VERSION = 1;
    private static final int BOOT_START = 32;
    private static final int BOOT_BYTES = SLOT_BYTES - BOOT_START;
    private static final String CLEAN = "";

    /** @param bootId of the boot in which the store was written to after {@code offset} was durable; empty for none */
    private record Slot(long turn, long offset, String bootId) {
        static final Slot NONE = new Slot(0, 0, CLEAN);
    }

    private final FileStore files;
    private final Path directory;
    private final String bootId;
    private volatile Slot slot;
    /** {@link #replayFrom} found that nothing can be missing in the store. */
    private boolean whole;

    /** The file's name is certain to be durable. */
    private boolean named;

    /** A write of the file failed: it may hold what was to be written, or not. */
    private boolean uncertain;

    private DurableOffset(FileStore files, Path directory, String bootId, @Nullable Slot found) {
        this.files = files;
        this.directory = directory;
        this.bootId = bootId;
        this.slot = found == null ? Slot.NONE : found;
    }

    /**
     * @param bootId names this boot of the machine, 1 to 64 bytes; where unknown, something new at each start
     */
    public static DurableOffset open(FileStore files, Path directory, String bootId) throws IOException {
        int length = bootId.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > BOOT_BYTES || bootId.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("the id of a boot has 1 to 64 bytes: '" + bootId + "'");
        }
        DurableOffset durable = new DurableOffset(files, directory, bootId, read(files, directory));
        if (durable.slot.turn() > 0) {
            // What was read may be in the page cache only, left by a process that ended before its sync or after a
            // failed one.
            durable.put(durable.slot);
        }
        return durable;
    }

    /**
     * Makes a closed store durable, and says so, before it is copied to another node: there it is whole though the boot is another. Where
     * its last writes were of an earlier boot it may have gaps, and nothing is changed.
     *
     * @param directory the bucket's
     * @param store the store's directory; nobody has it open
     */
    public static void seal(FileStore files, Path directory, Path store, String bootId) throws IOException {
        DurableOffset durable = open(files, directory, bootId);
        if (!durable.slot.bootId().equals(bootId)) {
            return;
        }
        for (String name : files.list(store)) {
            try (StoredFile file = files.openForWrite(store.resolve(name))) {
                file.sync();
            }
        }
        files.syncDirectory(store);
        durable.replace(durable.get(), CLEAN);
    }

    /**
     * Where the replay of the log has to begin.
     *
     * @param appliedOffset what the store says itself
     */
    public long replayFrom(long appliedOffset) {
        Slot now = slot;
        // Without a slot nobody ever said that the store is written to, or the file is lost: nothing of it is certain.
        boolean nothingLost =
                now.turn() > 0 && (now.bootId().equals(CLEAN) || now.bootId().equals(bootId));
        long from = nothingLost ? appliedOffset : Math.min(appliedOffset, now.offset());
        whole = from == appliedOffset;
        return from;
    }

    /** Everything before this offset is in the store for certain; below it the log may go. */
    public long get() {
        return slot.offset();
    }

    /**
     * Has to be called, after {@link #replayFrom} and durable, before the first write to the store in this boot. Where an earlier boot
     * left gaps, its mark stays until the log was replayed, the store synced and {@link #advance} called: a process that ends in
     * between would else find the mark of its own boot, and take the store for whole.
     *
     * <p>Also before the first write after a failed {@link #advance}: the file may say that more is durable than {@link #get} does, and
     * a replay from there takes rows back, for a while, to what they were before that.
     */
    public void begin() throws IOException {
        String boot = whole ? bootId : slot.bootId();
        if (uncertain || !slot.bootId().equals(boot)) {
            replace(slot.offset(), boot);
        }
    }

    /** The store was synced when all before {@code offset} was applied; it may have been written to since. */
    public void advance(long offset) throws IOException {
        replace(offset, bootId);
    }

    private void replace(long offset, String boot) throws IOException {
        Slot next = new Slot(slot.turn() + 1, offset, boot);
        uncertain = true;
        put(next);
        uncertain = false;
        slot = next;
    }

    private void put(Slot next) throws IOException {
        Path file = directory.resolve(FILE);
        try (StoredFile out = openOrCreate(file)) {
            out.write(List.of(encode(next)), (next.turn() & 1) * SLOT_DISTANCE);
            out.sync();
        }
        if (!named) {
            files.syncDirectory(directory);
            named = true;
        }
    }

    private StoredFile openOrCreate(Path file) throws IOException {
        try {
            return files.openForWrite(file);
        } catch (NoSuchFileException e) {
            named = false;
            return files.create(file);
        }
    }

    private static ByteBuffer encode(Slot slot) {
        ByteBuffer out = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0, MAGIC).putInt(4, VERSION).putLong(16, slot.turn()).putLong(24, slot.offset());
        out.put(BOOT_START, slot.bootId().getBytes(StandardCharsets.UTF_8));
        return out.putInt(8, crc(out, 0));
    }

    private static int crc(ByteBuffer bytes, int start) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().limit(start + SLOT_BYTES).position(start + 16));
        return (int) crc.getValue();
    }

    private static @Nullable Slot read(FileStore files, Path directory) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(SLOT_DISTANCE + SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (StoredFile in = files.openForRead(directory.resolve(FILE))) {
            in.read(bytes, 0);
        } catch (NoSuchFileException e) {
            return null;
        }
        Slot even = decode(bytes, 0);
        Slot odd = decode(bytes, SLOT_DISTANCE);
        if (even == null || odd == null) {
            return even == null ? odd : even;
        }
        return even.turn() > odd.turn() ? even : odd;
    }

    private static @Nullable Slot decode(ByteBuffer bytes, int start) {
        boolean right = bytes.getInt(start) == MAGIC
                && bytes.getInt(start + 4) == VERSION
                && bytes.getInt(start + 8) == crc(bytes, start);
        long turn = bytes.getLong(start + 16);
        long offset = bytes.getLong(start + 24);
        if (!right || turn <= 0 || offset < 0) {
            return null;
        }
        byte[] boot = new byte[BOOT_BYTES];
        bytes.get(start + BOOT_START, boot);
        int length = 0;
        while (length < boot.length && boot[length] != 0) {
            length++;
        }
        return new Slot(turn, offset, new String(boot, 0, length, StandardCharsets.UTF_8));
    }
}
