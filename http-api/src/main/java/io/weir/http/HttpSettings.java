package io.weir.http;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The settings of the HTTP interface, checked; what each one means is said in reference.conf.
 *
 * @param requestBytesMax most bytes of one request body, before and after decompression
 * @param inFlightBytesMax most bytes of request bodies held at one time
 * @param jsonAnswerBytesMax about the most bytes of an answer in JSON that is not a stream
 * @param fetchBytes about the bytes asked of a bucket, or of the lake, at a time
 * @param lakeScansMax most answers that read the lake at one time
 * @param unionChangesBytesMax about the most bytes of changes that one such answer holds
 */
public record HttpSettings(
        String host,
        int port,
        int requestBytesMax,
        long inFlightBytesMax,
        Duration requestTimeout,
        Duration writeTimeout,
        Duration idleTimeout,
        int connectionsMax,
        int jsonAnswerBytesMax,
        int fetchBytes,
        int lakeScansMax,
        long unionChangesBytesMax,
        Duration heartbeat,
        Duration shutdownDeadline) {
    /** What fits a message between nodes, and an array. */
    private static final long BYTES_MAX = 32L << 20;

    private static final int HEAP_SHARE_IN_FLIGHT = 4;

    /** Decoding holds a body several times over, as characters and as values, for each thread that decodes. */
    private static final int HEAP_SHARE_OF_A_REQUEST = 32;

    /** As many answers as may read the lake by default hold a half of the heap at most. */
    private static final int HEAP_SHARE_OF_CHANGES = 16;

    public HttpSettings {
        check(port >= 0 && port <= 65535, "weir.http.port must be 0 to 65535, not " + port);
        check(requestBytesMax > 0, "weir.http.max-request-size must be above 0");
        check(inFlightBytesMax > 0, "weir.http.max-in-flight must be above 0");
        check(lakeScansMax > 0, "weir.http.max-lake-scans must be above 0");
        check(unionChangesBytesMax >= 0, "weir.http.max-union-changes must not be negative");
        check(connectionsMax > 0, "weir.http.max-connections must be above 0");
        check(jsonAnswerBytesMax > 0, "weir.http.max-json-answer must be above 0");
        check(fetchBytes > 0, "weir.http.fetch-size must be above 0");
    }

    /** @param config the node's whole configuration, in which {@code weir.http} stands */
    public static HttpSettings from(Config config) {
        Config http = config.getConfig("weir.http");
        long heap = Runtime.getRuntime().maxMemory();
        long inFlight = Math.min(http.getBytes("max-in-flight"), heap / HEAP_SHARE_IN_FLIGHT);
        return new HttpSettings(
                http.getString("host"),
                http.getInt("port"),
                (int) Math.min(bytes(http, "max-request-size"), heap / HEAP_SHARE_OF_A_REQUEST),
                inFlight,
                http.getDuration("request-timeout"),
                http.getDuration("write-timeout"),
                http.getDuration("idle-timeout"),
                http.getInt("max-connections"),
                bytes(http, "max-json-answer"),
                bytes(http, "fetch-size"),
                http.getInt("max-lake-scans"),
                Math.min(http.getBytes("max-union-changes"), heap / HEAP_SHARE_OF_CHANGES),
                http.getDuration("heartbeat"),
                http.getDuration("shutdown-deadline"));
    }

    private static int bytes(Config http, String key) {
        long bytes = http.getBytes(key);
        check(
                bytes > 0 && bytes <= BYTES_MAX,
                "weir.http." + key + " must be above 0 and at most 32 MiB, not " + bytes);
        return (int) bytes;
    }

    private static void check(boolean right, String otherwise) {
        if (!right) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
