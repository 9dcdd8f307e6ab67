package io.weir.lake.iceberg;

import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.ValidationException;

/**
 * The one way snapshots are committed, by rounds, claims and maintenance alike: read the metadata, check it, build on just that and let
 * the catalog compare and set. Where another commit came between, all of it once more.
 */
final class PinnedCommit {
    /** Others that commit to the table are few (rounds, maintenance), so more losses than this in a row are no accident. */
    private static final int TRIES_MAX = 5;

    sealed interface Result {}

    /** @param metadata as it was committed; others may have committed since */
    record Done(TableMetadata metadata) implements Result {}

    /** Certainly not committed, and nothing that was sent can commit it later. */
    record Refused(String why) implements Result {}

    /** It may have been committed, or may be yet: nothing that it names may be deleted. */
    record Unknown(String why) implements Result {}

    @FunctionalInterface
    interface Update {
        /**
         * Builds one update and calls its commit. Called again when it was lost.
         *
         * @param table pinned to the metadata that was checked
         * @param commitId for {@link RoundMetadata#write}
         */
        void commit(Table table, String commitId);
    }

    private PinnedCommit() {}

    /**
     * What fails before the commit is sent is thrown as it is; then nothing was committed.
     *
     * @param operations of this caller alone
     * @param refusal why not, from the metadata that would be built on
     * @param update has to make a snapshot with the commit id in its summary
     */
    static Result run(
            TableOperations operations, String name, Function<TableMetadata, Optional<String>> refusal, Update update) {
        String commitId = UUID.randomUUID().toString();
        for (int attempt = 1; attempt <= TRIES_MAX; attempt++) {
            TableMetadata fresh = operations.refresh();
            Optional<String> refused = refusal.apply(fresh);
            if (refused.isPresent()) {
                return new Refused(refused.get());
            }
            PinnedOperations pinned = new PinnedOperations(operations, fresh);
            try {
                update.commit(new BaseTable(pinned, name), commitId);
            } catch (PinnedOperations.Lost e) {
                continue;
            } catch (CommitStateUnknownException e) {
                return lookUp(operations, commitId, e);
            } catch (RuntimeException e) {
                if (pinned.committed() == null) {
                    if (e instanceof ValidationException) {
                        return new Refused(Failures.firstLine(e));
                    }
                    throw e;
                }
            }
            TableMetadata committed = pinned.committed();
            if (committed == null) {
                throw new IllegalStateException("the update was not committed");
            }
            return new Done(committed);
        }
        return new Refused("other commits came between %d times".formatted(TRIES_MAX));
    }

    private static Result lookUp(TableOperations operations, String commitId, CommitStateUnknownException cause) {
        String why = Failures.firstLine(cause.getCause() == null ? cause : cause.getCause());
        try {
            TableMetadata found = operations.refresh();
            return RoundMetadata.holds(found, commitId) ? new Done(found) : new Unknown(why);
        } catch (RuntimeException e) {
            return new Unknown(why + "; and it cannot be looked up: " + Failures.firstLine(e));
        }
    }
}
