package io.weir.client.join;

import io.weir.client.ChangeBatch;
import io.weir.client.ChangelogCursor;
import io.weir.client.Rows;
import io.weir.client.TableDescription;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/**
 * A fake table as one run of a join sees it, until the run's fuse blows.
 *
 * @param late takes the writes that were on their way then
 */
record FakeConnection(FakeTable table, Fuse fuse, int rowsMax, Executor executor, Queue<Runnable> late)
        implements JoinTable {
    @Override
    public TableDescription description() {
        return table.description();
    }

    @Override
    public Source<ChangeBatch, NotUsed> changes(ChangelogCursor from, List<String> columns, boolean follow) {
        return table.changes(from, columns, follow, rowsMax);
    }

    @Override
    public CompletionStage<ChangelogCursor> end() {
        return call(table::end);
    }

    @Override
    public Source<Rows, NotUsed> scan(List<String> columns) {
        return Source.lazySource(() -> Source.from(table.scan(columns, rowsMax)))
                .mapAsync(1, rows -> call(() -> rows))
                .mapMaterializedValue(ignored -> NotUsed.getInstance());
    }

    @Override
    public CompletionStage<Rows> prefix(Rows key, List<String> columns, int limit) {
        return call(() -> table.prefix(key, columns, limit));
    }

    @Override
    public CompletionStage<Done> upsert(Rows rows) {
        return write(() -> table.upsert(rows));
    }

    @Override
    public CompletionStage<Done> delete(Rows keys) {
        return write(() -> table.delete(keys));
    }

    private CompletionStage<Done> write(Runnable write) {
        CompletionStage<Done> done = call(() -> {
            write.run();
            return Done.getInstance();
        });
        return done.whenComplete((written, failure) -> {
            if (failure != null) {
                late.add(write);
            }
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
