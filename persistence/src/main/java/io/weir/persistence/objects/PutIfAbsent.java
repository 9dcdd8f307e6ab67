package io.weir.persistence.objects;

/** How a put-if-absent ended. */
public sealed interface PutIfAbsent {
    /** This put, and no other, made the object. It is durable. */
    record Created() implements PutIfAbsent {}

    /** The object is there and another put made it; nothing was changed. */
    record Exists() implements PutIfAbsent {}

    /**
     * The store did not say, and may still apply it: whoever called must neither go on as if it was created nor write something else
     * for it. Read the object, or try again with the same bytes.
     */
    record Unknown(ObjectStoreException.Retryable cause) implements PutIfAbsent {}
}
