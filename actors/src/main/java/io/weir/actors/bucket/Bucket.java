package io.weir.actors.bucket;

import io.weir.codec.ErrorCode;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.row.Key;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** The protocol of a bucket. Expected outcomes are replies; {@link Refused} carries every error as a code and a detail. */
public final class Bucket {
    private Bucket() {}

    public sealed interface Command
            permits Append,
                    Upsert,
                    Lookup,
                    InsertIfMissing,
                    PrefixLookup,
                    OpenScan,
                    ReadScan,
                    CloseScan,
                    Fetch,
                    Locate,
                    Describe,
                    LakeAdvanced,
                    Tick,
                    Internal {}

    /** For the messages that a bucket sends to itself; they live beside its behavior. */
    public non-sealed interface Internal extends Command {}

    /**
     * Appends all rows or none of them.
     *
     * @param rows checked rows of one schema version, for this bucket, in order
     * @param writer identity and sequence of an idempotent request, or null
     * @param replyTo answered with {@link Appended} when durable, or {@link Refused}
     */
    public record Append(List<EncodedRows> rows, @Nullable WriterSequence writer, ActorRef<AppendReply> replyTo)
            implements Command {
        public Append {
            rows = List.copyOf(rows);
        }
    }

    /**
     * Upserts, patches and deletes rows of a primary-key table, in order, all or none of them.
     *
     * @param writer identity and sequence of an idempotent request, or null
     * @param checkOnly whether to answer what would happen, without doing it: {@link Appended} at the end of the log, or the refusal
     * @param replyTo answered with {@link Appended} (the changelog's rows, perhaps none) when durable and seen by lookups, or
     *     {@link Refused}
     */
    public record Upsert(
            List<ChangedRows> changes,
            @Nullable WriterSequence writer,
            boolean checkOnly,
            ActorRef<AppendReply> replyTo)
            implements Command {
        public Upsert {
            changes = List.copyOf(changes);
        }
    }

    /**
     * Current rows by key ({@link io.weir.codec.row.KeyEncoder}, in {@link io.weir.actors.catalog.TableInfo#keyOrder}).
     *
     * @param replyTo answered with {@link LookedUp}
     */
    public record Lookup(List<Key> keys, ActorRef<LookupReply> replyTo) implements Command {
        public Lookup {
            keys = List.copyOf(keys);
        }
    }

    /**
     * Current rows by key; a key that has none gets the row given, in one step.
     *
     * @param rows rows to insert where their keys are missing; laid out by a whole schema version
     * @param replyTo answered with {@link LookedUp}, every row there, when what was inserted is durable
     */
    public record InsertIfMissing(EncodedRows rows, ActorRef<LookupReply> replyTo) implements Command {}

    /**
     * Rows whose key begins with a prefix, in key order.
     *
     * @param after go on behind this key, or null
     * @param replyTo answered with {@link PrefixRows}
     */
    public record PrefixLookup(
            Key prefix, @Nullable Key after, int rowsMax, int bytesMax, ActorRef<PrefixReply> replyTo)
            implements Command {}

    /**
     * Opens a scan of the current rows at one offset. It is closed when it was read to its end, when told, and when nobody read it for
     * a minute.
     *
     * @param columnIds wanted columns in the wanted order; empty means all of the current schema
     * @param where predicate text, or null
     */
    public record OpenScan(
            List<Integer> columnIds, @Nullable String where, ActorRef<ScanReply> replyTo) implements Command {
        public OpenScan {
            columnIds = List.copyOf(columnIds);
        }
    }

    /** The next rows of a scan; the next question only after this one's answer. */
    public record ReadScan(long scanId, int bytesMax, ActorRef<ScanReply> replyTo) implements Command {}

    public record CloseScan(long scanId) implements Command {}

    public record WriterSequence(String writerId, long sequence) {}

    /**
     * Reads batches from an offset on.
     *
     * @param fromOffset first offset wanted
     * @param toOffset stop before this offset (exclusive); {@link Long#MAX_VALUE} for the high watermark
     * @param bytesMax about how many bytes the answer may have; at least one batch comes where there is one
     * @param rowsMax most rows in the answer
     * @param columnIds wanted columns in the wanted order; empty means all of the current schema
     * @param where predicate text, or null
     * @param waitAtMost how long to wait for a first row when there is none yet; zero answers at once
     */
    public record Fetch(
            long fromOffset,
            long toOffset,
            int bytesMax,
            int rowsMax,
            List<Integer> columnIds,
            @Nullable String where,
            Duration waitAtMost,
            ActorRef<FetchReply> replyTo)
            implements Command {
        public Fetch {
            columnIds = List.copyOf(columnIds);
        }
    }

    /** Offset of the first batch committed at or after the time. */
    public record Locate(long timestampMs, ActorRef<LocateReply> replyTo) implements Command {}

