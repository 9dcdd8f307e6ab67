package io.weir.client.join;

import io.weir.client.ChangelogCursor;
import java.util.Map;

/**
 * How far a delta join has come: for all changes before these places, its join keys were made right.
 *
 * @param output the output's own changelog, in which a join sees what others wrote
 */
public record JoinCursors(ChangelogCursor left, ChangelogCursor right, ChangelogCursor output) {
    JoinCursors moved(Followed table, Map<Integer, Long> offsets) {
        return switch (table) {
            case LEFT -> new JoinCursors(moved(left, offsets), right, output);
            case RIGHT -> new JoinCursors(left, moved(right, offsets), output);
            case OUTPUT -> new JoinCursors(left, right, moved(output, offsets));
        };
    }

    private static ChangelogCursor moved(ChangelogCursor before, Map<Integer, Long> offsets) {
        ChangelogCursor moved = before;
        for (Map.Entry<Integer, Long> entry : offsets.entrySet()) {
            moved = moved.moved(entry.getKey(), entry.getValue());
        }
        return moved;
    }
}
