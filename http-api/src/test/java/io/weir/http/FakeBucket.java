package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.row.Key;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A bucket that keeps its batches in memory and answers as the contract of {@link Bucket} says. */
final class FakeBucket {
    /** What a test may break, in all buckets with this number. */
    static final class Faults {
        volatile ErrorCode refuseAppends;
        volatile ErrorCode refuseFetches;
        volatile long refuseFetchesFrom = Long.MAX_VALUE;
        volatile long logStart;
        volatile boolean silent;
        volatile ErrorCode refuseScans;
        volatile ErrorCode refuseScanReads;
        volatile int openScans;
        volatile int lookups;

        volatile long lakeOffset;
        volatile long heldBackBytes;

        /** What the bucket says of the object store. */
        volatile Bucket.RemoteDescription remote;
    }

    private record Stored(long baseOffset, long timestampMs, EncodedRows rows, ByteBuffer types) {}

    private record Expired(Bucket.Fetch fetch) implements Bucket.Internal {}

    private final Supplier<TableInfo> table;
    private final BufferAllocator allocator;
    private final Faults faults;
    private final List<Stored> log = new ArrayList<>();
    private final List<Bucket.Fetch> waiting = new ArrayList<>();
    private final Map<Bucket.WriterSequence, Bucket.Appended> writers = new HashMap<>();
    private final FakeState state;
    private final ConcurrentSkipListMap<Key, byte[]> rows;
    private long end;

    private FakeBucket(
            Supplier<TableInfo> table,
            BufferAllocator allocator,
            Faults faults,
            ConcurrentSkipListMap<Key, byte[]> rows) {
        this.table = table;
        this.allocator = allocator;
        this.faults = faults;
        this.state = new FakeState(allocator, rows);
        this.rows = rows;
    }

    /** @param rows the current rows of a primary-key table by key; only this bucket changes them */
    static Behavior<Bucket.Command> create(
            Supplier<TableInfo> table,
            BufferAllocator allocator,
            Faults faults,
            ConcurrentSkipListMap<Key, byte[]> rows) {
        return Behaviors.withTimers(timers -> {
            FakeBucket bucket = new FakeBucket(table, allocator, faults, rows);
            return Behaviors.receiveMessage(message -> {
                if (faults.silent) {
                    return Behaviors.same();
                }
                if (bucket.isGone(message)) {
                    return Behaviors.same();
                }
                if (bucket.onState(message)) {
                    bucket.wake();
                } else if (message instanceof Bucket.Append append) {
                    append.replyTo().tell(bucket.append(append));
                    bucket.wake();
                } else if (message instanceof Bucket.Fetch fetch) {
                    if (!bucket.answer(fetch, fetch.waitAtMost().isZero())) {
                        bucket.waiting.add(fetch);
                        timers.startSingleTimer(fetch, new Expired(fetch), fetch.waitAtMost());
                    }
                } else if (message instanceof Expired expired && bucket.waiting.remove(expired.fetch())) {
                    bucket.answer(expired.fetch(), true);
                } else if (message instanceof Bucket.Locate locate) {
                    locate.replyTo().tell(new Bucket.Located(bucket.locate(locate.timestampMs())));
                } else if (message instanceof Bucket.Describe describe) {
                    describe.replyTo()
                            .tell(new Bucket.Description(
                                    "127.0.0.1:1",
                                    1,
                                    faults.logStart,
                                    bucket.end,
                                    bucket.end * 10,
                                    0,
                                    0,
                                    faults.lakeOffset,
                                    faults.heldBackBytes,
                                    faults.remote,
                                    List.of()));
                }
                return Behaviors.same();
            });
        });
    }

    /** Whether the bucket's partition was dropped; then whoever reads is told. */
    private boolean isGone(Bucket.Command message) {
        try {
            return table.get() == null;
        } catch (WeirException e) {
            Bucket.Refused refused = new Bucket.Refused(e.code(), e.detail());
            if (message instanceof Bucket.Fetch fetch) {
                fetch.replyTo().tell(refused);
            } else if (message instanceof Bucket.Describe describe) {
                describe.replyTo().tell(refused);
            } else if (message instanceof Bucket.OpenScan open) {
                open.replyTo().tell(refused);
            }
            return true;
        }
    }

