package io.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;

class BinlogPairsTest {
    private static final TableSchema SCHEMA = new TableSchema(
            1,
            List.of(
                    new Column(1, "id", DataType.Simple.INT, false),
                    new Column(2, "text", DataType.Simple.STRING, true)));
    private static final BucketId BUCKET = new BucketId(1, 0);

    /** A row of the changelog: the offset is its place. */
    private record Change(ChangeType type, int id, String text) {}

    private static List<Change> changelog(Random random, int changes) {
        List<Change> log = new ArrayList<>();
        for (int i = 0; i < changes; i++) {
            int id = random.nextInt(5);
            switch (random.nextInt(3)) {
                case 0 -> log.add(new Change(ChangeType.INSERT, id, "i" + i));
                case 1 -> log.add(new Change(ChangeType.DELETE, id, "d" + i));
                default -> {
                    log.add(new Change(ChangeType.UPDATE_BEFORE, id, "b" + i));
                    log.add(new Change(ChangeType.UPDATE_AFTER, id, random.nextBoolean() ? "a" + i : null));
                }
            }
        }
        return log;
    }

    /** As text, one a binlog row: offset, type, before, after. */
    private static List<String> binlog(List<Change> log, long from) {
        List<String> rows = new ArrayList<>();
        for (int i = (int) from; i < log.size(); i++) {
            Change change = log.get(i);
            String shown = change.id() + "=" + change.text();
            switch (change.type()) {
                case INSERT -> rows.add(i + " INSERT null " + shown);
                case DELETE -> rows.add(i + " DELETE " + shown + " null");
                case UPDATE_AFTER -> {
                    Change before = log.get(i - 1);
                    rows.add(i + " UPDATE_AFTER " + before.id() + "=" + before.text() + " " + shown);
                }
                default -> {
                    // comes with its other half
                }
            }
        }
        return rows;
    }

    private static Bucket.FetchedRows batch(List<Change> log, int from, int to) {
        RowBatchBuilder rows = new RowBatchBuilder(SCHEMA, SCHEMA.columns());
        ByteBuffer types = ByteBuffer.allocate(to - from);
        RowWriter writer = new RowWriter(SCHEMA);
        for (Change change : log.subList(from, to)) {
            writer.begin().putLong(change.id());
            if (change.text() == null) {
                writer.putNull();
            } else {
                byte[] utf8 = change.text().getBytes(java.nio.charset.StandardCharsets.UTF_8);
                writer.putBytes(utf8, 0, utf8.length);
            }
            rows.add(writer.end());
            types.put(change.type().code());
        }
        return new Bucket.FetchedRows(rows.build(0), from, null, 7, types.flip());
    }

    private static List<String> texts(Slice slice, BufferAllocator allocator) {
        List<String> texts = new ArrayList<>();
        for (Bucket.FetchedRows batch : slice.batches()) {
            EncodedRows rows = batch.rows();
            RecordBatches.load(LogView.beforeAndAfter(SCHEMA.columns()), rows, allocator, root -> {
                for (int row = 0; row < rows.rowCount(); row++) {
                    texts.add(Slice.offset(batch, row) + " " + BinlogPairs.type(batch, row) + " "
                            + text(root.getVector(0).getObject(row)) + " "
                            + text(root.getVector(1).getObject(row)));
                }
            });
        }
        return texts;
    }

    private static String text(Object struct) {
        return struct instanceof Map<?, ?> row ? row.get("id") + "=" + row.get("text") : "null";
    }

    /** Slices and batches of random lengths, as buckets may answer, from the row before the first wanted one. */
    private static List<Slice> slices(Random random, List<Change> log, int from) {
        List<Slice> slices = new ArrayList<>();
        for (int at = Math.max(0, from - 1); at < log.size(); ) {
            List<Bucket.FetchedRows> batches = new ArrayList<>();
            int batchCount = random.nextInt(3);
            for (int b = 0; b < batchCount && at < log.size(); b++) {
                int end = Math.min(log.size(), at + 1 + random.nextInt(4));
                batches.add(batch(log, at, end));
                at = end;
            }
            slices.add(new Slice(BUCKET, null, batches, at));
        }
        return slices;
    }

