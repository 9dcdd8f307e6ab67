package io.weir.sharding;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.weir.actors.journal.JournalSetup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The configuration of a node's actor system. */
final class NodeConfig {
    private NodeConfig() {}

    /** What the user set, then what a node sets in Pekko, then all defaults; system properties win. */
    static Config layered(Config application) {
        return ConfigFactory.defaultOverrides()
                .withFallback(application)
                .withFallback(
                        ConfigFactory.parseResourcesAnySyntax(NodeConfig.class.getClassLoader(), "weir-node.conf"))
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve();
    }

    /** What follows from the settings; wins over all else. */
    static Config computed(NodeSettings settings) {
        Map<String, Object> values = new HashMap<>();
        values.put("pekko.remote.artery.canonical.hostname", settings.host());
        values.put("pekko.remote.artery.canonical.port", settings.port());
        values.put(
                "pekko.cluster.seed-nodes",
                settings.seeds().stream()
                        .map(seed -> "pekko://" + WeirNode.SYSTEM + "@" + seed)
                        .toList());
        List<String> roles = new ArrayList<>(settings.roles());
        if (settings.holdsJournal()) {
            roles.add(NodeSingletons.JOURNAL_ROLE);
        }
        values.put("pekko.cluster.roles", roles);
        values.put(
                "pekko.cluster.split-brain-resolver.stable-after",
                settings.stableAfter().toMillis() + " ms");
        values.put(
                "pekko.cluster.sharding.passivation.default-idle-strategy.idle-entity.timeout",
                settings.bucketIdleTimeout().toMillis() + " ms");
        values.put(
                "pekko.coordinated-shutdown.phases.weir-hand-over.timeout",
                settings.handOverTimeout().plusSeconds(2).toMillis() + " ms");
        String version = NodeConfig.class.getPackage().getImplementationVersion();
        values.put("pekko.cluster.app-version", version == null ? "0.1.0" : version);
        return ConfigFactory.parseMap(values).withFallback(JournalSetup.config(settings.dataDirectory()));
    }
}