    /** What concerns the KV state; true where it was that. */
    private boolean onState(Bucket.Command message) {
        if (message instanceof Bucket.Upsert upsert) {
            upsert.replyTo().tell(upsert(upsert));
        } else if (message instanceof Bucket.Lookup lookup) {
            faults.lookups++;
            lookup.replyTo().tell(state.lookup(lookup));
        } else if (message instanceof Bucket.InsertIfMissing insert) {
            List<FakeState.Logged> log = new ArrayList<>();
            insert.replyTo().tell(state.insertIfMissing(table.get(), insert.rows(), log));
            logged(log);
        } else if (message instanceof Bucket.PrefixLookup prefix) {
            prefix.replyTo().tell(state.prefix(prefix));
        } else if (message instanceof Bucket.OpenScan open) {
            open.replyTo()
                    .tell(
                            faults.refuseScans == null
                                    ? state.open(table.get(), open, end)
                                    : new Bucket.Refused(faults.refuseScans, "refused by the test."));
        } else if (message instanceof Bucket.ReadScan read) {
            read.replyTo()
                    .tell(
                            faults.refuseScanReads == null
                                    ? state.read(read.scanId())
                                    : new Bucket.Refused(faults.refuseScanReads, "refused by the test."));
        } else if (message instanceof Bucket.CloseScan close) {
            state.close(close.scanId());
        } else {
            return false;
        }
        faults.openScans = state.openScans();
        return true;
    }

    private void logged(List<FakeState.Logged> changes) {
        for (FakeState.Logged change : changes) {
            log.add(new Stored(end, System.currentTimeMillis(), change.rows(), change.types()));
            end += change.rows().rowCount();
        }
    }

    private Bucket.AppendReply append(Bucket.Append append) {
        if (faults.refuseAppends != null) {
            return new Bucket.Refused(faults.refuseAppends, "refused by the test.");
        }
        Bucket.Appended known = append.writer() == null ? null : writers.get(append.writer());
        if (known != null) {
            return known;
        }
        long base = end;
        for (EncodedRows rows : append.rows()) {
            log.add(new Stored(end, System.currentTimeMillis(), rows, null));
            end += rows.rowCount();
        }
        Bucket.Appended appended = new Bucket.Appended(base, end);
        if (append.writer() != null) {
            writers.put(append.writer(), appended);
        }
        return appended;
    }

    /** Changes the rows as the real one does; the changelog has offsets but no rows. */
    private Bucket.AppendReply upsert(Bucket.Upsert upsert) {
        if (faults.refuseAppends != null && !upsert.checkOnly()) {
            return new Bucket.Refused(faults.refuseAppends, "refused by the test.");
        }
        Bucket.Appended known = upsert.writer() == null ? null : writers.get(upsert.writer());
        if (known != null) {
            return known;
        }
        TreeMap<Key, byte[]> after = new TreeMap<>(rows);
        List<FakeState.Logged> changes;
        try {
            changes = FakeState.apply(table.get(), upsert.changes(), after);
        } catch (WeirException e) {
            return new Bucket.Refused(e.code(), e.detail());
        }
        if (upsert.checkOnly()) {
            return new Bucket.Appended(end, end);
        }
        rows.keySet().retainAll(after.keySet());
        rows.putAll(after);
        long base = end;
        logged(changes);
        Bucket.Appended appended = new Bucket.Appended(base, end);
        if (upsert.writer() != null) {
            writers.put(upsert.writer(), appended);
        }
        return appended;
    }

    private long locate(long timestampMs) {
        return log.stream()
                .filter(s -> s.timestampMs() >= timestampMs)
                .mapToLong(Stored::baseOffset)
                .findFirst()
                .orElse(end);
    }

    private void wake() {
        for (Iterator<Bucket.Fetch> all = waiting.iterator(); all.hasNext(); ) {
            if (answer(all.next(), false)) {
                all.remove();
            }
        }
    }

