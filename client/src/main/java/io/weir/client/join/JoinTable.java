package io.weir.client.join;

import io.weir.client.ChangeBatch;
import io.weir.client.ChangelogCursor;
import io.weir.client.Rows;
import io.weir.client.TableDescription;
import io.weir.client.WeirTable;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/**
 * What a delta join needs of a table. A lookup sees every write that was acknowledged before it was asked, and every change that the
 * changelog has given out.
 */
interface JoinTable {
    TableDescription description();

    /** @param follow whether the source goes on for ever, or ends where the changelog ends now */
    Source<ChangeBatch, NotUsed> changes(ChangelogCursor from, List<String> columns, boolean follow);

    /** Where the changelog ends now. */
    CompletionStage<ChangelogCursor> end();

    /** These columns of all rows that were there before the source was run, each at least once. */
    Source<Rows, NotUsed> scan(List<String> columns);

    /** @param key one row, the columns of the bucket key */
    CompletionStage<Rows> prefix(Rows key, List<String> columns, int limit);

    CompletionStage<Done> upsert(Rows rows);

    CompletionStage<Done> delete(Rows keys);

    static JoinTable of(WeirTable table) {
        return new JoinTable() {
            @Override
            public TableDescription description() {
                return table.description();
            }

            @Override
            public Source<ChangeBatch, NotUsed> changes(ChangelogCursor from, List<String> columns, boolean follow) {
                return follow ? table.changelog(from, columns) : table.changelogUntilNow(from, columns);
            }

            @Override
            public CompletionStage<ChangelogCursor> end() {
                return table.changelogEnd();
            }

            @Override
            public Source<Rows, NotUsed> scan(List<String> columns) {
                return table.scan(columns);
            }

            @Override
            public CompletionStage<Rows> prefix(Rows key, List<String> columns, int limit) {
                return table.prefixLookup(key, columns, limit);
            }

            @Override
            public CompletionStage<Done> upsert(Rows rows) {
                return table.upsert(rows).thenApply(result -> Done.getInstance());
            }

            @Override
            public CompletionStage<Done> delete(Rows keys) {
                return table.delete(keys).thenApply(result -> Done.getInstance());
            }
        };
    }
}
