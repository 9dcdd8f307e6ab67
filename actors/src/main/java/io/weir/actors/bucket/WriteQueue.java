package io.weir.actors.bucket;

import io.weir.codec.batch.EncodedRows;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * The appends of a bucket that are not answered yet: those that wait and those of the commit in flight, bounded in bytes together. A
 * writer's repeated sequence joins the request that is already here. Confined to the bucket's actor.
 */
final class WriteQueue {
    /** What a request costs besides its rows, so that many tiny ones are bounded too. */
    static final int REQUEST_OVERHEAD_BYTES = 256;

    private static final int REPEATS_MAX = 16;

    private final long bytesMax;
    private final ArrayDeque<Request> waiting = new ArrayDeque<>();
    private final Map<Bucket.WriterSequence, Request> bySequence = new HashMap<>();
    private long bytes;

    WriteQueue(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** One append and all who wait for its outcome. */
    static final class Request {
        private final List<EncodedRows> rows;
        private final Bucket.@Nullable WriterSequence writer;
        private final long bytes;
        private final List<ActorRef<Bucket.AppendReply>> replyTos = new ArrayList<>(1);

        Request(Bucket.Append append) {
            this.rows = append.rows();
            this.writer = append.writer();
            this.bytes = rows.stream().mapToLong(EncodedRows::sizeInBytes).sum();
            replyTos.add(append.replyTo());
        }

        List<EncodedRows> rows() {
            return rows;
        }

        Bucket.@Nullable WriterSequence writer() {
            return writer;
        }

        /** Of the rows. */
        long bytes() {
            return bytes;
        }

        int rowCount() {
            return rows.stream().mapToInt(EncodedRows::rowCount).sum();
        }

        void answer(Bucket.AppendReply reply) {
            replyTos.forEach(replyTo -> replyTo.tell(reply));
        }
    }

    /** @return false when there is no room; then nothing was taken */
    boolean offer(Bucket.Append append) {
        Request repeated = append.writer() == null ? null : bySequence.get(append.writer());
        if (repeated != null) {
            return repeated.replyTos.size() < REPEATS_MAX && repeated.replyTos.add(append.replyTo());
        }
        Request request = new Request(append);
        long cost = cost(request);
        if (bytes > 0 && bytes + cost > bytesMax) {
            return false;
        }
        bytes += cost;
        waiting.add(request);
        if (request.writer() != null) {
            bySequence.put(request.writer(), request);
        }
        return true;
    }

    /** The oldest requests, up to about {@code groupBytes}, at least one where there is one. They stay counted until {@link #finished}. */
    List<Request> takeGroup(long groupBytes) {
        List<Request> group = new ArrayList<>();
        long taken = 0;
        while (!waiting.isEmpty()
                && (group.isEmpty() || taken + waiting.element().bytes() <= groupBytes)) {
            Request request = waiting.remove();
            taken += request.bytes();
            group.add(request);
        }
        return group;
    }

    /** The requests were answered. */
    void finished(List<Request> group) {
        for (Request request : group) {
            bytes -= cost(request);
            if (request.writer() != null) {
                bySequence.remove(request.writer());
            }
        }
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Bytes that wait or are being committed. */
    long bytes() {
        return bytes;
    }

    private static long cost(Request request) {
        return request.bytes() + REQUEST_OVERHEAD_BYTES;
    }
}
