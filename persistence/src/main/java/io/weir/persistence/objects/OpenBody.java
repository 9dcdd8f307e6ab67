package io.weir.persistence.objects;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** A body that is being sent. Never closed while it is read, and not read once it is closed: a stream may end later than its transfer. */
final class OpenBody {
    private final Transfers.Body body;
    private boolean closed;

    OpenBody(Transfers.Body body) {
        this.body = body;
    }

    /** All bytes in chunks, each read on the executor when it is asked for. */
    Source<ByteString, NotUsed> source(Executor executor, int chunkBytes) {
        return Source.unfoldAsync(0L, position -> next(position, executor, chunkBytes))
                .mapError(CompletionException.class, Conditions::unwrapped);
    }

    private CompletionStage<Optional<Pair<Long, ByteString>>> next(long position, Executor executor, int chunkBytes) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return read(position, chunkBytes);
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                },
                executor);
    }

    private synchronized Optional<Pair<Long, ByteString>> read(long position, int chunkBytes) throws IOException {
        if (closed) {
            throw new IOException("the transfer has ended");
        }
        long size = body.size();
        if (position >= size) {
            return Optional.empty();
        }
        byte[] bytes = new byte[(int) Math.min(chunkBytes, size - position)];
        int n = body.read(ByteBuffer.wrap(bytes), position);
        if (n < bytes.length) {
            throw new IOException("the body ends at byte %d of %d".formatted(position + n, size));
        }
        return Optional.of(Pair.create(position + n, ByteString.fromArrayUnsafe(bytes)));
    }

    synchronized void close() {
        if (!closed) {
            closed = true;
            try {
                body.close();
            } catch (IOException e) {
                // It was only read: nothing is lost with it.
            }
        }
    }
}
