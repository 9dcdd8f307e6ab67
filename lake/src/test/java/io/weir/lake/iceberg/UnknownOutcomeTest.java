package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.exceptions.BadRequestException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.ForbiddenException;
import org.apache.iceberg.exceptions.NotAuthorizedException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;
import org.apache.iceberg.jdbc.UncheckedSQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Catalogs whose answers are lost, before or after they did what was asked. */
class UnknownOutcomeTest {
    private static final TableSchema SCHEMA = LakeFixture.schema(1, new Column(1, "id", DataType.Simple.BIGINT, false));
    private static final LakeTableSpec SPEC = LakeFixture.log(SCHEMA);

    @TempDir
    Path directory;

    private LakeFixture fixture;
    private FaultyOperations operations;
    private LakeTable table;

    @BeforeEach
    void open() {
        fixture = new LakeFixture(directory);
        fixture.lake.open(SPEC);
        operations = new FaultyOperations(fixture.table(SPEC).operations());
        table = new IcebergTable(operations, SPEC, Clock.systemUTC());
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private LakeRound round(long epoch) {
        LakeRound round = table.begin(table.state(), epoch);
        round.append(LakeFixture.rows(SCHEMA, 0, 0, List.of(List.of(1L), List.of(2L))));
        return round;
    }

    @Test
    void aCommitThatWasAppliedIsFoundWhateverTheCatalogThrew() {
        for (RuntimeException thrown : failures()) {
            operations.after = thrown;
            LakeRound round = round(table.state().epoch() + 1);
            assertThat(round.commit(Map.of("b", table.state().epoch() + 1)))
                    .as("%s", thrown)
                    .isInstanceOf(LakeRound.Committed.class);
            round.close();
        }
        assertThat(fixture.read(SPEC)).hasSize(2 * failures().size());
    }

    @Test
    void aCommitThatWasNotAppliedAfterAnUnclearFailureStaysUnknownAndNothingIsDeleted() throws IOException {
        for (RuntimeException thrown : failures()) {
            if (thrown instanceof CommitFailedException) {
                continue;
            }
            operations.before = thrown;
            LakeRound round = round(table.state().epoch() + 1);
            round.bytes();
            assertThat(round.commit(Map.of("b", 2L))).as("%s", thrown).isInstanceOf(LakeRound.Unknown.class);
            TreeSet<String> left = files();
            round.close();
            assertThat(files()).isEqualTo(left);
            assertThat(left.stream().filter(f -> f.contains("weir-")).count()).isPositive();

            // The request may come through late: everything that it names is still there.
            operations.deliverLate();
            assertThat(table.state().offsets()).isEqualTo(Map.of("b", 2L));
            fixture.read(SPEC);
            fixture.table(SPEC).manageSnapshots();
        }
    }

    @Test
    void aCommitThatIsNotAllowedIsNoUnknownOneAndItsFilesAreRemoved() throws IOException {
        for (RuntimeException thrown : List.of(
                new ForbiddenException("Forbidden: %s", "read only"),
                new NotAuthorizedException("Not authorized: %s", "who are you"),
                new BadRequestException("Malformed request: %s", "what"))) {
            TreeSet<String> before = files();
            operations.before = thrown;
            LakeRound round = round(table.state().epoch() + 1);
            assertThatThrownBy(() -> round.commit(Map.of("b", 2L)))
                    .isInstanceOf(WeirException.class)
                    .hasMessageContaining(thrown.getMessage());
            round.close();
            assertThat(files()).as("%s", thrown).isEqualTo(before);

            // Of a client that asked again by itself, and had been heard the first time.
            operations.after = thrown;
            LakeRound heard = round(table.state().epoch() + 1);
            assertThat(heard.commit(Map.of("b", 2L))).isInstanceOf(LakeRound.Committed.class);
        }
    }

    @Test
    void anUnknownRoundIsKeptOutByAClaim() {
        operations.before = new CommitStateUnknownException(new RuntimeException("timed out"));
        LakeRound round = round(1);
        assertThat(round.commit(Map.of("b", 2L))).isInstanceOf(LakeRound.Unknown.class);
        table.claim(2);
        assertThatThrownBy(operations::deliverLate).isInstanceOf(CommitFailedException.class);
        assertThat(fixture.read(SPEC)).isEmpty();
    }

    @Test
    void aLookUpThatFailsLeavesItUnknown() throws IOException {
        operations.after = new UncheckedSQLException("lost");
        operations.refreshAfterCommit = new UncheckedSQLException("away");
        LakeRound round = round(1);
        assertThat(round.commit(Map.of("b", 2L))).isInstanceOf(LakeRound.Unknown.class);
        round.close();
        operations.refreshAfterCommit = null;
        assertThat(table.state().offsets()).isEqualTo(Map.of("b", 2L));
        assertThat(fixture.read(SPEC)).hasSize(2);
    }

    @Test
    void aCommitThatLosesAgainstAnotherOfTheSameStateIsTriedAgain() {
        operations.beforeCommit =
                () -> fixture.table(SPEC).newAppend().set("by", "another").commit();
        LakeRound round = round(1);
        assertThat(round.commit(Map.of("b", 2L))).isInstanceOf(LakeRound.Committed.class);
        assertThat(fixture.read(SPEC)).hasSize(2);
    }

    @Test
    void aCommitThatLosesForEverIsRefusedAndItsFilesAreRemoved() throws IOException {
        operations.always =
                () -> fixture.table(SPEC).newAppend().set("by", "another").commit();
        LakeRound round = round(1);
        assertThat(round.commit(Map.of("b", 2L))).isInstanceOf(LakeRound.Refused.class);
        round.close();
        assertThat(files()).noneMatch(f -> f.contains("weir-"));
    }

    @Test
    void aClaimWhoseOutcomeIsNotKnownSaysSo() {
        operations.before = new UncheckedSQLException("lost");
        assertThatThrownBy(() -> table.claim(3)).isInstanceOfSatisfying(WeirException.class, e -> assertThat(e.code())
                .isEqualTo(ErrorCode.LAKE_UNAVAILABLE));
        operations.after = new UncheckedSQLException("lost");
        assertThat(table.claim(4).epoch()).isEqualTo(4);
    }

    private static List<RuntimeException> failures() {
        return List.of(
                new CommitStateUnknownException(new RuntimeException("timed out")),
                new UncheckedSQLException("connection lost"),
                new CommitFailedException("the client asked again and was refused by itself"),
                new IllegalStateException("anything"));
    }

    private TreeSet<String> files() throws IOException {
        TreeSet<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.walk(directory)) {
            files.filter(f -> f.toString().endsWith(".parquet") || f.toString().endsWith(".avro"))
                    .forEach(f -> names.add(f.toString()));
        }
        return names;
    }

