package io.weir.sharding;

import io.weir.persistence.objects.ObjectFiles;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.SimObjectStore;
import io.weir.persistence.objects.Transfers;
import java.time.Clock;
import java.time.Duration;
import java.util.Random;
import org.apache.pekko.stream.Materializer;

/** A remote tier over a simulated store. */
final class SimTier {
    private SimTier() {}

    static RemoteTier over(SimObjectStore store, Materializer materializer) {
        Duration timeout = Duration.ofSeconds(10);
        return new RemoteTier(
                store,
                new Transfers(store, 2, 2, Runnable::run, timeout, materializer),
                new ObjectFiles(store, 1 << 20, 0, 2, timeout, materializer),
                Clock.systemUTC(),
                new Random(1),
                Duration.ofHours(1));
    }
}
