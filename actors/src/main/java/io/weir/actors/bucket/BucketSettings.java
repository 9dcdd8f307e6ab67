package io.weir.actors.bucket;

import com.typesafe.config.Config;
import java.time.Duration;

/** Bounds of one bucket; the keys of {@code weir.bucket}, where each is explained. */
public record BucketSettings(
        long queueBytes,
        int commitBytes,
        int mergeBelow,
        int compressAbove,
        int fetchesMax,
        int startQueue,
        int lookupQueue,
        Duration scanTimeout,
        Duration restartDelayMin,
        Duration restartDelayMax) {

    /** @param config the whole configuration */
    public static BucketSettings from(Config config) {
        Config bucket = config.getConfig("weir.bucket");
        return new BucketSettings(
                atLeast(1 << 20, bucket, "queue-bytes"),
                Math.toIntExact(atLeast(1 << 10, bucket, "commit-bytes")),
                Math.toIntExact(atLeast(0, bucket, "merge-below")),
                Math.toIntExact(atLeast(0, bucket, "compress-above")),
                positive(bucket, "fetches-max"),
                positive(bucket, "start-queue"),
                positive(bucket, "lookup-queue"),
                bucket.getDuration("scan-timeout"),
                bucket.getDuration("restart-delay-min"),
                bucket.getDuration("restart-delay-max"));
    }

    private static long atLeast(long min, Config config, String key) {
        long bytes = config.getBytes(key);
        if (bytes < min) {
            throw new IllegalArgumentException("weir.bucket." + key + " is " + bytes + ", less than " + min);
        }
        return bytes;
    }

    private static int positive(Config config, String key) {
        int value = config.getInt(key);
        if (value < 1) {
            throw new IllegalArgumentException("weir.bucket." + key + " is " + value + ", less than 1");
        }
        return value;
    }
}