    public record Describe(ActorRef<DescribeReply> replyTo) implements Command {}

    /**
     * Rows before the offset are in the lake, by a commit that is through. From a tiering worker; may get lost, and come twice or late: only
     * the highest counts.
     *
     * @param lakeOffset first offset that is not in the lake
     */
    public record LakeAdvanced(long lakeOffset) implements Command {}

    /** Sent now and then to every bucket that may have old segments: roll, retention, new table properties. */
    public enum Tick implements Command {
        INSTANCE
    }

    public sealed interface AppendReply {}

    /** The rows are durable at {@code [baseOffset, nextOffset)}; also the answer to a repeated sequence. */
    public record Appended(long baseOffset, long nextOffset) implements AppendReply {}

    public sealed interface LookupReply {}

    /** @param rows encoded rows ({@link io.weir.codec.row.RowEncoder}) of any schema version, in the order asked; null where there is none */
    public record LookedUp(List<byte @Nullable []> rows) implements LookupReply {}

    public sealed interface PrefixReply {}

    /** @param next the last key looked at where there may be more, for {@link PrefixLookup#after}; else null */
    public record PrefixRows(List<byte[]> rows, @Nullable Key next) implements PrefixReply {
        public PrefixRows {
            rows = List.copyOf(rows);
        }
    }

    public sealed interface ScanReply {}

    /** @param offset the rows are the KV state of the changelog up to this offset, exclusive */
    public record ScanOpened(long scanId, long offset) implements ScanReply {}

    /** @param rows projected and filtered; perhaps none though it is not the end */
    public record ScanRead(List<EncodedRows> rows, boolean end) implements ScanReply {
        public ScanRead {
            rows = List.copyOf(rows);
        }
    }

    public sealed interface FetchReply {}

    /**
     * @param batches in offset order; empty when nothing matched or nothing came within the wait
     * @param nextOffset where to go on from: past all that was looked at, matching or not
     * @param highWatermark of the bucket when the answer was made
     */
    public record Fetched(List<FetchedRows> batches, long nextOffset, long highWatermark) implements FetchReply {
        public Fetched {
            batches = List.copyOf(batches);
        }
    }

    /**
     * Rows of one stored batch, projected to the wanted columns and filtered.
     *
     * @param offsets the rows' distances from {@code baseOffset}, or null when they are 0, 1, 2, ...
     * @param changeTypes a byte a row of {@code rows}, or null when all are inserts
     */
    public record FetchedRows(
            EncodedRows rows,
            long baseOffset,
            @Nullable RowOffsets offsets,
            long commitTimestampMs,
            @Nullable ByteBuffer changeTypes) {}

    /** Ascending distances from a base offset. */
    public static final class RowOffsets {
        private final int[] distances;

        public RowOffsets(int[] distances) {
            this.distances = distances.clone();
        }

        public int size() {
            return distances.length;
        }

        public int at(int row) {
            return distances[row];
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof RowOffsets that && Arrays.equals(distances, that.distances);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(distances);
        }
    }

    public sealed interface LocateReply {}

    public record Located(long offset) implements LocateReply {}

    public sealed interface DescribeReply {}

    /**
     * @param node address of the node that leads, as {@code host:port}
     * @param kvBytes about what the KV state takes on the disk; 0 for a log table, or while its store is closed
     * @param lakeOffset first offset that is not in the lake, as far as the bucket was told; 0 where nothing is
     * @param heldBackBytes of segments, here or on the object store, that retention would have deleted if they were in the lake
     * @param remote null where the node has no object store
     * @param corruptions sentences for people, one a damaged place; empty when all is well
     */
    public record Description(
            String node,
            int leaderEpoch,
            long logStartOffset,
            long highWatermark,
            long hotBytes,
            long kvBytes,
            int writers,
            long lakeOffset,
            long heldBackBytes,
            @Nullable RemoteDescription remote,
            List<String> corruptions)
            implements DescribeReply {
        public Description {
            corruptions = List.copyOf(corruptions);
        }
    }

    /**
     * @param hotStartOffset first offset on the leader's disk
     * @param endOffset past the last row on the object store
     * @param bytes of segments there
     * @param snapshotOffset of the newest KV snapshot; -1 for none
     * @param waitingSegments sealed segments that are not there yet, with so many bytes
     * @param problem why the last upload failed, for people; null after one that did not
     */
    public record RemoteDescription(
            long hotStartOffset,
            long endOffset,
            long bytes,
            int segments,
            long snapshotOffset,
            int waitingSegments,
            long waitingBytes,
            @Nullable String problem) {}

    /** An error, for any of the questions. */
    public record Refused(ErrorCode code, String detail)
            implements AppendReply, LookupReply, PrefixReply, ScanReply, FetchReply, LocateReply, DescribeReply {}
}
