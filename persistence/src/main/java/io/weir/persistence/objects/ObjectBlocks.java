package io.weir.persistence.objects;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.stream.Materializer;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of all objects that are in memory or on their way to it. Three places: <i>pending</i>, in a get that is waiting or under
 * way; <i>fresh</i>, fetched and not read to their end yet, at most {@code freshBytesMax}, the oldest give way (to the cache, which would
 * itself not keep what nobody asked for yet: it prefers what is read often); and the cache. Thread-safe; one lock, held for
 * moments and never while the store is asked.
 */
final class ObjectBlocks {
    /** About what a block takes besides its bytes. */
    static final int ENTRY_BYTES = 160;

    /** Most bytes of one get. */
    static final int GET_BYTES_MAX = 1 << 20;

    private static final int GET_BLOCKS_MAX = GET_BYTES_MAX / ObjectFiles.BLOCK_BYTES;

    private final ObjectStore store;
    private final Materializer materializer;
    private final Duration timeout;
    private final int getsMax;
    private final long freshBytesMax;

    private final Cache<Key, byte[]> cache;
    private final LinkedHashMap<Key, byte[]> fresh = new LinkedHashMap<>();
    private long freshBytes;
    private final Map<Key, RangeGet> pending = new HashMap<>();
    private final ArrayDeque<RangeGet> wanted = new ArrayDeque<>();
    private final ArrayDeque<RangeGet> ahead = new ArrayDeque<>();
    private int running;

    final AtomicLong fetchedBytes = new AtomicLong();
    final AtomicLong requests = new AtomicLong();
    final AtomicLong failures = new AtomicLong();

    private record Key(ObjectName object, long block) {}

    ObjectBlocks(ObjectStore store, long cacheBytes, int getsMax, Duration timeout, Materializer materializer) {
        this.store = store;
        this.materializer = materializer;
        this.timeout = timeout;
        this.getsMax = getsMax;
        this.freshBytesMax = cacheBytes / 2;
        this.cache = Caffeine.newBuilder()
                .maximumWeight(cacheBytes - freshBytesMax)
                .weigher((Key key, byte[] block) -> block.length + ENTRY_BYTES)
                .executor(Runnable::run)
                .build();
    }

    long freshBytesMax() {
        return freshBytesMax;
    }

    /** Consecutive blocks that one read needs: those at hand, and the gets that bring the others. */
    static final class Wanted {
        final StoredObject object;
        final long firstBlock;
        private final byte[][] here;
        private final @Nullable RangeGet[] coming;

        private Wanted(StoredObject object, long firstBlock, int count) {
            this.object = object;
            this.firstBlock = firstBlock;
            this.here = new byte[count][];
            this.coming = new RangeGet[count];
        }

        /** Each once. */
        List<RangeGet> gets() {
            List<RangeGet> gets = new ArrayList<>();
            for (RangeGet get : coming) {
                if (get != null && (gets.isEmpty() || gets.get(gets.size() - 1) != get)) {
                    gets.add(get);
                }
            }
            return gets;
        }

        /** Once all gets are done. */
        byte[] block(int index) {
            RangeGet get = coming[index];
            return get == null ? here[index] : get.block(firstBlock + index);
        }

        int count() {
            return here.length;
        }
    }

    /** Finds or asks for the blocks of these bytes. Whoever does not wait for them until they come has to say so by {@link #leave}. */
    Wanted want(StoredObject object, long position, long end) {
        long first = position / ObjectFiles.BLOCK_BYTES;
        int count = Math.toIntExact((end - 1) / ObjectFiles.BLOCK_BYTES - first + 1);
        Wanted result = new Wanted(object, first, count);
        synchronized (this) {
            RangeGet last = null;
            for (int i = 0; i < count; i++) {
                Key key = new Key(object.name(), first + i);
                byte[] block = find(key);
                if (block != null) {
                    result.here[i] = block;
                    continue;
                }
                RangeGet get = pending.get(key);
                if (get == null) {
                    get = ask(object, first + i, missing(object, first + i, first + count), wanted);
                }
                result.coming[i] = get;
                if (get != last) {
                    get.waiters++;
                    if (!get.started && ahead.remove(get)) {
                        wanted.add(get);
                    }
                }
                last = get;
            }
        }
        startNext();
        return result;
    }

    /** Asks for those of the blocks that are missing. @return up to where; less than {@code end} where too much is asked for already */
    long readAhead(StoredObject object, long position, long end) {
        long endBlock = (end - 1) / ObjectFiles.BLOCK_BYTES + 1;
        long block = position / ObjectFiles.BLOCK_BYTES;
        synchronized (this) {
            while (block < endBlock && ahead.size() < getsMax) {
                int missing = missing(object, block, endBlock);
                if (missing > 0) {
                    ask(object, block, missing, ahead);
                }
                block += Math.max(1, missing);
            }
        }
        startNext();
        return Math.min(end, block * ObjectFiles.BLOCK_BYTES);
    }

