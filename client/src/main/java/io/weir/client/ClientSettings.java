package io.weir.client;

import java.time.Duration;

/**
 * How a client behaves towards the store. Every bound is one that the client keeps by itself.
 *
 * @param requestTimeout how long one attempt of a request may take, answer included
 * @param retryFor how long a request is repeated while the store is overloaded, unavailable or not reachable; zero: never
 * @param backoffMin wait before the first repetition, doubled with each; what {@code Retry-After} asks for counts where it is more
 * @param backoffMax longest wait between two attempts
 * @param streamIdle a changelog that is followed sends a sign of life more often than this, or its connection is given up
 * @param connectionsMax connections for requests; every bucket whose changelog is followed takes one of its own besides
 * @param requestsMax requests that wait or are under way; more are refused as OVERLOADED
 * @param answerBytesMax largest answer to a request
 * @param batchBytesMax largest record batch of a changelog
 */
public record ClientSettings(
        Duration requestTimeout,
        Duration retryFor,
        Duration backoffMin,
        Duration backoffMax,
        Duration streamIdle,
        int connectionsMax,
        int requestsMax,
        int answerBytesMax,
        int batchBytesMax) {
    public static final ClientSettings DEFAULT = new ClientSettings(
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofMillis(50),
            Duration.ofSeconds(3),
            Duration.ofSeconds(60),
            32,
            1024,
            64 << 20,
            64 << 20);

    public ClientSettings {
        if (requestTimeout.isZero() || requestTimeout.isNegative() || retryFor.isNegative()) {
            throw new IllegalArgumentException("requestTimeout=" + requestTimeout + " retryFor=" + retryFor);
        }
        if (backoffMin.isZero() || backoffMin.isNegative() || backoffMax.compareTo(backoffMin) < 0) {
            throw new IllegalArgumentException("backoffMin=" + backoffMin + " backoffMax=" + backoffMax);
        }
        if (connectionsMax < 1 || requestsMax < 1 || answerBytesMax < 1 || batchBytesMax < 1) {
            throw new IllegalArgumentException("connectionsMax=%d requestsMax=%d answerBytesMax=%d batchBytesMax=%d"
                    .formatted(connectionsMax, requestsMax, answerBytesMax, batchBytesMax));
        }
    }

    public ClientSettings withRequestTimeout(Duration timeout) {
        return new ClientSettings(
                timeout,
                retryFor,
                backoffMin,
                backoffMax,
                streamIdle,
                connectionsMax,
                requestsMax,
                answerBytesMax,
                batchBytesMax);
    }

    public ClientSettings withRetryFor(Duration time) {
        return new ClientSettings(
                requestTimeout,
                time,
                backoffMin,
                backoffMax,
                streamIdle,
                connectionsMax,
                requestsMax,
                answerBytesMax,
                batchBytesMax);
    }

    public ClientSettings withStreamIdle(Duration idle) {
        return new ClientSettings(
                requestTimeout,
                retryFor,
                backoffMin,
                backoffMax,
                idle,
                connectionsMax,
                requestsMax,
                answerBytesMax,
                batchBytesMax);
    }
}
