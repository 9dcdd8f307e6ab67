package io.weir.persistence.objects;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.util.ByteString;

/**
 * A get of consecutive blocks of one object, that any number of readers wait for. Each block gets an array of its own, so that one that
 * is kept holds no others. Filled by one stream; its blocks are to be read after {@link #done}. The rest is guarded by
 * {@link ObjectBlocks}.
 */
final class RangeGet {
    final StoredObject object;
    final long firstBlock;
    final CompletableFuture<RangeGet> done = new CompletableFuture<>();
    boolean started;
    int waiters;

    private final int length;
    private final byte[][] blocks;
    private int received;

    RangeGet(StoredObject object, long firstBlock, int blockCount) {
        this.object = object;
        this.firstBlock = firstBlock;
        this.blocks = new byte[blockCount][];
        this.length = (int) Math.min(
                (long) blockCount * ObjectFiles.BLOCK_BYTES, object.size() - firstBlock * ObjectFiles.BLOCK_BYTES);
    }

    long position() {
        return firstBlock * ObjectFiles.BLOCK_BYTES;
    }

    int length() {
        return length;
    }

    int blockCount() {
        return blocks.length;
    }

    byte[] block(long block) {
        return blocks[Math.toIntExact(block - firstBlock)];
    }

    void add(ByteString bytes) {
        for (ByteBuffer buffer : bytes.getByteBuffers()) {
            while (buffer.hasRemaining()) {
                if (received == length) {
                    throw wrongLength("more");
                }
                int index = received / ObjectFiles.BLOCK_BYTES;
                int at = received % ObjectFiles.BLOCK_BYTES;
                if (at == 0) {
                    blocks[index] = new byte[Math.min(ObjectFiles.BLOCK_BYTES, length - received)];
                }
                int n = Math.min(buffer.remaining(), blocks[index].length - at);
                buffer.get(blocks[index], at, n);
                received += n;
            }
        }
    }

    void checkComplete() {
        if (received < length) {
            throw wrongLength(Integer.toString(received));
        }
    }

    private ObjectStoreException wrongLength(String given) {
        return new ObjectStoreException.Damaged("object %s: asked for %d bytes at position %d, the store gave %s"
                .formatted(object.name(), length, position(), given));
    }
}
