package io.weir.sharding;

import com.typesafe.config.Config;
import io.weir.actors.tiering.TieringSettings;
import java.time.Duration;
import java.util.List;

/**
 * The settings of a node's part in tiering; the keys of {@code weir.tiering}, where each is explained.
 *
 * @param rounds 0 where this node has no worker
 */
public record WorkerSettings(int rounds, String group, Duration heartbeat, Duration livenessWindow) {
    /** Where a node has roles, its worker needs this one. */
    static final String ROLE = "tiering";

    /** Threads of weir.dispatchers.tiering. */
    private static final int ROUNDS_MAX = 16;

    /** An attempt that its worker, which lives, does not name in so many heartbeats is nobody's. */
    private static final int HEARTBEATS_OF_PATIENCE = 10;

    public WorkerSettings {
        if (rounds < 0 || rounds > ROUNDS_MAX) {
            throw new IllegalArgumentException("weir.tiering.rounds is " + rounds + ", not from 0 to " + ROUNDS_MAX);
        }
        if (!group.matches("[A-Za-z0-9_-]{0,64}")) {
            throw new IllegalArgumentException(
                    "weir.tiering.group is '" + group + "'; it is at most 64 letters, digits, '_' and '-'");
        }
        if (heartbeat.toMillis() < 10) {
            throw new IllegalArgumentException("weir.tiering.heartbeat is " + heartbeat + ", less than 10 ms");
        }
        if (livenessWindow.compareTo(heartbeat.multipliedBy(3)) < 0) {
            throw new IllegalArgumentException("weir.tiering.liveness-window is " + livenessWindow
                    + ", less than three times the heartbeat, " + heartbeat);
        }
    }

    /**
     * @param tiering the settings below {@code weir.tiering}
     * @param roles of this node
     */
    static WorkerSettings from(Config tiering, List<String> roles) {
        return new WorkerSettings(
                roles.isEmpty() || roles.contains(ROLE) ? tiering.getInt("rounds") : 0,
                tiering.getString("group"),
                tiering.getDuration("heartbeat"),
                tiering.getDuration("liveness-window"));
    }

    /** What the coordinator goes by. */
    TieringSettings coordinator() {
        return new TieringSettings(livenessWindow, heartbeat.multipliedBy(HEARTBEATS_OF_PATIENCE));
    }
}
