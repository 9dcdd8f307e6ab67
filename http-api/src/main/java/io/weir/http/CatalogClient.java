package io.weir.http;

import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.sharding.WeirCluster;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;

/** Asks the catalog, or looks into its state where it runs on this node; a refusal becomes the exception it stands for. */
final class CatalogClient {
    private final WeirCluster cluster;

    CatalogClient(WeirCluster cluster) {
        this.cluster = cluster;
    }

    /** The answer, which is of the one kind that this question has. */
    <R extends Catalog.Reply> CompletionStage<R> ask(
            Class<R> kind, Function<ActorRef<Catalog.Reply>, Catalog.Command> question) {
        return cluster.askCatalog(question).thenApply(reply -> {
            if (reply instanceof Catalog.Refused refused) {
                throw new WeirException(refused.code(), refused.detail());
            }
            if (!kind.isInstance(reply)) {
                throw new WeirException(ErrorCode.INTERNAL, "The catalog answered " + reply + " instead of " + kind);
            }
            return kind.cast(reply);
        });
    }

    /** The table, without asking where the catalog's state is here; one that is not found is asked for, which says why. */
    CompletionStage<TableInfo> table(String database, String table) {
        Optional<TableInfo> here = cluster.catalogHere().flatMap(state -> state.table(database, table));
        return here.isPresent()
                ? CompletableFuture.completedFuture(here.get())
                : ask(Catalog.Table.class, replyTo -> new Catalog.GetTable(database, table, replyTo))
                        .thenApply(Catalog.Table::info);
    }

    /** The partitions of a partitioned table, oldest first. */
    CompletionStage<List<PartitionInfo>> partitions(TableInfo table) {
        Optional<CatalogState> here = stateWith(table);
        return here.isPresent()
                ? CompletableFuture.completedFuture(here.get().partitions(table.tableId()))
                : ask(
                                Catalog.Partitions.class,
                                replyTo -> new Catalog.ListPartitions(table.database(), table.name(), replyTo))
                        .thenApply(Catalog.Partitions::partitions);
    }

    /** The partitions of these values, by name; those that do not exist are left out. */
    CompletionStage<Map<String, PartitionInfo>> partitions(TableInfo table, Set<String> names) {
        Optional<CatalogState> here = stateWith(table);
        if (here.isEmpty()) {
            return partitions(table).thenApply(all -> all.stream()
                    .filter(p -> names.contains(p.name()))
                    .collect(Collectors.toMap(PartitionInfo::name, Function.identity())));
        }
        Map<String, PartitionInfo> found = new HashMap<>();
        names.forEach(
                name -> here.get().partition(table.tableId(), name).ifPresent(partition -> found.put(name, partition)));
        return CompletableFuture.completedFuture(found);
    }

    private Optional<CatalogState> stateWith(TableInfo table) {
        return cluster.catalogHere()
                .filter(state -> state.table(table.tableId()).isPresent());
    }
}
