package io.weir.client.join;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.client.ChangelogCursor;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;

/**
 * Cursors in a file of JSON. Written beside it, forced to disk and renamed, so that a crash leaves the old or the new ones:
 *
 * <pre>{"version":1,"left":{"table_id":3,"offsets":{"0":17,"1":4}},"right":{"table_id":5,"offsets":{}},
 * "output":{"table_id":6,"offsets":{"0":40}}}</pre>
 */
public final class FileCursorStore implements CursorStore {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int VERSION = 1;
    private static final long BYTES_MAX = 8 << 20;

    private final Path file;
    private final Executor blocking;

    /** @param blocking where the file is read and written, which may take its time */
    public FileCursorStore(Path file, Executor blocking) {
        this.file = file.toAbsolutePath();
        this.blocking = blocking;
    }

    /** On the actor system's threads for blocking work. */
    public static FileCursorStore of(Path file, ActorSystem<?> system) {
        return new FileCursorStore(file, system.dispatchers().lookup(DispatcherSelector.blocking()));
    }

    @Override
    public CompletionStage<Optional<JoinCursors>> load() {
        return CompletableFuture.supplyAsync(this::read, blocking);
    }

    @Override
    public CompletionStage<Done> save(JoinCursors cursors) {
        return CompletableFuture.supplyAsync(() -> write(cursors), blocking);
    }

    private Optional<JoinCursors> read() {
        try {
            if (Files.size(file) > BYTES_MAX) {
                throw damaged("it has more than " + BYTES_MAX + " bytes", null);
            }
            JsonNode json = JSON.readTree(Files.readAllBytes(file));
            if (json.path("version").asInt() != VERSION) {
                throw damaged("it is not of version " + VERSION, null);
            }
            return Optional.of(new JoinCursors(
                    cursor(json.path("left")), cursor(json.path("right")), cursor(json.path("output"))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            throw damaged(e.toString(), e);
        }
    }

    private static ChangelogCursor cursor(JsonNode json) {
        if (!json.path("table_id").isIntegralNumber() || !json.path("offsets").isObject()) {
            throw new IllegalArgumentException("table_id or offsets is missing");
        }
        SortedMap<Integer, Long> offsets = new TreeMap<>();
        json.path("offsets").properties().forEach(entry -> {
            if (!entry.getValue().isIntegralNumber() || entry.getValue().longValue() < 0) {
                throw new IllegalArgumentException("offset " + entry.getValue());
            }
            offsets.put(Integer.parseInt(entry.getKey()), entry.getValue().longValue());
        });
        return new ChangelogCursor(json.path("table_id").longValue(), offsets);
    }

    private WeirException damaged(String why, @org.jspecify.annotations.Nullable Throwable cause) {
        return new WeirException(
                ErrorCode.CORRUPT_DATA,
                "the cursors in %s cannot be read: %s; without the file, the join begins at the beginning"
                        .formatted(file, why),
                cause);
    }

    private Done write(JoinCursors cursors) {
        ObjectNode json = JSON.createObjectNode().put("version", VERSION);
        put(json.putObject("left"), cursors.left());
        put(json.putObject("right"), cursors.right());
        put(json.putObject("output"), cursors.output());
        Path next = file.resolveSibling(file.getFileName() + ".next");
        try {
            Files.write(next, JSON.writeValueAsBytes(json));
            force(next, StandardOpenOption.WRITE);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Path directory = file.getParent();
            if (directory != null) {
                force(directory, StandardOpenOption.READ);
            }
            return Done.getInstance();
        } catch (IOException e) {
            throw new WeirException(ErrorCode.INTERNAL, "the cursors cannot be written to " + file + ": " + e, e);
        }
    }

    private static void put(ObjectNode json, ChangelogCursor cursor) {
        ObjectNode offsets = json.put("table_id", cursor.tableId()).putObject("offsets");
        cursor.offsets().forEach((bucket, offset) -> offsets.put(bucket.toString(), offset));
    }

    private static void force(Path path, StandardOpenOption how) throws IOException {
        try (FileChannel channel = FileChannel.open(path, how)) {
            channel.force(true);
        }
    }
}
