package io.weir.persistence.objects;

import java.time.Clock;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where things lie in the object store. A bucket is named by its directory's name, {@code 7-0} or {@code 7-3-0}.
 *
 * <pre>
 * weir.json                                                       whose store this is
 * catalog/VERSION.json                                            a copy of the catalog
 * buckets/BUCKET/manifest/VERSION.json                            a copy of the bucket's manifest
 * buckets/BUCKET/log/BASE-EPOCH-ATTEMPT.segment                   a sealed segment, its index and its writers
 * buckets/BUCKET/kv/ATTEMPT.snapshot                              which files a KV snapshot is made of
 * buckets/BUCKET/kv/ATTEMPT-FILE                                  a file of a KV snapshot, perhaps of several
 * </pre>
 *
 * BASE and VERSION have 20 digits, EPOCH 10; ATTEMPT is the time at which the upload began (13 digits, ms) and 16 random hexadecimal
 * digits, so that no two attempts share a name, and whoever finds an object knows how old it may be.
 */
public final class RemoteNames {
    public static final ObjectName IDENTITY = new ObjectName("weir.json");
    public static final String CATALOG_PREFIX = "catalog/";
    public static final String BUCKETS_PREFIX = "buckets/";

    private static final Pattern ATTEMPT = Pattern.compile("(?:^|-)(\\d{13})-[0-9a-f]{16}(?:[.-]|$)");
    /** No more than 18 digits that count: what is found in a store may be anything, but has to be a number. */
    private static final Pattern VERSION = Pattern.compile("(?:catalog|buckets/[^/]+/manifest)/(00\\d{18})\\.json");

    private static final Pattern BUCKET = Pattern.compile("buckets/(\\d{1,18}-(?:\\d{1,18}-)?\\d{1,9})/.*");

    private RemoteNames() {}

    /** One try to upload something. */
    public record Attempt(long startedMs, long random) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%013d-%016x", startedMs, random);
        }
    }

    public static Attempt attempt(Clock clock, RandomGenerator random) {
        return new Attempt(clock.millis(), random.nextLong());
    }

    public static ObjectName catalog(long version) {
        return new ObjectName(CATALOG_PREFIX + digits(version) + ".json");
    }

    public static String bucketPrefix(String bucket) {
        return BUCKETS_PREFIX + bucket + "/";
    }

    public static String manifestPrefix(String bucket) {
        return bucketPrefix(bucket) + "manifest/";
    }

    public static ObjectName manifest(String bucket, long version) {
        return new ObjectName(manifestPrefix(bucket) + digits(version) + ".json");
    }

    public static ObjectName segment(String bucket, long baseOffset, int leaderEpoch, Attempt attempt) {
        return new ObjectName(String.format(
                Locale.ROOT, "%slog/%020d-%010d-%s.segment", bucketPrefix(bucket), baseOffset, leaderEpoch, attempt));
    }

    public static ObjectName snapshot(String bucket, Attempt attempt) {
        return new ObjectName(bucketPrefix(bucket) + "kv/" + attempt + ".snapshot");
    }

    /** @param file name of a file of the KV store */
    public static ObjectName snapshotFile(String bucket, Attempt attempt, String file) {
        return new ObjectName(bucketPrefix(bucket) + "kv/" + attempt + "-" + file);
    }

    /** The bucket that an object belongs to. */
    public static Optional<String> bucket(ObjectName name) {
        Matcher matcher = BUCKET.matcher(name.value());
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** When the upload of an object began, ms; empty for what is not named by attempt. */
    public static Optional<Long> startedMs(ObjectName name) {
        String last = name.value().substring(name.value().lastIndexOf('/') + 1);
        Matcher matcher = ATTEMPT.matcher(last);
        return matcher.find() ? Optional.of(Long.parseLong(matcher.group(1))) : Optional.empty();
    }

    /** The version in the name of a copy of the catalog or of a manifest; empty where it is none that a copy can have. */
    public static Optional<Long> version(ObjectName name) {
        Matcher matcher = VERSION.matcher(name.value());
        return matcher.matches() ? Optional.of(Long.parseLong(matcher.group(1))) : Optional.empty();
    }

    private static String digits(long version) {
        return String.format(Locale.ROOT, "%020d", version);
    }
}
