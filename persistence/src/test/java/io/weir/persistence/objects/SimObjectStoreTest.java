package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.persistence.objects.SimObjectStore.Operation;
import io.weir.persistence.objects.SimObjectStore.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.util.ByteString;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SimObjectStoreTest extends ObjectStoreContract {
    private SimObjectStore store;

    @BeforeEach
    void open() {
        store = new SimObjectStore(1, SystemMaterializer.get(system).materializer());
    }

    @Override
    ObjectStore store() {
        return store;
    }

    private void putFails(ObjectName name) {
        assertThatThrownBy(() -> putSmall(name)).isInstanceOf(ObjectStoreException.Retryable.class);
    }

    @Test
    void aPutIsRefusedOrAppliedButFailedOrAppliedLate() {
        store.next(Operation.PUT, 1, Outcome.REFUSED);
        putFails(name("a"));
        assertThat(store.names()).isEmpty();
        store.next(Operation.PUT, 1, Outcome.APPLIED_BUT_FAILED);
        putFails(name("b"));
        assertThat(store.names()).containsExactly(name("b"));
        store.next(Operation.PUT, 1, Outcome.LATE);
        putFails(name("c"));
        assertThat(store.names()).containsExactly(name("b"));
        store.settle();
        assertThat(store.names()).containsExactly(name("b"), name("c"));
        assertThat(store.requests(Operation.PUT)).isEqualTo(3);
    }

    @Test
    void aPutIfAbsentWhoseAnswerIsLostIsUnknown() {
        store.next(Operation.PUT_IF_ABSENT, 1, Outcome.APPLIED_BUT_FAILED);
        assertThat(await(store.putIfAbsent(name("a"), ByteString.fromString("1"))))
                .isInstanceOf(PutIfAbsent.Unknown.class);
        assertThat(await(store.putIfAbsent(name("a"), ByteString.fromString("2"))))
                .isEqualTo(new PutIfAbsent.Exists());
        assertThat(store.bytes(name("a"))).isEqualTo(new byte[] {'1'});
    }

    @Test
    void aGetBreaksOffOrEndsEarly() {
        StoredObject stored = store.store(name("a"), bytes(1, 100_000));
        store.next(Operation.GET, 1, Outcome.BROKEN_OFF);
        assertThatThrownBy(() -> read(store.get(stored))).isInstanceOf(ObjectStoreException.Retryable.class);
        store.next(Operation.GET, 1, Outcome.CUT_SHORT);
        assertThatThrownBy(() -> read(store.get(stored))).isInstanceOf(ObjectStoreException.Damaged.class);
        assertThat(read(store.get(stored))).hasSize(100_000);
        store.damage(name("a"), 77);
        assertThatThrownBy(() -> read(store.get(stored))).isInstanceOf(ObjectStoreException.Damaged.class);
    }

    @Test
    void itStandsStillUntilItGoesOn() {
        store.standStill();
        CompletableFuture<StoredObject> put =
                store.put(name("a"), body(bytes(1, 10))).toCompletableFuture();
        Awaitility.await().until(() -> store.standing() == 1);
        assertThat(put).isNotDone();
        store.goOn();
        assertThat(await(put).size()).isEqualTo(10);
        assertThat(store.standing()).isZero();
    }

    @Test
    void listingsLagBehindPutsAndDeletesForAWhile() {
        store.store(name("old"), new byte[1]);
        store.faults(SimFaults.NONE.withListLag(1));
        putSmall(name("new"));
        await(store.delete(name("old")));
        assertThat(listAll(at, 10)).containsExactly(name("old").value());
        for (int i = 0; i < 5; i++) {
            await(store.list(at, Optional.empty(), 10));
        }
        assertThat(listAll(at, 10)).containsExactly(name("new").value());
        await(store.delete(name("new")));
        store.faults(SimFaults.NONE);
        assertThat(listAll(at, 10)).isEmpty();
    }

    /** With faults of every kind, what an answer says still holds. */
    @Test
    void answersAreTrueUnderFaults() {
        store.faults(SimFaults.errors(0.2).withDelays(0.5, Duration.ofMillis(1)));
        List<StoredObject> stored = new ArrayList<>();
        int failed = 0;
        for (int i = 0; i < 100; i++) {
            try {
                stored.add(await(store.put(name("x" + i), body(bytes(i, 1 + 500 * i)))));
            } catch (ObjectStoreException.Retryable e) {
                failed++;
            }
        }
        assertThat(failed).isBetween(20, 60);
        assertThat(stored).allMatch(one -> store.names().contains(one.name()));
        int failedGets = 0;
        for (StoredObject one : stored) {
            try {
                assertThat(Arrays.hashCode(read(store.get(one)))).isEqualTo(Arrays.hashCode(store.bytes(one.name())));
            } catch (ObjectStoreException e) {
                failedGets++;
            }
        }
        assertThat(failedGets).isBetween(5, 60);
    }
}
