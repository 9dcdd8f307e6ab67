package io.weir.client.join;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/** Cursors in memory. */
final class MemoryCursorStore implements CursorStore {
    private volatile @Nullable JoinCursors saved;

    @Override
    public CompletionStage<Optional<JoinCursors>> load() {
        return CompletableFuture.completedFuture(Optional.ofNullable(saved));
    }

    @Override
    public CompletionStage<Done> save(JoinCursors cursors) {
        saved = cursors;
        return CompletableFuture.completedFuture(Done.getInstance());
    }
}
