package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.persistence.objects.ObjectStoreException;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.SimObjectStore;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.Materializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StoreIdentityTest {
    private static ActorTestKit kit;
    private SimObjectStore store;
    private int given;

    @BeforeAll
    static void startSystem() {
        kit = ActorTestKit.create();
    }

    @AfterAll
    static void stopSystem() {
        kit.shutdownTestKit();
    }

    @BeforeEach
    void newStore() {
        store = new SimObjectStore(1, Materializer.matFromSystem(kit.system()));
    }

    private Optional<String> refusal(String clusterId) throws Exception {
        return refusal(() -> CompletableFuture.completedFuture(clusterId));
    }

    private Optional<String> refusal(Supplier<CompletionStage<String>> clusterId) throws Exception {
        StoreIdentity.ClusterId catalog = new StoreIdentity.ClusterId() {
            @Override
            public CompletionStage<String> get() {
                return clusterId.get();
            }

            @Override
            public CompletionStage<String> give() {
                given++;
                return clusterId.get();
            }
        };
        return new StoreIdentity(SimTier.over(store, Materializer.matFromSystem(kit.system())), catalog)
                .refusal()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @Test
    void theFirstClusterOwnsTheStoreAndNoOtherDoes() throws Exception {
        assertThat(refusal("one")).isEmpty();
        assertThat(new String(store.bytes(RemoteNames.IDENTITY), StandardCharsets.UTF_8))
                .isEqualTo("{\"format\":1,\"cluster_id\":\"one\"}");
        assertThat(refusal("one")).isEmpty();
        assertThat(refusal("two")).hasValueSatisfying(why -> assertThat(why)
                .contains("cluster one", "cluster two", "weir recover", "WEIR_OBJECT_STORE"));
        assertThat(refusal("one")).isEmpty();
    }

    @Test
    void aNewClusterIsNotNamedWhereTheStoreIsAnothers() throws Exception {
        store.store(RemoteNames.IDENTITY, StoreIdentity.encode("one"));
        assertThat(refusal("")).hasValueSatisfying(why -> assertThat(why)
                .contains("cluster one", "is new", "weir recover", "WEIR_OBJECT_STORE"));
        assertThat(given).isZero();
    }

    @Test
    void anAnswerThatWasLostIsFoundOut() throws Exception {
        store.next(SimObjectStore.Operation.PUT_IF_ABSENT, 1, SimObjectStore.Outcome.APPLIED_BUT_FAILED);
        assertThat(refusal("one")).isEmpty();
        assertThat(refusal("two")).isPresent();
    }

    @Test
    void aStoreOrACatalogOutOfReachIsNoRefusal() throws Exception {
        store.next(SimObjectStore.Operation.PUT_IF_ABSENT, 1, SimObjectStore.Outcome.REFUSED);
        assertThatThrownBy(() -> refusal("one")).hasCauseInstanceOf(ObjectStoreException.Retryable.class);
        assertThatThrownBy(() -> refusal(() -> CompletableFuture.failedFuture(new IllegalStateException("no catalog"))))
                .hasRootCauseMessage("no catalog");
        assertThat(store.names()).isEmpty();
        // Not there yet, so neither claimed nor another's.
        store.next(SimObjectStore.Operation.PUT_IF_ABSENT, 1, SimObjectStore.Outcome.LATE);
        assertThatThrownBy(() -> refusal("one")).hasCauseInstanceOf(ObjectStoreException.class);
        store.settle();
        assertThat(refusal("one")).isEmpty();
    }

    @Test
    void aStoreThatSaysSomethingElseIsRefused() throws Exception {
        for (String other : new String[] {"", "{}", "{\"format\":2,\"cluster_id\":\"one\"}", "{\"format\":1"}) {
            store.store(RemoteNames.IDENTITY, other.getBytes(StandardCharsets.UTF_8));
            assertThat(refusal("one"))
                    .hasValueSatisfying(why -> assertThat(why).contains("weir.json", "WEIR_OBJECT_STORE"));
        }
    }
}
