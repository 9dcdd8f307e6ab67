package io.weir.persistence.objects;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Immutable objects by name. Implementations: {@link DirectoryObjectStore}, {@link S3ObjectStore}; one contract test holds for both.
 *
 * <p>No call blocks the caller; any thread may call. Stages and streams fail with an {@link ObjectStoreException} (or with what a body
 * given to a put failed with), stages possibly wrapped in a {@link java.util.concurrent.CompletionException}. An object is seen whole
 * or not at all, and once a put is answered it is durable and all see it. Listing sees all that was answered before the call.
 *
 * <p>Memory: a put holds a constant number of parts (S3: {@link S3StoreSettings#partBytes()} each, see there), a get what a stream
 * stage buffers. How many puts and gets run at once is for the caller to bound.
 */
public interface ObjectStore {
    /** Most bytes of {@link #putIfAbsent}. */
    int PUT_IF_ABSENT_BYTES_MAX = 8 << 20;

    /** Most names of one page. */
    int PAGE_MAX = 1000;

    /**
     * Stores what the stream gives, replacing an object of that name. The stream is run once, with backpressure. Where it fails,
     * nothing is stored and the stage fails with its failure.
     */
    CompletionStage<StoredObject> put(ObjectName name, Source<ByteString, ?> body);

    /**
     * Stores the bytes unless there is an object of that name; atomic: of any number of racing calls, one creates it. A stage that
     * fails (also with {@link ObjectStoreException.Retryable}) has stored nothing and never will.
     *
     * @throws IllegalArgumentException past {@link #PUT_IF_ABSENT_BYTES_MAX}
     */
    CompletionStage<PutIfAbsent> putIfAbsent(ObjectName name, ByteString bytes);

    /**
     * The whole object, checked against what the store itself knows of its content (S3: a checksum, where it was put in one request).
     * A check fails the stream at its end, after the bytes: nothing may be believed before the stream completes.
     */
    Source<ByteString, NotUsed> get(ObjectName name);

    /** The whole object, checked against size and checksum that its put answered; fails as {@link #get(ObjectName)}. */
    default Source<ByteString, NotUsed> get(StoredObject stored) {
        return get(stored.name()).via(ByteCheck.is(stored));
    }

    /**
     * A part of the object: exactly {@code length} bytes. Only the length is checked; what needs more (segments do) carries checksums
     * in its own format.
     *
     * @param position of the first byte; 0 or more
     * @param length 1 or more
     * @return fails with {@link ObjectStoreException.Refused} where the object ends before
     */
    Source<ByteString, NotUsed> get(ObjectName name, long position, long length);

    /** @return empty where there is no such object */
    CompletionStage<Optional<ObjectInfo>> head(ObjectName name);

    /**
     * Objects whose names start with {@code prefix} and come after {@code after}, in order.
     *
     * @param prefix may be empty, and may end within a part
     * @param after a name or {@link ObjectPage#next()}; where empty, from the first one
     * @param pageSize 1 to {@link #PAGE_MAX}
     */
    CompletionStage<ObjectPage> list(String prefix, Optional<String> after, int pageSize);

    /** Deletes the objects that exist; none is no failure. After a failure some may be deleted. Do not rely on an order. */
    CompletionStage<Void> delete(Collection<ObjectName> names);

    /** Deletes the object, if it exists. */
    default CompletionStage<Void> delete(ObjectName name) {
        return delete(List.of(name));
    }
}
