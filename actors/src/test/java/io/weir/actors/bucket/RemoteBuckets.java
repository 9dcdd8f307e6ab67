package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.ObjectFiles;
import io.weir.persistence.objects.ObjectInfo;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectPage;
import io.weir.persistence.objects.ObjectStore;
import io.weir.persistence.objects.PutIfAbsent;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.SimObjectStore;
import io.weir.persistence.objects.StoredObject;
import io.weir.persistence.objects.Transfers;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Buckets with an object store in memory; after each test no live object was ever deleted, and all are there. */
abstract class RemoteBuckets extends PrimaryKeyBuckets {
    /** More than the smallest segment takes, so that each request has a segment of its own. */
    static final int ROWS = 4000;

    SimObjectStore store;
    private final Queue<String> liveDeleted = new ConcurrentLinkedQueue<>();
    private TestProbe<Bucket.FetchReply> fetches;

    @BeforeEach
    void openStore() {
        store = new SimObjectStore(id.tableId(), Materializer.matFromSystem(kit.system()));
        remote = unconfirmed();
        remote.confirm();
        fetches = kit.createTestProbe();
    }

    @AfterEach
    void checkStore() {
        store.goOn();
        assertThat(liveDeleted).isEmpty();
        checkLiveObjects();
    }

    RemoteTier unconfirmed() {
        ObjectStore watched = new Watched();
        Materializer materializer = Materializer.matFromSystem(kit.system());
        Executor fileWork =
                kit.system().dispatchers().lookup(DispatcherSelector.fromConfig("weir.dispatchers.object-store"));
        return new RemoteTier(
                watched,
                new Transfers(watched, 2, 2, fileWork, Duration.ofSeconds(20), materializer),
                new ObjectFiles(watched, 1 << 20, 1 << 16, 4, Duration.ofSeconds(5), materializer),
                Clock.systemUTC(),
                new Random(7),
                Duration.ofHours(1),
                Duration.ofMillis(20),
                Duration.ofMillis(200));
    }

    static ConditionFactory soon() {
        return Awaitility.await().atMost(SOON);
    }

    static <T> T get(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private CompletionStage<Manifest> askManifest() {
        return AskPattern.<BucketManifest.Command, BucketManifest.Reply>ask(
                        manifests,
                        replyTo -> new BucketManifest.GetManifest(id, replyTo),
                        SOON,
                        kit.system().scheduler())
                .thenApply(reply -> (Manifest) reply);
    }

    Manifest manifest() {
        return get(askManifest());
    }

    private void checkLiveObjects() {
        Manifest now = manifest();
        for (RemoteSegment segment : now.segments()) {
            assertThat(store.bytes(segment.object().name())).as("%s", segment).hasSize((int)
                    segment.object().size());
        }
        Transfers transfers = unconfirmed().transfers();
        now.snapshots().forEach(snapshot -> get(KvSnapshots.objects(transfers, snapshot))
                .forEach(object ->
                        assertThat(store.bytes(object.name())).as("%s", object).hasSize((int) object.size())));
    }

    List<ObjectName> segmentObjects() {
        return store.names().stream()
                .filter(name -> name.value().endsWith(".segment"))
                .toList();
    }

    List<Long> copies() {
        return store.names().stream()
                .filter(name -> name.value().startsWith(RemoteNames.manifestPrefix(id.entityId())))
                .map(name -> RemoteNames.version(name).orElseThrow())
                .toList();
    }

    /** Each but the first seals the segment before it. */
    void append(ActorRef<Bucket.Command> bucket, int requests) {
        Bucket.Description before = describe(bucket);
        for (int i = 0; i < requests; i++) {
            long from = before.highWatermark() + (long) i * ROWS;
            bucket.tell(new Bucket.Append(List.of(TestRows.range(from, ROWS)), null, writes.ref()));
            writes.expectMessageClass(Bucket.Appended.class, SOON);
        }
    }

    /** Ids of rows from the offset on; where a test writes with {@link #append} they are their offsets. */
    List<Long> read(ActorRef<Bucket.Command> bucket, long from) {
        List<Long> ids = new ArrayList<>();
        long next = from;
        while (true) {
            bucket.tell(new Bucket.Fetch(
                    next, Long.MAX_VALUE, 1 << 20, 1_000_000, List.of(), null, Duration.ZERO, fetches.ref()));
            Bucket.FetchReply reply = fetches.receiveMessage(SOON);
            assertThat(reply).isInstanceOf(Bucket.Fetched.class);
            Bucket.Fetched fetched = (Bucket.Fetched) reply;
            if (fetched.nextOffset() == next) {
                return ids;
            }
            ids.addAll(TestRows.ids(fetched));
            next = fetched.nextOffset();
        }
    }

    static List<Long> offsets(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    /** Asks the manifest before it deletes: what is not live then never is again. */
    private final class Watched implements ObjectStore {
        @Override
        public CompletionStage<Void> delete(Collection<ObjectName> names) {
            return askManifest().thenCompose(now -> {
                now.segments().stream()
                        .map(segment -> segment.object().name())
                        .filter(names::contains)
                        .forEach(name -> liveDeleted.add("segment " + name));
                now.snapshots().stream()
                        .map(snapshot -> snapshot.descriptor().name())
                        .filter(names::contains)
                        .forEach(name -> liveDeleted.add("snapshot " + name));
                return store.delete(names);
            });
        }

        @Override
        public CompletionStage<StoredObject> put(ObjectName name, Source<ByteString, ?> body) {
            return store.put(name, body);
        }

        @Override
        public CompletionStage<PutIfAbsent> putIfAbsent(ObjectName name, ByteString bytes) {
            return store.putIfAbsent(name, bytes);
        }

        @Override
        public Source<ByteString, NotUsed> get(ObjectName name) {
            return store.get(name);
        }

        @Override
        public Source<ByteString, NotUsed> get(ObjectName name, long position, long length) {
            return store.get(name, position, length);
        }

        @Override
        public CompletionStage<Optional<ObjectInfo>> head(ObjectName name) {
            return store.head(name);
        }

        @Override
        public CompletionStage<ObjectPage> list(String prefix, Optional<String> after, int pageSize) {
            return store.list(prefix, after, pageSize);
        }
    }
}
