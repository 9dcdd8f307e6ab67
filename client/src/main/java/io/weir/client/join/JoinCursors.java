package io.weir.client.join;

import io.weir.client.ChangelogCursor;
import io.weir.client.TableDescription;

/** How far a delta join has come: all changes before these places are in the output. */
public record JoinCursors(ChangelogCursor left, ChangelogCursor right) {
    static JoinCursors start(TableDescription left, TableDescription right) {
        return new JoinCursors(ChangelogCursor.start(left), ChangelogCursor.start(right));
    }
}
