package io.weir.server;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.weir.http.HttpServer;
import io.weir.http.HttpSettings;
import io.weir.http.RemoteMetrics;
import io.weir.http.TieringMetrics;
import io.weir.sharding.WeirNode;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;

@Command(
        name = "start",
        description = {
            "Runs the store in the foreground, until SIGTERM or Ctrl-C.",
            "Settings come from the environment (WEIR_DATA_DIR, WEIR_HTTP_PORT, ...), or from a HOCON file named with"
                    + " WEIR_JAVA_OPTS=-Dconfig.file=FILE; see docs/configuration.md."
        },
        mixinStandardHelpOptions = true)
final class StartCommand implements Callable<Integer> {
    /** The command returned, the store runs on. */
    static final int RUNNING = -1;

    /** A node that the cluster has removed must not linger as a process that serves nothing. */
    private static final Config EXIT_WHEN_DOWN =
            ConfigFactory.parseMap(Map.of("pekko.coordinated-shutdown.exit-jvm", "on"));

    private static final Logger LOG = LoggerFactory.getLogger(StartCommand.class);

    @Override
    public Integer call() {
        WeirNode node;
        try {
            node = WeirNode.start(EXIT_WHEN_DOWN.withFallback(ConfigFactory.defaultApplication()));
        } catch (IllegalArgumentException | IllegalStateException | ConfigException e) {
            throw new CommandFailure(CommandFailure.REFUSED, "cannot start: " + e.getMessage());
        }
        LOG.info("weir {} starts, data in {}", Version.TEXT, node.settings().dataDirectory());
        CompletionStage<ServerBinding> http;
        try {
            http = node.ready().thenCompose(ready -> serve(node));
            ServerBinding binding = http.toCompletableFuture().join();
            String host = binding.localAddress().getHostString();
            // Scripts wait for this line.
            System.out.println("weir ready http://" + (host.contains(":") ? "[" + host + "]" : host) + ":"
                    + binding.localAddress().getPort());
            System.out.flush();
            return RUNNING;
        } catch (CompletionException e) {
            var unused = node.stop();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new CommandFailure(CommandFailure.REFUSED, "cannot start: " + cause.getMessage());
        }
    }

    private static CompletionStage<ServerBinding> serve(WeirNode node) {
        HttpSettings settings = HttpSettings.from(node.system().settings().config());
        PrometheusRegistry registry = PrometheusRegistry.defaultRegistry;
        node.remote().ifPresent(remote -> RemoteMetrics.register(remote, registry));
        TieringMetrics.register(node.cluster()::tieringHere, registry, Clock.systemUTC());
        TieringMetrics.registerHeldBack(node.cluster()::heldBackBytes, registry);
        return HttpServer.start(
                node.cluster(), settings, node.allocator(), registry, Clock.systemUTC(), new SecureRandom());
    }
}
