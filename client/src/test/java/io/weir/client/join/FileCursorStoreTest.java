package io.weir.client.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.client.ChangelogCursor;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCursorStoreTest {
    private static final JoinCursors CURSORS = new JoinCursors(
            new ChangelogCursor(3, new TreeMap<>(Map.of(0, 17L, 11, Long.MAX_VALUE))),
            new ChangelogCursor(5, new TreeMap<>()),
            new ChangelogCursor(6, new TreeMap<>(Map.of(2, 40L))));

    @TempDir
    Path directory;

    private FileCursorStore store() {
        return new FileCursorStore(directory.resolve("cursors"), Runnable::run);
    }

    private JoinCursors loaded() {
        return store().load().toCompletableFuture().join().orElseThrow();
    }

    @Test
    void whatWasSavedLastIsFound() {
        assertThat(store().load().toCompletableFuture().join()).isEmpty();

        store().save(new JoinCursors(CURSORS.right(), CURSORS.left(), CURSORS.output()))
                .toCompletableFuture()
                .join();
        store().save(CURSORS).toCompletableFuture().join();

        assertThat(loaded()).isEqualTo(CURSORS);
    }

    @Test
    void aWriteThatWasCutLeavesTheCursorsBefore() throws IOException {
        store().save(CURSORS).toCompletableFuture().join();
        Files.writeString(directory.resolve("cursors.next"), "{\"version\":1,\"le");

        assertThat(loaded()).isEqualTo(CURSORS);
    }

    @Test
    void damageIsSaidAndNotTakenForTheBeginning() throws IOException {
        for (String text : new String[] {
            "",
            "{}",
            "{\"version\":1}",
            "{\"version\":2}",
            "{\"version\":1,\"left\":{\"table_id\":1,\"offsets\":{}},\"right\":{\"table_id\":2,\"offsets\":{}}}",
            "{\"version\":1,\"left\":{\"table_id\":1,\"offsets\":{\"x\":1}}}"
        }) {
            Files.writeString(directory.resolve("cursors"), text);
            assertThatThrownBy(() -> store().load().toCompletableFuture().join())
                    .as(text)
                    .cause()
                    .isInstanceOf(WeirException.class)
                    .hasMessageContaining("cannot be read");
        }
    }
}
