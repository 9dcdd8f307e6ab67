package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.ErrorCode;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.row.RowEncoder;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.persistence.file.SimFileStore;
import io.weir.persistence.kv.SimKvEngine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A primary-key bucket as those who ask it see it. */
class PrimaryKeyBucketTest extends PrimaryKeyBuckets {
    @Test
    void lookupsSeeWhatWasAcknowledged() {
        ActorRef<Bucket.Command> bucket = bucket();
        assertThat(lookUp(bucket, 1)).containsExactly((Map<Integer, Object>) null);
        assertThat(written(bucket, ChangeKind.UPSERT, row(1, 1, "a"), row(2, 1, "b")))
                .isEqualTo(new Bucket.Appended(0, 2));
        assertThat(lookUp(bucket, 2, 9, 1)).containsExactly(row(2, 1, "b"), null, row(1, 1, "a"));
        assertThat(written(bucket, ChangeKind.PATCH, row(1, 1, "c"))).isEqualTo(new Bucket.Appended(2, 4));
        assertThat(written(bucket, ChangeKind.UPSERT, row(1, 1, "c"))).isEqualTo(new Bucket.Appended(4, 4));
        assertThat(written(bucket, ChangeKind.DELETE, row(2, 1, null), row(7, 1, null)))
                .isEqualTo(new Bucket.Appended(4, 5));
        assertThat(lookUp(bucket, 1, 2)).containsExactly(row(1, 1, "c"), null);
        stop(bucket);
        ActorRef<Bucket.Command> again = bucket();
        assertThat(describe(again).kvBytes()).as("opened by nobody yet").isZero();
        assertThat(lookUp(again, 1, 2)).containsExactly(row(1, 1, "c"), null);
        stop(again);
    }

    @Test
    void repeatedSequencesAreAnsweredAsTheFirstTimeAlsoWhereNothingChanged() {
        ActorRef<Bucket.Command> bucket = bucket();
        written(bucket, ChangeKind.UPSERT, row(1, 1, "a"));
        write(bucket, ChangeKind.UPSERT, 1, List.of(row(1, 1, "a")));
        writes.expectMessage(SOON, new Bucket.Appended(1, 1));
        write(bucket, ChangeKind.UPSERT, 2, List.of(row(1, 1, "b")));
        writes.expectMessage(SOON, new Bucket.Appended(1, 3));
        stop(bucket);
        ActorRef<Bucket.Command> again = bucket();
        write(again, ChangeKind.UPSERT, 1, List.of(row(1, 1, "a")));
        writes.expectMessage(SOON, new Bucket.Appended(1, 1));
        write(again, ChangeKind.UPSERT, 2, List.of(row(1, 1, "b")));
        writes.expectMessage(SOON, new Bucket.Appended(1, 3));
        assertThat(lookUp(again, 1)).containsExactly(row(1, 1, "b"));
        stop(again);
    }

