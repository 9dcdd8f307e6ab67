package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.tiering.BucketRoundPorts;
import io.weir.actors.tiering.RoundPorts;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.kv.LevelDb;
import io.weir.persistence.objects.SimObjectStore.Operation;
import io.weir.persistence.objects.SimObjectStore.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a tiering round reads of buckets that run. */
class RoundPortsTest extends RemoteBuckets {
    private static final Map<String, String> EVERY_SECOND = Map.of("kv.snapshot-interval", "1s");
    private static final TableSchema NOW = ModelRows.SCHEMAS.get(2);

    @TempDir
    Path scratch;

    private record Asks(ActorRef<Bucket.Command> bucket) implements BucketRoundPorts.AskBucket {
        @Override
        public <R> CompletionStage<R> ask(
                BucketId id, Function<ActorRef<R>, Bucket.Command> question, Duration timeout) {
            return AskPattern.ask(bucket, question::apply, timeout, kit.system().scheduler());
        }
    }

    private BucketRoundPorts.Links links(ActorRef<Bucket.Command> bucket) {
        return new BucketRoundPorts.Links(
                new Asks(bucket),
                question -> CompletableFuture.completedFuture(new Catalog.Table(table.get())),
                (advanced, offset) -> bucket.tell(new Bucket.LakeAdvanced(offset)),
                manifests,
                kit.system().scheduler(),
                remote,
                files,
                LevelDb.engine(1 << 20, 1 << 20),
                scratch.resolve("tiering"),
                Clock.systemUTC());
    }

    private RoundPorts ports(ActorRef<Bucket.Command> bucket) {
        return new BucketRoundPorts(links(bucket));
    }

    /** As the catalog has it after the columns were changed. */
    private TableInfo changed() {
        return new TableInfo(
                id.tableId(),
                "db",
                "t",
                ModelRows.SCHEMAS,
                List.of("key", "c"),
                List.of("key"),
                List.of(),
                4,
                Map.of(),
                Instant.EPOCH);
    }

    private void awaitSnapshotAt(long offset) {
        soon().untilAsserted(() -> assertThat(manifest().snapshots())
                .extracting(KvSnapshot::offset)
                .last()
                .isEqualTo(offset));
    }

    private List<String> scratches() throws IOException {
        return files.list(scratch.resolve("tiering"));
    }

    @Test
    void theRowsOfASnapshotComeInTheCurrentSchemaAndLeaveNothingBehind() throws Exception {
        table.set(table(EVERY_SECOND));
        ActorRef<Bucket.Command> bucket = bucket();
        written(bucket, ChangeKind.UPSERT, row(3, 1, "c"), row(1, 1, "a"));
        written(bucket, ChangeKind.UPSERT, row(2, 1, "b"), row(1, 1, "a2"));
        long end = written(bucket, ChangeKind.DELETE, row(2, 1, null)).nextOffset();
        awaitSnapshotAt(end);

        RoundPorts.SnapshotRows rows =
                ports(bucket).snapshot(id, changed(), "tiering-1").orElseThrow();
        // The copy is here: what the object store has may go.
        assertThat(manifest().leases()).isEmpty();
        assertThat(scratches()).containsExactly("tiering-1");
        assertThat(rows.offset()).isEqualTo(end);
        assertThat(manifest().snapshots())
                .extracting(KvSnapshot::takenMs)
                .last()
                .isEqualTo(rows.takenMs());
        assertThat(rows.next()).isEqualTo(ModelRows.batch(NOW, List.of(row(1, 1, "a2"), row(3, 1, "c"))));
        assertThat(rows.next()).isNull();
        rows.close();
        assertThat(scratches()).isEmpty();
        stop(bucket);
    }

    @Test
    void aLargeSnapshotComesInPieces() {
        table.set(table(EVERY_SECOND));
        ActorRef<Bucket.Command> bucket = bucket();
        String large = "x".repeat(100_000);
        for (int i = 0; i < 4; i++) {
            List<Map<Integer, Object>> some = new ArrayList<>();
            for (int k = 0; k < 50; k++) {
                some.add(row(50L * i + k, 1, large));
            }
            write(bucket, ChangeKind.UPSERT, -1, some);
            writes.expectMessageClass(Bucket.Appended.class, SOON);
        }
        awaitSnapshotAt(200);

        List<Integer> counts = new ArrayList<>();
        try (RoundPorts.SnapshotRows rows =
                ports(bucket).snapshot(id, changed(), "tiering-1").orElseThrow()) {
            for (EncodedRows piece = rows.next(); piece != null; piece = rows.next()) {
                counts.add(piece.rowCount());
            }
        }
        assertThat(counts).hasSizeGreaterThan(1);
        assertThat(counts.stream().mapToInt(Integer::intValue).sum()).isEqualTo(200);
        stop(bucket);
    }

    @Test
    void aSnapshotThatDoesNotComeLeavesNeitherLeaseNorFiles() throws Exception {
        table.set(table(EVERY_SECOND));
        ActorRef<Bucket.Command> bucket = bucket();
        assertThat(ports(bucket).snapshot(id, changed(), "tiering-0")).isEmpty();
        awaitSnapshotAt(written(bucket, ChangeKind.UPSERT, row(1, 1, "a")).nextOffset());

        store.script((operation, name) -> operation == Operation.GET && name.contains("/kv/") ? Outcome.REFUSED : null);
        RoundPorts ports = ports(bucket);
        assertThatThrownBy(() -> ports.snapshot(id, changed(), "tiering-1"))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(id.entityId());
        assertThat(manifest().leases()).isEmpty();
        assertThat(scratches()).isEmpty();

        store.script((operation, name) -> null);
        ports.snapshot(id, changed(), "tiering-2").orElseThrow().close();
        assertThat(scratches()).isEmpty();
        stop(bucket);
    }

    @Test
    void whatAFormerProcessLeftIsDeletedAtTheStart() throws Exception {
        ActorRef<Bucket.Command> bucket = bucket();
        files.createDirectories(scratch.resolve("tiering").resolve("left"));
        BucketRoundPorts.cleanScratch(links(bucket));
        assertThat(scratch.resolve("tiering")).doesNotExist();
        describe(bucket);
        stop(bucket);
    }

    @Test
    void piecesOfALogFollowOneAnotherWhetherTheyWereFetchedAheadOrNot() {
        ActorRef<Bucket.Command> bucket = bucket();
        for (int k = 0; k < 4; k++) {
            written(bucket, ChangeKind.UPSERT, row(k, 1, "a"));
        }
        RoundPorts ports = ports(bucket);
        assertThat(ports.table(id.tableId())).isEqualTo(table.get());
        assertThat(ports.describe(id).highWatermark()).isEqualTo(4);

        List<Integer> columns = SCHEMA.columns().stream().map(Column::id).toList();
        RoundPorts.Piece first = new RoundPorts.Piece(id, 0, 2, columns, 1 << 20);
        RoundPorts.Piece second = new RoundPorts.Piece(id, 2, 4, columns, 1 << 20);
        ports.fetchAhead(second);
        assertThat(ports.fetch(first).nextOffset()).isEqualTo(2);
        ports.fetchAhead(second);
        assertThat(ports.fetch(second).nextOffset()).isEqualTo(4);

        ports.lakeAdvanced(id, 4);
        soon().until(() -> manifest().lakeOffset() == 4);
        ports.close();
        stop(bucket);
    }
}
