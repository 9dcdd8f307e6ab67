package io.weir.client;

import java.net.URI;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * A store, by its HTTP address. Thread-safe; holds connections of the actor system's pools and nothing that must be closed. The allocator
 * is used within calls only; all rows that a call returns lie on the heap.
 */
public final class WeirClient {
    private final Requests requests;
    private final BufferAllocator allocator;
    private final Supplier<String> writerIds;

    WeirClient(Requests requests, BufferAllocator allocator, Supplier<String> writerIds) {
        this.requests = requests;
        this.allocator = allocator;
        this.writerIds = writerIds;
    }

    /** @param base as {@code http://127.0.0.1:8080} */
    public static WeirClient create(URI base, ActorSystem<?> system, BufferAllocator allocator) {
        return create(base, system, allocator, ClientSettings.DEFAULT);
    }

    public static WeirClient create(
            URI base, ActorSystem<?> system, BufferAllocator allocator, ClientSettings settings) {
        return create(base, system, allocator, settings, new Random(), () -> UUID.randomUUID()
                .toString());
    }

    static WeirClient create(
            URI base,
            ActorSystem<?> system,
            BufferAllocator allocator,
            ClientSettings settings,
            RandomGenerator random,
            Supplier<String> writerIds) {
        if (base.getHost() == null
                || base.getScheme() == null
                || !base.getScheme().matches("https?")) {
            throw new IllegalArgumentException("a base address is like http://127.0.0.1:8080, and not " + base);
        }
        return new WeirClient(new Requests(base, system, settings, random), allocator, writerIds);
    }

    public BufferAllocator allocator() {
        return allocator;
    }

    /** Asks what the table is. Fails with DATABASE_NOT_FOUND or TABLE_NOT_FOUND where there is none. */
    public CompletionStage<WeirTable> table(String database, String name) {
        Paths paths = new Paths(requests.base(), database, name);
        return requests.send(
                        HttpRequest.GET(paths.of("")),
                        false,
                        requests.settings().retryFor())
                .thenApply(answer -> TableDescription.parse(answer.body()))
                .thenApply(description ->
                        new WeirTable(requests, paths, description, allocator, new Writer(writerIds.get())));
    }
}
