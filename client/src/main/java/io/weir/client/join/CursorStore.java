package io.weir.client.join;

import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/**
 * Keeps the cursors of one delta join. What was saved last, or before that, is found again; never a mix. Losing them costs time and no
 * rows: the join then begins at the beginning.
 */
public interface CursorStore {
    /** Empty where none were saved. */
    CompletionStage<Optional<JoinCursors>> load();

    /** Not called again before the stage is complete. */
    CompletionStage<Done> save(JoinCursors cursors);

    /** Keeps them in memory, for a join that begins anew with its process. */
    static CursorStore inMemory() {
        return new MemoryCursorStore();
    }
}
