package io.weir.actors.bucket;

import static io.weir.actors.bucket.ManifestSamples.BUCKET;
import static io.weir.actors.bucket.ManifestSamples.NODE;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.serialization.EventSerializer;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.RemoteNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;

/** Random commands of living and former leaders: what holds of every manifest, after each of them. */
class ManifestPropertyTest {
    private final ActorRef<BucketManifest.Reply> nobody =
            TestInbox.<BucketManifest.Reply>create().getRef();
    private final EventSerializer serializer = new EventSerializer();

    @Property(tries = 60)
    void aManifestFitsTogetherAndItsEventsAndItsCopyGiveItAgain(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        Manifest state = Manifest.EMPTY;
        List<BucketManifest.Event> events = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            ManifestRules.Decision decision = anyCommand(random, state, i);
            if (decision instanceof ManifestRules.Store store) {
                Manifest next = state.with(store.event());
                assertThat(next.version()).isEqualTo(state.version() + 1);
                assertThat(next.remoteEnd()).isGreaterThanOrEqualTo(state.remoteEnd());
                assertThat(next.lakeOffset()).isGreaterThanOrEqualTo(state.lakeOffset());
                assertThat(next.epoch()).isGreaterThanOrEqualTo(state.epoch());
                assertThat(next.numbersBelow()).isGreaterThanOrEqualTo(state.numbersBelow());
                state = next;
                events.add(store.event());
                assertWhole(state);
            }
        }
        Manifest replayed = Manifest.EMPTY;
        for (BucketManifest.Event event : events) {
            replayed = replayed.with((BucketManifest.Event)
                    serializer.fromBinary(serializer.toBinary(event), serializer.manifest(event)));
        }
        assertThat(replayed).isEqualTo(state);
        assertThat(serializer.fromBinary(serializer.toBinary(state), serializer.manifest(state)))
                .isEqualTo(state);
        assertThat(ManifestCopy.decode(BUCKET, ManifestCopy.encode(BUCKET, state)))
                .isEqualTo(state);
    }

    private static void assertWhole(Manifest state) {
        new ManifestCheck(state, RemoteNames.bucketPrefix(BUCKET.entityId())).check();
        List<Long> taken = state.snapshots().stream().map(KvSnapshot::takenMs).toList();
        List<Long> leased = state.leases().stream().map(Manifest.Lease::takenMs).toList();
        assertThat(taken).containsAll(leased);
        List<Long> old = taken.subList(0, Math.max(0, taken.size() - Manifest.SNAPSHOTS_KEPT));
        assertThat(leased).containsAll(old);
    }

    private ManifestRules.Decision anyCommand(Random random, Manifest state, int step) {
        long nowMs = 1000L * step;
        int epoch = random.nextInt(10) == 0 ? state.epoch() - 1 : state.epoch();
        String holder = "holder" + random.nextInt(4);
        long near = state.remoteEnd() + random.nextInt(3) - 1;
        return switch (random.nextInt(12)) {
            case 0 ->
                ManifestRules.raiseEpoch(
                        state,
                        new BucketManifest.RaiseEpoch(
                                BUCKET, random.nextInt(8) == 0 ? state.epoch() + 3 : 0, NODE, nobody));
            case 1, 2, 3 ->
                ManifestRules.addSegment(
                        state,
                        new BucketManifest.AddSegment(
                                BUCKET, epoch, anySegment(random, state, near, step), random.nextInt(100), nobody));
            case 4 ->
                ManifestRules.removeSegments(
                        state,
                        new BucketManifest.RemoveSegments(
                                BUCKET, epoch, state.remoteStart() + random.nextInt(30), nobody));
            case 5 ->
                ManifestRules.dropAll(
                        state, new BucketManifest.DropAll(BUCKET, epoch, near - random.nextInt(4), nobody));
            case 6, 10 ->
                ManifestRules.addSnapshot(
                        state,
                        new BucketManifest.AddSnapshot(
                                BUCKET, epoch, ManifestSamples.snapshot(near, nowMs), random.nextInt(100), nobody),
                        nowMs);
            case 7, 8 ->
                ManifestRules.leaseSnapshot(
                        state,
                        new BucketManifest.LeaseSnapshot(
                                BUCKET, holder, Duration.ofSeconds(random.nextInt(20)), nobody),
                        nowMs);
            case 11 ->
                ManifestRules.advanceLake(
                        state,
                        new BucketManifest.AdvanceLake(
                                BUCKET, epoch, state.lakeOffset() + random.nextInt(20) - 5, nobody));
            default -> ManifestRules.releaseSnapshot(state, new BucketManifest.ReleaseSnapshot(BUCKET, holder, nobody));
        };
    }

    private static RemoteSegment anySegment(Random random, Manifest state, long near, int attempt) {
        if (!state.segments().isEmpty() && random.nextInt(5) == 0) {
            return state.segments().get(random.nextInt(state.segments().size()));
        }
        return ManifestSamples.segment(Math.max(0, near), near + 1 + random.nextInt(10), attempt);
    }
}
