package io.weir.actors.bucket;

import io.weir.persistence.objects.ObjectInfo;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectPage;
import io.weir.persistence.objects.ObjectStore;
import io.weir.persistence.objects.PutIfAbsent;
import io.weir.persistence.objects.SimObjectStore;
import io.weir.persistence.objects.StoredObject;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** A faulty store on which nothing that is live may be deleted, and whose answers to puts can be held back. */
final class WatchedStore implements ObjectStore {
    private final SimObjectStore sim;
    private final SimManifest manifests;
    private volatile CompletableFuture<Boolean> answers = CompletableFuture.completedFuture(true);
    private volatile boolean holding;

    WatchedStore(long seed, Materializer materializer, SimManifest manifests) {
        this.sim = new SimObjectStore(seed, materializer);
        this.manifests = manifests;
    }

    SimObjectStore sim() {
        return sim;
    }

    /** What is put from now on is there, and whoever put it hears so after {@link #goOn}. */
    void holdAnswers() {
        answers = new CompletableFuture<>();
    }

    void goOn() {
        answers.complete(true);
        holding = false;
    }

    /** Somebody waits for an answer. */
    boolean isHolding() {
        return holding;
    }

    /** By a reaper. */
    void removed(ObjectName name) {
        if (isLive(name)) {
            manifests.problem("deleted by the reaper, and live: " + name);
        }
        sim.remove(name);
    }

    private boolean isLive(ObjectName name) {
        Manifest now = manifests.state();
        return now.segments().stream()
                        .anyMatch(segment -> segment.object().name().equals(name))
                || now.snapshots().stream()
                        .anyMatch(snapshot -> snapshot.descriptor().name().equals(name));
    }

    @Override
    public CompletionStage<Void> delete(Collection<ObjectName> names) {
        names.stream().filter(this::isLive).forEach(name -> manifests.problem("deleted, and live: " + name));
        return sim.delete(names);
    }

    @Override
    public CompletionStage<StoredObject> put(ObjectName name, Source<ByteString, ?> body) {
        CompletableFuture<Boolean> answered = answers;
        return sim.put(name, body).thenCompose(stored -> {
            holding = !answered.isDone();
            return answered.thenApply(done -> stored);
        });
    }

    @Override
    public CompletionStage<PutIfAbsent> putIfAbsent(ObjectName name, ByteString bytes) {
        return sim.putIfAbsent(name, bytes);
    }

    @Override
    public Source<ByteString, NotUsed> get(ObjectName name) {
        return sim.get(name);
    }

    @Override
    public Source<ByteString, NotUsed> get(ObjectName name, long position, long length) {
        return sim.get(name, position, length);
    }

    @Override
    public CompletionStage<Optional<ObjectInfo>> head(ObjectName name) {
        return sim.head(name);
    }

    @Override
    public CompletionStage<ObjectPage> list(String prefix, Optional<String> after, int pageSize) {
        return sim.list(prefix, after, pageSize);
    }
}
