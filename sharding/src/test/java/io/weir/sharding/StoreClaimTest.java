package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.objects.DirectoryObjectStore;
import io.weir.persistence.objects.ObjectFiles;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.Materializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreClaimTest {
    private static final Config CONFIG = ConfigFactory.parseString("pekko.actor.provider = local")
            .withFallback(ConfigFactory.defaultReference())
            .resolve();

    @TempDir
    Path directory;

    private final ActorTestKit kit = ActorTestKit.create("store-claim", CONFIG);
    private final ArrayDeque<CompletionStage<Optional<String>>> answers = new ArrayDeque<>();
    private DirectoryObjectStore store;
    private RemoteTier tier;

    @BeforeEach
    void open() throws IOException {
        Materializer materializer = Materializer.matFromSystem(kit.system());
        store = DirectoryObjectStore.open(
                directory, new DiskFileStore(), ForkJoinPool.commonPool(), materializer, new SplittableRandom(1));
        tier = new RemoteTier(
                store,
                new Transfers(store, 1, 1, ForkJoinPool.commonPool(), Duration.ofSeconds(1), materializer),
                new ObjectFiles(store, 0, 0, 1, Duration.ofSeconds(1), materializer),
                Clock.systemUTC(),
                new SplittableRandom(1),
                Duration.ofHours(1));
    }

    @AfterEach
    void end() throws IOException {
        kit.shutdownTestKit();
        store.close();
    }

    private CompletionStage<Done> claim(Duration patience) {
        return new StoreClaim(
                        answers::remove, tier, patience, Duration.ofMillis(20), Duration.ofMillis(50), kit.system())
                .run();
    }

    private static CompletionStage<Optional<String>> notNow() {
        return CompletableFuture.failedFuture(new IOException("not now"));
    }

    @Test
    void aStoreThatAnswersLateIsNotWaitedForButAskedAgain() {
        CompletableFuture<Optional<String>> late = new CompletableFuture<>();
        answers.add(notNow());
        answers.add(notNow());
        answers.add(late);
        TestNodes.get(claim(Duration.ofMillis(200)));
        assertThat(tier.isConfirmed()).isFalse();
        late.complete(Optional.empty());
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(tier::isConfirmed);
    }

    @Test
    void aStoreOfAnotherClusterFailsTheStart() {
        answers.add(notNow());
        answers.add(CompletableFuture.completedFuture(Optional.of("it belongs to another")));
        assertThatThrownBy(() -> TestNodes.get(claim(Duration.ofSeconds(30))))
                .hasRootCauseInstanceOf(IllegalStateException.class)
                .hasStackTraceContaining("it belongs to another");
        assertThat(tier.isConfirmed()).isFalse();
    }
}
