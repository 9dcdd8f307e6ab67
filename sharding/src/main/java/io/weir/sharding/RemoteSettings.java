package io.weir.sharding;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The settings of a node's way to the object store; {@code weir.object-store} and the keys of {@code weir.remote}, where each is
 * explained.
 *
 * @param store {@code none}, or what {@link io.weir.persistence.objects.ObjectStores} opens; never {@code auto}
 * @param reaperInterval zero for never
 * @param lostNodes ids or addresses
 */
public record RemoteSettings(
        String store,
        int uploads,
        int downloads,
        long readCacheBytes,
        int readAheadBytes,
        int readsMax,
        Duration readTimeout,
        Duration retryMin,
        Duration retryMax,
        Duration reaperGrace,
        Duration reaperInterval,
        List<String> lostNodes) {
    public static final String NONE = "none";
    private static final String AUTO = "auto";

    /** For tests: an upload has half of it. What a node needs is hours, so that clocks may differ and a large object has its time. */
    private static final Duration GRACE_MIN = Duration.ofSeconds(2);

    public RemoteSettings {
        lostNodes = List.copyOf(lostNodes);
        if (store.isEmpty()) {
            throw new IllegalArgumentException("weir.object-store is empty; 'none' is for no object store");
        }
        positive(uploads, "uploads");
        positive(downloads, "downloads");
        positive(readsMax, "reads-max");
        if (readCacheBytes < 0 || readAheadBytes < 0) {
            throw new IllegalArgumentException("weir.remote.read-cache and read-ahead are not negative");
        }
        positive(readTimeout, "read-timeout");
        positive(retryMin, "retry-min");
        if (retryMax.compareTo(retryMin) < 0) {
            throw new IllegalArgumentException(
                    "weir.remote.retry-max is " + retryMax + ", less than retry-min, " + retryMin);
        }
        if (reaperGrace.compareTo(GRACE_MIN) < 0) {
            throw new IllegalArgumentException("weir.remote.reaper-grace is " + reaperGrace
                    + ", less than 2 s: a running upload has to end before");
        }
        if (reaperInterval.isNegative()) {
            throw new IllegalArgumentException("weir.remote.reaper-interval is negative");
        }
    }

    private static void positive(int number, String key) {
        if (number < 1) {
            throw new IllegalArgumentException("weir.remote." + key + " is " + number + ", less than 1");
        }
    }

    private static void positive(Duration time, String key) {
        if (time.isZero() || time.isNegative()) {
            throw new IllegalArgumentException(
                    "weir.remote." + key + " is " + time + ", and has to be more than nothing");
        }
    }

    /**
     * @param weir the settings below {@code weir}
     * @param alone whether this is a cluster of one
     */
    static RemoteSettings from(Config weir, Path dataDirectory, boolean alone) {
        Config remote = weir.getConfig("remote");
        return new RemoteSettings(
                store(weir.getString("object-store").trim(), dataDirectory, alone),
                remote.getInt("uploads"),
                remote.getInt("downloads"),
                remote.getBytes("read-cache"),
                Math.toIntExact(remote.getBytes("read-ahead")),
                remote.getInt("reads-max"),
                remote.getDuration("read-timeout"),
                remote.getDuration("retry-min"),
                remote.getDuration("retry-max"),
                remote.getDuration("reaper-grace"),
                remote.getDuration("reaper-interval"),
                NodeSettings.list(remote.getString("lost-nodes")));
    }

    private static String store(String set, Path dataDirectory, boolean alone) {
        if (!set.equals(AUTO)) {
            return set;
        }
        // Without the slash that a directory gets once it exists.
        return alone ? dataDirectory.resolve("objects").toUri().toString().replaceFirst("/$", "") : NONE;
    }

    boolean hasStore() {
        return !store.equals(NONE);
    }
}