    @Property(tries = 300)
    void noPairIsLostOrHalvedWhereverTheLogIsCut(@ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int changes) {
        Random random = new Random(seed);
        List<Change> log = changelog(random, changes);
        int from = random.nextInt(log.size() + 1);
        try (RootAllocator allocator = new RootAllocator()) {
            BinlogPairs pairs =
                    new BinlogPairs(SCHEMA.columns(), null, new TreeMap<>(Map.of(BUCKET, (long) from)), allocator);
            List<String> joined = new ArrayList<>();
            for (Slice slice : slices(random, log, from)) {
                Slice out = pairs.join(slice);
                joined.addAll(texts(out, allocator));
                // Who goes on from there gets the rest and nothing twice.
                List<String> all = new ArrayList<>(joined);
                all.addAll(binlog(log, out.nextOffset()));
                assertThat(all).isEqualTo(binlog(log, from));
                boolean between = out.nextOffset() > from
                        && out.nextOffset() < log.size()
                        && log.get((int) out.nextOffset()).type() == ChangeType.UPDATE_AFTER;
                assertThat(between).as("a cursor between two halves").isFalse();
            }
            assertThat(joined).isEqualTo(binlog(log, from));
        }
    }

    @Property(tries = 100)
    void aPredicatePassesAPairOfWhichEitherHalfPasses(@ForAll long seed) {
        Random random = new Random(seed);
        List<Change> log = changelog(random, 20);
        Predicate where = Predicate.parse("text LIKE 'a%' OR text = 'b7' OR text LIKE 'd%'", SCHEMA);
        List<Column> id = SCHEMA.columns().subList(0, 1);
        try (RootAllocator allocator = new RootAllocator()) {
            // The column of the predicate is not shown, but was read.
            assertThat(BinlogPairs.read(id, where)).isEqualTo(SCHEMA.columns());
            BinlogPairs pairs = new BinlogPairs(id, where, new TreeMap<>(), allocator);
            List<Long> offsets = new ArrayList<>();
            for (Slice slice : slices(random, log, 0)) {
                for (Bucket.FetchedRows batch : pairs.join(slice).batches()) {
                    for (int row = 0; row < batch.rows().rowCount(); row++) {
                        offsets.add(Slice.offset(batch, row));
                    }
                }
            }
            List<Long> expected = new ArrayList<>();
            for (int i = 0; i < log.size(); i++) {
                boolean passes =
                        passes(log.get(i)) || (log.get(i).type() == ChangeType.UPDATE_AFTER && passes(log.get(i - 1)));
                if (passes && log.get(i).type() != ChangeType.UPDATE_BEFORE) {
                    expected.add((long) i);
                }
            }
            assertThat(offsets).isEqualTo(expected);
        }
    }

    private static boolean passes(Change change) {
        String text = String.valueOf(change.text());
        return text.startsWith("a") || text.equals("b7") || text.startsWith("d");
    }

    @Test
    void anUpdateWithoutItsFormerRowHasNoBefore() {
        List<Change> log = List.of(new Change(ChangeType.UPDATE_AFTER, 1, "x"), new Change(ChangeType.INSERT, 2, "y"));
        try (RootAllocator allocator = new RootAllocator()) {
            Slice out = new BinlogPairs(SCHEMA.columns(), null, new TreeMap<>(), allocator)
                    .join(new Slice(BUCKET, null, List.of(batch(log, 0, 2)), 2));
            assertThat(texts(out, allocator)).containsExactly("0 UPDATE_AFTER null 1=x", "1 INSERT null 2=y");
        }
    }
}