    /** Does, or does not do, what is asked, and throws; each fault once. */
    private static final class FaultyOperations implements TableOperations {
        private final TableOperations real;
        private RuntimeException before;
        private RuntimeException after;
        private RuntimeException refreshAfterCommit;
        private boolean committing;
        private Runnable beforeCommit;
        private Runnable always;
        private TableMetadata[] late;

        FaultyOperations(TableOperations real) {
            this.real = real;
        }

        void deliverLate() {
            TableMetadata[] request = late;
            real.commit(request[0], request[1]);
        }

        @Override
        public TableMetadata current() {
            return real.current();
        }

        @Override
        public TableMetadata refresh() {
            if (committing && refreshAfterCommit != null) {
                throw refreshAfterCommit;
            }
            return real.refresh();
        }

        @Override
        public void commit(TableMetadata base, TableMetadata metadata) {
            committing = true;
            if (always != null) {
                always.run();
            }
            if (beforeCommit != null) {
                Runnable once = beforeCommit;
                beforeCommit = null;
                once.run();
            }
            if (before != null) {
                RuntimeException thrown = before;
                before = null;
                late = new TableMetadata[] {base, metadata};
                throw thrown;
            }
            real.commit(base, metadata);
            if (after != null) {
                RuntimeException thrown = after;
                after = null;
                throw thrown;
            }
        }

        @Override
        public FileIO io() {
            return real.io();
        }

        @Override
        public String metadataFileLocation(String fileName) {
            return real.metadataFileLocation(fileName);
        }

        @Override
        public LocationProvider locationProvider() {
            return real.locationProvider();
        }
    }
}
