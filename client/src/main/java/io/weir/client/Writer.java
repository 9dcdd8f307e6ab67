package io.weir.client;

import java.util.concurrent.atomic.AtomicLong;

/** An idempotent writer: each of its requests has its own number, under which it may be sent as often as need be. */
final class Writer {
    private final String id;
    private final AtomicLong lastSequence = new AtomicLong();

    Writer(String id) {
        this.id = id;
    }

    String id() {
        return id;
    }

    long nextSequence() {
        return lastSequence.incrementAndGet();
    }
}