    @Test
    void theOtherKindOfTableIsRefused() {
        ActorRef<Bucket.Command> bucket = bucket();
        bucket.tell(new Bucket.Append(List.of(ModelRows.batch(SCHEMA, List.of(row(1, 1, "a")))), null, writes.ref()));
        assertThat(writes.expectMessageClass(Bucket.Refused.class, SOON).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
        stop(bucket);
        table.set(TestRows.table(id.tableId(), Map.of()));
        ActorRef<Bucket.Command> log = bucket(new BucketId(id.tableId(), 1));
        write(log, ChangeKind.UPSERT, -1, List.of(row(1, 1, "a")));
        assertThat(writes.expectMessageClass(Bucket.Refused.class, SOON).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
        assertThat(refusedLookup(log)).isEqualTo(ErrorCode.INVALID_REQUEST);
        stop(log);
    }

    @Test
    void prefixLookupsGoOnWhereTheyStopped() {
        ActorRef<Bucket.Command> bucket = bucket();
        for (long c = 0; c < 5; c++) {
            written(bucket, ChangeKind.UPSERT, row(3, c, "x"), row(4, c, "y"));
        }
        Key prefix = KeyEncoder.of(SCHEMA.columns(), List.of("k"))
                .encode(ModelRows.batch(SCHEMA, List.of(row(3, 0, null))))
                .get(0);
        List<Map<Integer, Object>> found = new ArrayList<>();
        Key after = null;
        int questions = 0;
        do {
            bucket.tell(new Bucket.PrefixLookup(prefix, after, 2, 1 << 20, prefixes.ref()));
            Bucket.PrefixRows some = prefixes.expectMessageClass(Bucket.PrefixRows.class, SOON);
            found.addAll(rows(some.rows()));
            after = some.next();
            questions++;
        } while (after != null);
        assertThat(questions).isEqualTo(3);
        assertThat(found)
                .containsExactly(row(3, 0, "x"), row(3, 1, "x"), row(3, 2, "x"), row(3, 3, "x"), row(3, 4, "x"));
        stop(bucket);
    }

    @Test
    void insertIfMissingGivesEachKeyOneNumberWhoeverAsks() {
        table.set(table(Map.of("auto-increment.column", "uid", "auto-increment.cache-size", "10")));
        BucketId other = new BucketId(id.tableId(), 1);
        ActorRef<Bucket.Command> bucket = bucket();
        ActorRef<Bucket.Command> second = bucket(other);
        Map<Long, Object> numbers = new TreeMap<>();
        for (int life = 0; life < 2; life++) {
            for (int i = 0; i < 40; i++) {
                EncodedRows wanted = ModelRows.batch(SCHEMA, List.of(row(i % 15, 1, null), row(i % 7, 1, null)));
                bucket.tell(new Bucket.InsertIfMissing(wanted, lookups.ref()));
            }
            for (int i = 0; i < 40; i++) {
                for (Map<Integer, Object> row : rows(
                        lookups.expectMessageClass(Bucket.LookedUp.class, SOON).rows())) {
                    Object number = row.get(ModelRows.GENERATED);
                    assertThat(number).isNotNull();
                    assertThat(numbers.putIfAbsent((Long) row.get(ModelRows.KEY), number))
                            .isIn(null, number);
                }
            }
            stop(bucket);
            bucket = bucket();
        }
        second.tell(new Bucket.InsertIfMissing(ModelRows.batch(SCHEMA, List.of(row(99, 1, null))), lookups.ref()));
        numbers.put(
                99L,
                rows(lookups.expectMessageClass(Bucket.LookedUp.class, SOON).rows())
                        .get(0)
                        .get(ModelRows.GENERATED));
        written(bucket, ChangeKind.UPSERT, row(3, 1, "kept"), row(50, 1, "new"));
        numbers.put(50L, lookUp(bucket, 50).get(0).get(ModelRows.GENERATED));
        assertThat(lookUp(bucket, 3).get(0)).containsEntry(ModelRows.GENERATED, numbers.get(3L));
        assertThat(new HashSet<>(numbers.values())).hasSize(17);
        stop(bucket);
        stop(second);
    }

    @Test
    void aSequenceThatIsUsedUpSaysSo() {
        TestProbe<Sequence.Reply> replies = kit.createTestProbe();
        sequences.tell(new Sequence.Reserve(id.tableId(), Long.MAX_VALUE - 3, Long.MAX_VALUE - 1, replies.ref()));
        replies.expectMessage(SOON, new Sequence.Reserved(1, Long.MAX_VALUE - 2));
        table.set(table(Map.of("auto-increment.column", "uid")));
        ActorRef<Bucket.Command> bucket = bucket();
        written(bucket, ChangeKind.UPSERT, row(1, 1, "a"));
        assertThat(lookUp(bucket, 1).get(0)).containsEntry(ModelRows.GENERATED, Long.MAX_VALUE - 2);
        written(bucket, ChangeKind.UPSERT, row(2, 1, "a"));
        write(bucket, ChangeKind.UPSERT, -1, List.of(row(3, 1, "a")));
        Bucket.Refused refused = writes.expectMessageClass(Bucket.Refused.class, SOON);
        assertThat(refused.detail()).contains("uid").contains("used up");
        written(bucket, ChangeKind.UPSERT, row(1, 1, "still"));
        stop(bucket);
    }

    @Test
    void aScanShowsTheRowsOfOneOffsetWhateverIsWrittenMeanwhile() {
        ActorRef<Bucket.Command> bucket = bucket();
        List<Map<Integer, Object>> rows = new ArrayList<>();
        for (long k = 0; k < 3000; k++) {
            rows.add(row(k, 1, k % 2 == 0 ? "even" : "odd"));
        }
        write(bucket, ChangeKind.UPSERT, -1, rows);
        writes.expectMessageClass(Bucket.Appended.class, SOON);
        bucket.tell(new Bucket.OpenScan(List.of(ModelRows.KEY), "s = 'odd'", scans.ref()));
        Bucket.ScanOpened opened = scans.expectMessageClass(Bucket.ScanOpened.class, SOON);
        assertThat(opened.offset()).isEqualTo(3000);
        rows.replaceAll(row -> row((Long) row.get(ModelRows.KEY), 1, "odd"));
        write(bucket, ChangeKind.UPSERT, -1, rows);
        writes.expectMessageClass(Bucket.Appended.class, SOON);
        Set<Object> found = new HashSet<>();
        boolean end = false;
        int reads = 0;
        List<Column> columns = List.of(SCHEMA.columns().get(0));
        TableSchema projected = new TableSchema(1, columns);
        while (!end) {
            bucket.tell(new Bucket.ReadScan(opened.scanId(), 3000, scans.ref()));
            Bucket.ScanRead read = scans.expectMessageClass(Bucket.ScanRead.class, SOON);
            for (EncodedRows batch : read.rows()) {
                for (byte[] row : RowEncoder.encode(projected, batch)) {
                    found.add(ModelRows.decode(projected, row).get(ModelRows.KEY));
                }
            }
            end = read.end();
            reads++;
        }
        assertThat(reads).isGreaterThan(1);
        assertThat(found).hasSize(1500).allMatch(k -> (Long) k % 2 == 1);
        bucket.tell(new Bucket.ReadScan(opened.scanId(), 3000, scans.ref()));
        assertThat(scans.expectMessageClass(Bucket.Refused.class, SOON).code()).isEqualTo(ErrorCode.SCAN_EXPIRED);
        stop(bucket);
    }

    @Test
    void openScansAreBoundedAndCloseWhenTold() {
        ActorRef<Bucket.Command> bucket = bucket();
        written(bucket, ChangeKind.UPSERT, row(1, 1, "a"));
        long last = -1;
        for (int i = 0; i < Scans.OPEN_MAX; i++) {
            bucket.tell(new Bucket.OpenScan(List.of(), null, scans.ref()));
            last = scans.expectMessageClass(Bucket.ScanOpened.class, SOON).scanId();
        }
        bucket.tell(new Bucket.OpenScan(List.of(), null, scans.ref()));
        assertThat(scans.expectMessageClass(Bucket.Refused.class, SOON).code()).isEqualTo(ErrorCode.OVERLOADED);
        bucket.tell(new Bucket.OpenScan(List.of(77), null, scans.ref()));
        assertThat(scans.expectMessageClass(Bucket.Refused.class, SOON).code()).isEqualTo(ErrorCode.COLUMN_NOT_FOUND);
        bucket.tell(new Bucket.CloseScan(last));
        Awaitility.await().atMost(SOON).untilAsserted(() -> {
            bucket.tell(new Bucket.OpenScan(List.of(), null, scans.ref()));
            assertThat(scans.receiveMessage(SOON)).isInstanceOf(Bucket.ScanOpened.class);
        });
        stop(bucket);
    }

    @Test
    void aStoreThatIsGoneIsMadeAnewFromAWholeLogAndElseTheBucketSaysSo() throws IOException {
        ActorRef<Bucket.Command> bucket = bucket();
        written(bucket, ChangeKind.UPSERT, row(1, 1, "a"));
        bucket.tell(Bucket.Tick.INSTANCE);
        stop(bucket);
        files.deleteTree(logs.resolve(id.entityId()).resolve("kv"));
        ActorRef<Bucket.Command> again = bucket();
        assertThat(lookUp(again, 1)).containsExactly(row(1, 1, "a"));
        table.set(table(Map.of("log.ttl", "1s", "log.segment-age", "1s")));
        Awaitility.await().atMost(SOON).untilAsserted(() -> {
            again.tell(Bucket.Tick.INSTANCE);
            assertThat(describe(again).logStartOffset()).isEqualTo(1);
        });
        assertThat(lookUp(again, 1)).containsExactly(row(1, 1, "a"));
        stop(again);
        files.deleteTree(logs.resolve(id.entityId()).resolve("kv"));
        ActorRef<Bucket.Command> lost = bucket();
        assertThat(refusedLookup(lost)).isEqualTo(ErrorCode.CORRUPT_DATA);
        assertThat(describe(lost).corruptions()).singleElement().asString().contains("KV state");
        write(lost, ChangeKind.UPSERT, -1, List.of(row(1, 1, "b")));
        assertThat(writes.expectMessageClass(Bucket.Refused.class, SOON).code()).isEqualTo(ErrorCode.CORRUPT_DATA);
        stop(lost);
    }

    @Test
    void aFailedStoreWriteIsUnknownToItsWriterAndCaughtUpBeforeTheNextRead() throws IOException {
        SimKvEngine engine = simulated();
        ActorRef<Bucket.Command> bucket = bucket();
        written(bucket, ChangeKind.UPSERT, row(1, 1, "a"));
        engine.faults((operation, directory) ->
                operation == SimKvEngine.Operation.WRITE ? SimKvEngine.Outcome.FAILED : SimKvEngine.Outcome.FINE);
        write(bucket, ChangeKind.UPSERT, 1, List.of(row(1, 1, "b")));
        assertThat(writes.expectMessageClass(Bucket.Refused.class, SOON).code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
        assertThat(refusedLookup(bucket)).isEqualTo(ErrorCode.BUCKET_UNAVAILABLE);
        engine.faults((operation, directory) -> SimKvEngine.Outcome.FINE);
        Awaitility.await().atMost(SOON).ignoreExceptions().untilAsserted(() -> {
            bucket.tell(new Bucket.Lookup(keys(List.of(row(1, 1, null))), lookups.ref()));
            Bucket.LookupReply reply = lookups.receiveMessage(SOON);
            assertThat(reply).isInstanceOf(Bucket.LookedUp.class);
            assertThat(rows(((Bucket.LookedUp) reply).rows())).containsExactly(row(1, 1, "b"));
        });
        write(bucket, ChangeKind.UPSERT, 1, List.of(row(1, 1, "b")));
        writes.expectMessage(SOON, new Bucket.Appended(1, 3));
        stop(bucket);
        assertThat(engine.misuses()).isEmpty();
    }

    @Test
    void aFullDiskStoresNothingAndReadsGoOn() throws IOException {
        SimKvEngine engine = simulated();
        SimFileStore disk = new SimFileStore(new Random(7));
        files = disk;
        ActorRef<Bucket.Command> bucket = bucket();
        written(bucket, ChangeKind.UPSERT, row(1, 1, "a"));
        engine.roomBytes(0);
        write(bucket, ChangeKind.UPSERT, -1, List.of(row(1, 1, "b")));
        assertThat(writes.expectMessageClass(Bucket.Refused.class, SOON).code()).isEqualTo(ErrorCode.DISK_FULL);
        engine.roomBytes(Long.MAX_VALUE);
        disk.capacity(disk.usedBytes());
        write(bucket, ChangeKind.UPSERT, -1, List.of(row(1, 1, "c")));
        assertThat(writes.expectMessageClass(Bucket.Refused.class, SOON).code()).isEqualTo(ErrorCode.DISK_FULL);
        assertThat(lookUp(bucket, 1)).containsExactly(row(1, 1, "a"));
        disk.capacity(Long.MAX_VALUE);
        assertThat(written(bucket, ChangeKind.UPSERT, row(1, 1, "d"))).isEqualTo(new Bucket.Appended(1, 3));
        stop(bucket);
    }
}
