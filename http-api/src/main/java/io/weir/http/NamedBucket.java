package io.weir.http;

import io.weir.actors.bucket.BucketId;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** @param partition name of the partition, or null where the table has none */
record NamedBucket(@Nullable String partition, BucketId id) implements Comparable<NamedBucket> {
    private static final Comparator<NamedBucket> ORDER = Comparator.comparing(
                    (NamedBucket bucket) -> bucket.partition() == null ? "" : bucket.partition())
            .thenComparing(NamedBucket::id);

    @Override
    public int compareTo(NamedBucket other) {
        return ORDER.compare(this, other);
    }

    /** As errors name it. */
    String text() {
        return partition == null ? Integer.toString(id.bucket()) : partition + "/" + id.bucket();
    }
}
