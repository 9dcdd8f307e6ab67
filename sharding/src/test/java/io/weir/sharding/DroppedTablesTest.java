package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.LocalBuckets;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogState;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.SimKvEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DroppedTablesTest {
    @TempDir
    Path logs;

    private final LocalBuckets buckets = new LocalBuckets();
    private final SimKvEngine engine = new SimKvEngine();
    private final KvStores stores = new KvStores(engine, 4);
    private final List<BucketId> ticked = new ArrayList<>();

    /** Its catalog has the tables 1 and 3 and of their partitions 5 and 7; the last ids given were 4 and 8. */
    private final class OneAnswer implements WeirCluster {
        @Override
        public ActorSystem<?> system() {
            throw new AssertionError("not asked for");
        }

        @Override
        public <R> CompletionStage<R> askBucket(
                BucketId bucket, Function<ActorRef<R>, Bucket.Command> question, Duration timeout) {
            throw new AssertionError("not asked for");
        }

        @Override
        public void tell(BucketId bucket, Bucket.Command command) {
            ticked.add(bucket);
        }

        @Override
        public CompletionStage<Catalog.Reply> askCatalog(Function<ActorRef<Catalog.Reply>, Catalog.Command> question) {
            return CompletableFuture.completedFuture(new Catalog.TableIds(Set.of(1L, 3L), 4, Set.of(5L, 7L), 8));
        }

        @Override
        public CompletionStage<Reaper.Reply> askReaper(boolean dryRun, Duration timeout) {
            throw new AssertionError("not asked for");
        }

        @Override
        public CompletionStage<io.weir.actors.tiering.Tiering.Reply> askTiering(
                Function<ActorRef<io.weir.actors.tiering.Tiering.Reply>, io.weir.actors.tiering.Tiering.Command>
                        question) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<io.weir.actors.tiering.Tiering.Status> tieringHere() {
            return Optional.empty();
        }

        @Override
        public long heldBackBytes() {
            return 0;
        }

        @Override
        public Optional<io.weir.lake.Lake> lake() {
            return Optional.empty();
        }

        @Override
        public Optional<CatalogState> catalogHere() {
            return Optional.empty();
        }

        @Override
        public CompletionStage<List<Member>> members() {
            throw new AssertionError("not asked for");
        }
    }

    private List<String> sweep(String... directories) throws IOException {
        for (String directory : directories) {
            Files.createDirectories(logs.resolve(directory).resolve("kv"));
        }
        DroppedTables dropped =
                new DroppedTables(new DiskFileStore(), logs, buckets, stores, new OneAnswer(), Runnable::run);
        return TestNodes.get(dropped.sweep()).stream().map(BucketId::entityId).toList();
    }

    @Test
    void bucketsOfDroppedTablesAndPartitionsGo() throws Exception {
        String[] stay = {"1-0", "1-5-0", "3-7-12", "5-0", "1-9-0", "5-9-0"};
        String[] go = {"2-0", "4-1", "2-5-0", "1-6-0", "1-8-3"};
        String[] strangers = {"2-0-1", "02-1", "x", "2", "2-1-1-1", "tmp-2-0"};
        List<String> all = new ArrayList<>(List.of(stay));
        all.addAll(List.of(go));
        all.addAll(List.of(strangers));
        assertThat(sweep(all.toArray(String[]::new))).containsExactlyInAnyOrder(stay);
        assertThat(stay).allMatch(name -> Files.exists(logs.resolve(name)));
        assertThat(strangers).allMatch(name -> Files.exists(logs.resolve(name)));
        assertThat(go).noneMatch(name -> Files.exists(logs.resolve(name)));
    }

    @Test
    void aBucketThatRunsIsToldAndDeletedLater() throws Exception {
        BucketId bucket = new BucketId(1, 6, 0);
        LocalBuckets.Lease lease = TestNodes.get(buckets.acquire(bucket));
        sweep("1-6-0");
        assertThat(ticked).containsExactly(bucket);
        assertThat(logs.resolve("1-6-0")).exists();
        lease.release();
        stores.use(logs.resolve("1-6-0/kv")).close();
        sweep();
        assertThat(logs.resolve("1-6-0")).doesNotExist();
        assertThat(engine.open()).as("stores left open").isZero();
    }
}
