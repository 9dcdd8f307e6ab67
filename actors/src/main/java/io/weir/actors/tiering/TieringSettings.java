package io.weir.actors.tiering;

import java.time.Duration;

/**
 * @param livenessWindow a worker that was not heard of for so long is fenced
 * @param patience how long an attempt may go unnamed in the heartbeats of a worker that lives; longer than several of them
 */
public record TieringSettings(Duration livenessWindow, Duration patience) {
    public static final TieringSettings DEFAULT = new TieringSettings(Duration.ofMinutes(2), Duration.ofSeconds(30));
}
