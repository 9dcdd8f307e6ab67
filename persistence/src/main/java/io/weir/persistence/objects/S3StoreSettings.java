package io.weir.persistence.objects;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Where an S3 store is and how patient it is.
 *
 * @param endpoint URL, without a slash at its end. With {@code {bucket}} in its host the bucket is named there (virtual-host style),
 *     else at the start of the path (path style)
 * @param partBytes a body of more goes as a multipart upload, in parts of this size; 5 MiB to 64 MiB. A put holds up to six parts: two
 *     that show whether there is more than one, three in the connector's buffer, and one on its way
 * @param requestTimeout for the answer to one request; for a get until its first byte. A get that stands still later ends by
 *     {@code pekko.http.client.idle-timeout}. A multipart upload of which no part is taken, or given by its body, for
 *     attempts * (requestTimeout + backoffMax) is given up
 * @param attempts how often a request is tried in all, 1 or more
 * @param backoffMin the pause after attempt n is chosen evenly between half of and all of min * 2^(n-1), at most max
 */
public record S3StoreSettings(
        String bucket,
        String endpoint,
        String region,
        Credentials credentials,
        int partBytes,
        Duration requestTimeout,
        int attempts,
        Duration backoffMin,
        Duration backoffMax) {
    private static final int MIB = 1 << 20;

    /** An access key and its secret, which does not show in logs. */
    public record Credentials(String accessKeyId, String secretAccessKey) {
        @Override
        public String toString() {
            return accessKeyId + ":***";
        }
    }

    public S3StoreSettings {
        check(!bucket.isBlank(), "no bucket");
        check(endpoint.startsWith("http://") || endpoint.startsWith("https://"), "endpoint is no URL: " + endpoint);
        check(!endpoint.endsWith("/"), "endpoint ends with a slash: " + endpoint);
        check(partBytes >= 5 * MIB && partBytes <= 64 * MIB, "partBytes is not in 5 MiB to 64 MiB: " + partBytes);
        check(attempts >= 1, "attempts=" + attempts);
        check(backoffMin.compareTo(backoffMax) <= 0 && !backoffMin.isNegative(), "backoff is not in order");
    }

    private static void check(boolean right, String message) {
        if (!right) {
            throw new IllegalArgumentException("S3: " + message);
        }
    }

    /** The defaults of what is not about a certain store: 8 MiB parts, 30 s, 5 attempts, 100 ms to 5 s. */
    public static S3StoreSettings of(String bucket, String endpoint, String region, Credentials credentials) {
        return new S3StoreSettings(
                bucket,
                endpoint,
                region,
                credentials,
                8 * MIB,
                Duration.ofSeconds(30),
                5,
                Duration.ofMillis(100),
                Duration.ofSeconds(5));
    }

    /**
     * From AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION (us-east-1) and AWS_ENDPOINT_URL_S3 (AWS itself).
     *
     * @param environment {@code System.getenv()}
     * @throws IllegalArgumentException where one without a default is missing
     */
    public static S3StoreSettings fromEnvironment(String bucket, Map<String, String> environment) {
        String region = value(environment, "AWS_REGION").orElse("us-east-1");
        String endpoint = value(environment, "AWS_ENDPOINT_URL_S3")
                .map(url -> url.endsWith("/") ? url.substring(0, url.length() - 1) : url)
                .orElse("https://{bucket}.s3." + region + ".amazonaws.com");
        Credentials credentials = new Credentials(
                required(environment, "AWS_ACCESS_KEY_ID"), required(environment, "AWS_SECRET_ACCESS_KEY"));
        return of(bucket, endpoint, region, credentials);
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(text -> !text.isBlank());
    }

    private static String required(Map<String, String> environment, String name) {
        return value(environment, name)
                .orElseThrow(
                        () -> new IllegalArgumentException("S3: environment variable %s is not set".formatted(name)));
    }

    boolean isVirtualHost() {
        return endpoint.contains("{bucket}");
    }
}
