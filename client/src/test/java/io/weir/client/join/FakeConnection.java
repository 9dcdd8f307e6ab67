package io.weir.client.join;

import io.weir.client.ChangeBatch;
import io.weir.client.ChangelogCursor;
import io.weir.client.Rows;
import io.weir.client.TableDescription;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** A fake table as one run of a join sees it, until the run's fuse blows. */
record FakeConnection(FakeTable table, Fuse fuse, int rowsMax, Executor executor) implements JoinTable {
    @Override
    public TableDescription description() {
        return table.description();
    }

    @Override
    public Source<ChangeBatch, NotUsed> changes(ChangelogCursor from, List<String> columns, boolean follow) {
        return table.changes(from, columns, follow, rowsMax);
    }

    @Override
    public CompletionStage<Rows> prefix(Rows key, List<String> columns, int limit) {
        return call(() -> table.prefix(key, columns, limit));
    }

    @Override
    public CompletionStage<Done> upsert(Rows rows) {
        return call(() -> {
            table.upsert(rows);
            return Done.getInstance();
        });
    }

    @Override
    public CompletionStage<Done> delete(Rows keys) {
        return call(() -> {
            table.delete(keys);
            return Done.getInstance();
        });
    }

    private <T> CompletionStage<T> call(java.util.function.Supplier<T> effect) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                answer.complete(fuse.around(effect));
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }
}