    private boolean answer(Bucket.Fetch fetch, boolean now) {
        if (faults.refuseFetches != null || fetch.fromOffset() >= faults.refuseFetchesFrom) {
            ErrorCode code = faults.refuseFetches == null ? ErrorCode.CORRUPT_DATA : faults.refuseFetches;
            fetch.replyTo().tell(new Bucket.Refused(code, "refused by the test."));
            return true;
        }
        try {
            Bucket.Fetched fetched = fetch(fetch);
            if (fetched.batches().isEmpty() && !now) {
                return false;
            }
            fetch.replyTo().tell(fetched);
        } catch (WeirException e) {
            fetch.replyTo().tell(new Bucket.Refused(e.code(), e.detail()));
        }
        return true;
    }

    private Bucket.Fetched fetch(Bucket.Fetch fetch) {
        if (fetch.fromOffset() < faults.logStart) {
            throw new WeirException(ErrorCode.OFFSET_OUT_OF_RANGE, "the log begins at " + faults.logStart);
        }
        TableInfo info = table.get();
        List<Bucket.FetchedRows> found = new ArrayList<>();
        long next = fetch.fromOffset();
        int rows = 0;
        long bytes = 0;
        for (Stored stored : log) {
            long storedEnd = stored.baseOffset() + stored.rows().rowCount();
            if (storedEnd <= next) {
                continue;
            }
            if (next >= fetch.toOffset() || rows >= fetch.rowsMax() || bytes >= fetch.bytesMax()) {
                break;
            }
            long to = Math.min(storedEnd, fetch.toOffset());
            Bucket.FetchedRows part = part(info, stored, next, to, fetch, fetch.rowsMax() - rows);
            next = to;
            if (part != null) {
                found.add(part);
                rows += part.rows().rowCount();
                bytes += part.rows().sizeInBytes();
                next = rows >= fetch.rowsMax() ? Slice.offset(part, part.rows().rowCount() - 1) + 1 : to;
            }
        }
        return new Bucket.Fetched(found, next, end);
    }

    private Bucket.FetchedRows part(
            TableInfo info, Stored stored, long from, long to, Bucket.Fetch fetch, int rowsMax) {
        TableSchema written = info.schema(stored.rows().schemaId()).orElseThrow();
        List<Column> wanted = fetch.columnIds().stream()
                .map(id -> info.schema().columnById(id).orElseThrow())
                .toList();
        int[] matching = matching(info, written, stored, from, to, fetch.where(), rowsMax);
        if (matching.length == 0) {
            return null;
        }
        EncodedRows selected = RecordBatches.select(written.columns(), stored.rows(), matching, allocator);
        return new Bucket.FetchedRows(
                project(written, wanted, selected),
                stored.baseOffset(),
                new Bucket.RowOffsets(matching),
                stored.timestampMs(),
                types(stored, matching));
    }

    private static ByteBuffer types(Stored stored, int[] rows) {
        if (stored.types() == null) {
            return null;
        }
        ByteBuffer types = ByteBuffer.allocate(rows.length);
        for (int row : rows) {
            types.put(stored.types().get(row));
        }
        return types.flip();
    }

    private int[] matching(
            TableInfo info, TableSchema written, Stored stored, long from, long to, String where, int rowsMax) {
        BitSet passing = new BitSet();
        passing.set(
                (int) (Math.max(from, stored.baseOffset()) - stored.baseOffset()), (int) (to - stored.baseOffset()));
        if (where != null) {
            RecordBatches.load(
                    written.columns(),
                    stored.rows(),
                    allocator,
                    root -> passing.and(Predicate.parse(where, info.schema()).matches(written.columns(), root)));
        }
        return passing.stream().limit(rowsMax).toArray();
    }

    private EncodedRows project(TableSchema written, List<Column> wanted, EncodedRows rows) {
        EncodedRows[] result = new EncodedRows[1];
        RecordBatches.load(written.columns(), rows, allocator, root -> {
            List<FieldVector> vectors = wanted.stream()
                    .map(c -> root.getVector(written.indexOf(c.id())))
                    .toList();
            VectorSchemaRoot projected = new VectorSchemaRoot(vectors);
            projected.setRowCount(root.getRowCount());
            result[0] = RecordBatches.encode(0, projected);
        });
        return result[0];
    }
}
