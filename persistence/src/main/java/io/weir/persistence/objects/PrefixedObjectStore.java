package io.weir.persistence.objects;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** A part of another store: all names begin with a prefix there, and without it here. Failures name the objects as they are there. */
final class PrefixedObjectStore implements ObjectStore {
    private final ObjectStore store;
    private final String prefix;

    /** @param prefix without a slash at its end */
    PrefixedObjectStore(ObjectStore store, ObjectName prefix) {
        this.store = store;
        this.prefix = prefix + "/";
    }

    private ObjectName there(ObjectName name) {
        return new ObjectName(prefix + name);
    }

    private ObjectName here(ObjectName name) {
        return new ObjectName(name.value().substring(prefix.length()));
    }

    @Override
    public CompletionStage<StoredObject> put(ObjectName name, Source<ByteString, ?> body) {
        return store.put(there(name), body).thenApply(stored -> new StoredObject(name, stored.size(), stored.crc32c()));
    }

    @Override
    public CompletionStage<PutIfAbsent> putIfAbsent(ObjectName name, ByteString bytes) {
        return store.putIfAbsent(there(name), bytes);
    }

    @Override
    public Source<ByteString, NotUsed> get(ObjectName name) {
        return store.get(there(name));
    }

    @Override
    public Source<ByteString, NotUsed> get(StoredObject stored) {
        return store.get(new StoredObject(there(stored.name()), stored.size(), stored.crc32c()));
    }

    @Override
    public Source<ByteString, NotUsed> get(ObjectName name, long position, long length) {
        return store.get(there(name), position, length);
    }

    @Override
    public CompletionStage<Optional<ObjectInfo>> head(ObjectName name) {
        return store.head(there(name)).thenApply(info -> info.map(this::here));
    }

    private ObjectInfo here(ObjectInfo info) {
        return new ObjectInfo(here(info.name()), info.size(), info.etag());
    }

    @Override
    public CompletionStage<ObjectPage> list(String namePrefix, Optional<String> after, int pageSize) {
        return store.list(prefix + namePrefix, after.map(name -> prefix + name), pageSize)
                .thenApply(page -> {
                    List<ObjectInfo> objects = new ArrayList<>();
                    page.objects().forEach(info -> objects.add(here(info)));
                    return new ObjectPage(objects, page.next().map(next -> next.substring(prefix.length())));
                });
    }

    @Override
    public CompletionStage<Void> delete(Collection<ObjectName> names) {
        return store.delete(names.stream().map(this::there).toList());
    }
}
