package io.weir.sharding;

import com.typesafe.config.ConfigFactory;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A node in a process of its own, for tests: arguments are data directory, port, seeds and object store; says "ready" when it serves. */
public final class NodeMain {
    private NodeMain() {}

    public static void main(String[] args) throws Exception {
        WeirNode node = WeirNode.start(ConfigFactory.parseMap(Map.of(
                "weir.data-dir", args[0],
                "weir.cluster.port", args[1],
                "weir.cluster.seeds", args[2],
                "weir.object-store", args[3])));
        node.ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
        System.out.println("ready");
    }
}
