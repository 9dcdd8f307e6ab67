package io.weir.client;

import io.weir.client.join.DeltaJoin;
import io.weir.client.join.FileCursorStore;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** The example of docs/client.md, which a test holds to this file. */
final class ExampleJoin {
    private ExampleJoin() {}

    public static void main(String[] arguments) {
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "example");
        try (BufferAllocator allocator = new RootAllocator(64L << 20)) {
            WeirClient client = WeirClient.create(URI.create("http://127.0.0.1:8080"), system, allocator);
            WeirTable orders =
                    client.table("shop", "orders").toCompletableFuture().join();
            WeirTable customers =
                    client.table("shop", "customers").toCompletableFuture().join();
            WeirTable joined =
                    client.table("shop", "order_details").toCompletableFuture().join();

            customers
                    .upsert(customers.rows("{\"customer\":\"ada\",\"city\":\"London\"}"))
                    .toCompletableFuture()
                    .join();
            orders.upsert(orders.rows("{\"customer\":\"ada\",\"id\":1,\"amount\":\"12.50\"}"))
                    .toCompletableFuture()
                    .join();

            DeltaJoin join = DeltaJoin.left(orders, customers, joined)
                    .cursors(FileCursorStore.of(Path.of("order_details.cursors"), system))
                    .build();
            join.catchUp(system).done().toCompletableFuture().join(); // join.run(system) goes on until it is stopped

            Rows ada = joined.rows(joined.description().bucketKey(), "{\"customer\":\"ada\"}");
            System.out.println(joined.prefixLookup(ada, List.of("id", "amount", "city"), 100)
                    .toCompletableFuture()
                    .join()
                    .toJson(allocator));
        } finally {
            system.terminate();
        }
    }
}
