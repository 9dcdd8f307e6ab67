package io.weir.actors.bucket;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * The writes of a bucket that are not answered yet: those that wait and those of the commit in flight, bounded in bytes together. A
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

    /** One write and all who wait for its outcome. */
    static final class Request {
        private final List<EncodedRows> rows;
        private final List<ChangedRows> changes;
        private final Bucket.@Nullable WriterSequence writer;
        private final boolean checkOnly;
        private final @Nullable ActorRef<Bucket.LookupReply> inserter;
        private final List<ActorRef<Bucket.AppendReply>> replyTos = new ArrayList<>(1);
        private final long bytes;

        private Request(
                List<EncodedRows> rows,
                List<ChangedRows> changes,
                Bucket.@Nullable WriterSequence writer,
                boolean checkOnly,
                @Nullable ActorRef<Bucket.LookupReply> inserter) {
            this.rows = rows;
            this.changes = changes;
            this.writer = writer;
            this.checkOnly = checkOnly;
            this.inserter = inserter;
            this.bytes = rows.stream().mapToLong(EncodedRows::sizeInBytes).sum()
                    + changes.stream().mapToLong(ChangedRows::sizeInBytes).sum();
        }

        static Request of(Bucket.Append append) {
            Request request = new Request(append.rows(), List.of(), append.writer(), false, null);
            request.replyTos.add(append.replyTo());
            return request;
        }

        static Request of(Bucket.Upsert upsert) {
            Request request = new Request(List.of(), upsert.changes(), upsert.writer(), upsert.checkOnly(), null);
            request.replyTos.add(upsert.replyTo());
            return request;
        }

        static Request of(Bucket.InsertIfMissing insert) {
            return new Request(List.of(insert.rows()), List.of(), null, false, insert.replyTo());
        }

        /** Of a command that writes. */
        static Optional<Request> of(Bucket.Command command) {
            if (command instanceof Bucket.Append append) {
                return Optional.of(of(append));
            } else if (command instanceof Bucket.Upsert upsert) {
                return Optional.of(of(upsert));
            }
            return command instanceof Bucket.InsertIfMissing insert ? Optional.of(of(insert)) : Optional.empty();
        }

        /** Rows to append, or to insert where they are missing. */
        List<EncodedRows> rows() {
            return rows;
        }

        /** Of an upsert. */
        List<ChangedRows> changes() {
            return changes;
        }

        Bucket.@Nullable WriterSequence writer() {
            return writer;
        }

        boolean checkOnly() {
            return checkOnly;
        }

        boolean isInsertIfMissing() {
            return inserter != null;
        }

        /** Of the rows. */
        long bytes() {
            return bytes;
        }

        int rowCount() {
            return allRows().mapToInt(EncodedRows::rowCount).sum();
        }

        /** Schema versions that the rows are laid out by. */
        IntStream schemaIds() {
            return allRows().mapToInt(EncodedRows::schemaId);
        }

        /** Most rows that the request may create. */
        long newRowsMax() {
            return rows.stream().mapToLong(EncodedRows::rowCount).sum()
                    + changes.stream()
                            .filter(changed -> changed.kind() != ChangeKind.DELETE)
                            .mapToLong(changed -> changed.rows().rowCount())
                            .sum();
        }

        private Stream<EncodedRows> allRows() {
            return Stream.concat(rows.stream(), changes.stream().map(ChangedRows::rows));
        }

        void answer(Bucket.AppendReply reply) {
            replyTos.forEach(replyTo -> replyTo.tell(reply));
        }

        void answer(Bucket.LookedUp reply) {
            if (inserter != null) {
                inserter.tell(reply);
            }
        }

        void refuse(Bucket.Refused refusal) {
            answer(refusal);
            if (inserter != null) {
                inserter.tell(refusal);
            }
        }

        /** The sequence that a repetition is known by; a check is none. */
        private Bucket.@Nullable WriterSequence identity() {
            return checkOnly ? null : writer;
        }
    }

    /** @return false when there is no room; then nothing was taken */
    boolean offer(Request request) {
        Bucket.WriterSequence identity = request.identity();
        Request repeated = identity == null ? null : bySequence.get(identity);
        if (repeated != null) {
            return repeated.replyTos.size() < REPEATS_MAX && repeated.replyTos.addAll(request.replyTos);
        }
        long cost = cost(request);
        if (bytes > 0 && bytes + cost > bytesMax) {
            return false;
        }
        bytes += cost;
        waiting.add(request);
        if (identity != null) {
            bySequence.put(identity, request);
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
            if (request.identity() != null) {
                bySequence.remove(request.identity());
            }
        }
    }

    /** Requests that were taken and not committed wait again, before all others. */
    void putBack(List<Request> requests) {
        for (int i = requests.size() - 1; i >= 0; i--) {
            waiting.addFirst(requests.get(i));
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