    private byte @Nullable [] find(Key key) {
        byte[] block = fresh.get(key);
        return block == null ? cache.getIfPresent(key) : block;
    }

    /** How many blocks from this one on are neither here nor asked for; at most as many as one get may bring. */
    private int missing(StoredObject object, long from, long end) {
        int n = 0;
        while (n < GET_BLOCKS_MAX && from + n < end) {
            Key key = new Key(object.name(), from + n);
            if (find(key) != null || pending.containsKey(key)) {
                break;
            }
            n++;
        }
        return n;
    }

    private RangeGet ask(StoredObject object, long block, int count, ArrayDeque<RangeGet> queue) {
        RangeGet get = new RangeGet(object, block, count);
        for (int i = 0; i < count; i++) {
            pending.put(new Key(object.name(), block + i), get);
        }
        queue.add(get);
        return get;
    }

    private void startNext() {
        while (true) {
            RangeGet next;
            synchronized (this) {
                next = running < getsMax ? wanted.poll() : null;
                next = next == null && running < getsMax ? ahead.poll() : next;
                if (next == null) {
                    return;
                }
                next.started = true;
                running++;
            }
            start(next);
        }
    }

    private void start(RangeGet get) {
        requests.incrementAndGet();
        try {
            var unused = store.get(get.object.name(), get.position(), get.length())
                    .completionTimeout(timeout)
                    .runForeach(
                            bytes -> {
                                fetchedBytes.addAndGet(bytes.size());
                                get.add(bytes);
                            },
                            materializer)
                    .thenRun(get::checkComplete)
                    .whenComplete((done, failure) -> ended(get, failure));
        } catch (RuntimeException e) {
            ended(get, e);
        }
    }

    private void ended(RangeGet get, @Nullable Throwable failure) {
        synchronized (this) {
            running--;
            forget(get);
            for (int i = 0; failure == null && i < get.blockCount(); i++) {
                byte[] block = get.block(get.firstBlock + i);
                fresh.put(new Key(get.object.name(), get.firstBlock + i), block);
                freshBytes += block.length + ENTRY_BYTES;
            }
            makeRoom();
        }
        if (failure == null) {
            get.done.complete(get);
        } else {
            failures.incrementAndGet();
            get.done.completeExceptionally(Conditions.unwrapped(failure));
        }
        startNext();
    }

    private void forget(RangeGet get) {
        for (int i = 0; i < get.blockCount(); i++) {
            pending.remove(new Key(get.object.name(), get.firstBlock + i));
        }
    }

    private void makeRoom() {
        Iterator<Map.Entry<Key, byte[]>> oldest = fresh.entrySet().iterator();
        while (freshBytes > freshBytesMax && oldest.hasNext()) {
            Map.Entry<Key, byte[]> entry = oldest.next();
            oldest.remove();
            freshBytes -= entry.getValue().length + ENTRY_BYTES;
            cache.put(entry.getKey(), entry.getValue());
        }
    }

    /** Those that were read to their end go to the cache. */
    synchronized void wereRead(Wanted blocks, long end) {
        for (int i = 0; i < blocks.count(); i++) {
            long blockEnd = Math.min((blocks.firstBlock + i + 1) * ObjectFiles.BLOCK_BYTES, blocks.object.size());
            Key key = new Key(blocks.object.name(), blocks.firstBlock + i);
            byte[] block = blockEnd <= end ? fresh.remove(key) : null;
            if (block != null) {
                freshBytes -= block.length + ENTRY_BYTES;
                cache.put(key, block);
            }
        }
    }

    /** A reader waits no longer; what nobody waits for and has not begun does not begin. */
    void leave(List<RangeGet> gets) {
        List<RangeGet> dropped = new ArrayList<>();
        synchronized (this) {
            for (RangeGet get : gets) {
                if (--get.waiters == 0 && !get.started && wanted.remove(get)) {
                    forget(get);
                    dropped.add(get);
                }
            }
        }
        dropped.forEach(get -> get.done.cancel(false));
    }

    /** Gets that wait or are under way. */
    synchronized int asked() {
        return wanted.size() + ahead.size() + running;
    }

    /** Blocks in memory, with what they take besides their bytes. */
    synchronized long heldBytes() {
        cache.cleanUp();
        return freshBytes
                + cache.asMap().values().stream()
                        .mapToLong(block -> block.length + ENTRY_BYTES)
                        .sum();
    }
}
