package io.weir.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.weir.sharding.WeirCluster;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.settings.ServerSettings;

/** Serves the HTTP interface of one node. */
public final class HttpServer {
    private static final String ENCODE_DISPATCHER = "weir.dispatchers.encode";
    private static final int CHUNK_BYTES_MAX = 8 << 20;

    private HttpServer() {}

    /**
     * Binds and serves until the actor system's coordinated shutdown, in which the port is closed first, then requests under way get
     * {@link HttpSettings#shutdownDeadline} to end. Only one server per registry.
     *
     * @param allocator for decoding and encoding; stays the caller's, who closes it after the actor system ended
     * @param registry metrics of the whole node; this server adds its own, and serves all of it
     * @param random makes request ids; used once
     * @return the binding, whose local address has the port that was picked
     */
    public static CompletionStage<ServerBinding> start(
            WeirCluster cluster,
            HttpSettings settings,
            BufferAllocator allocator,
            PrometheusRegistry registry,
            Clock clock,
            RandomGenerator random) {
        ActorSystem<?> system = cluster.system();
        InFlightBytes inFlight = new InFlightBytes(settings.inFlightBytesMax());
        HttpMetrics metrics = new HttpMetrics(registry, inFlight);
        Router router = new Router(
                operations(cluster, settings, clock, allocator, inFlight, metrics),
                metrics,
                new RequestDrain(system, (long) settings.requestBytesMax() * RequestBody.DROPPED_FACTOR),
                clock,
                requestIds(random));
        return Http.get(system)
                .newServerAt(settings.host(), settings.port())
                .withSettings(serverSettings(system, settings))
                .bind(router::handle)
                .thenApply(binding ->
                        binding.addToCoordinatedShutdown(settings.shutdownDeadline(), system.classicSystem()));
    }

    static List<Operation> operations(
            WeirCluster cluster,
            HttpSettings settings,
            Clock clock,
            BufferAllocator allocator,
            InFlightBytes inFlight,
            HttpMetrics metrics) {
        ActorSystem<?> system = cluster.system();
        Executor executor = system.dispatchers().lookup(DispatcherSelector.fromConfig(ENCODE_DISPATCHER));
        CatalogClient catalog = new CatalogClient(cluster);
        BucketClient buckets = new BucketClient(cluster, settings.writeTimeout());
        BodyReader bodies = new BodyReader(system, executor, inFlight, settings.requestBytesMax());
        List<Operation> operations = new ArrayList<>();
        operations.addAll(new CatalogRoutes(catalog, bodies).operations());
        operations.addAll(new BucketsRoute(catalog, buckets).operations());
        operations.addAll(new PartitionsRoute(catalog, bodies).operations());
        operations.addAll(new RowsRoute(
                        catalog,
                        bodies,
                        new RowsByBucket(allocator),
                        new WritePartitions(cluster, catalog),
                        new RowAppender(buckets),
                        executor,
                        metrics)
                .operations());
        operations.addAll(
                reads(cluster, catalog, buckets, bodies, system, executor, settings, clock, allocator, metrics));
        TieringClient tiering = new TieringClient(cluster);
        operations.addAll(new TieringRoute(catalog, tiering, system, clock, settings.requestTimeout()).operations());
        operations.addAll(new LandingPage(cluster, catalog, buckets, tiering).operations());
        operations.addAll(new ServiceRoutes(cluster, catalog, metrics).operations());
        operations.addAll(new ReaperRoute(cluster, settings.requestTimeout()).operations());
        return operations;
    }

    private static List<Operation> reads(
            WeirCluster cluster,
            CatalogClient catalog,
            BucketClient buckets,
            BodyReader bodies,
            ActorSystem<?> system,
            Executor executor,
            HttpSettings settings,
            Clock clock,
            BufferAllocator allocator,
            HttpMetrics metrics) {
        ReadPartitions partitions = new ReadPartitions(catalog);
        LogStart start = new LogStart(partitions, buckets, system);
        LogReader reader = new LogReader(buckets, system, clock, settings.fetchBytes());
        StreamedAnswer streams = new StreamedAnswer(system, executor, settings.heartbeat(), metrics);
        TableScan scan = new TableScan(buckets, system, settings.fetchBytes());
        LakeScans lakes = new LakeScans(
                cluster,
                system.dispatchers().lookup(DispatcherSelector.fromConfig(LakeScans.DISPATCHER)),
                settings.lakeScansMax(),
                settings.fetchBytes(),
                LakeScans.TAKEN_WITHIN);
        TableRows rows = new TableRows(
                partitions,
                start,
                reader,
                scan,
                lakes,
                new KeyedUnion(
                        start, reader, scan, lakes, system, executor, allocator, settings.unionChangesBytesMax()));
        KeyedTable.Cache tables = new KeyedTable.Cache();
        Lookups lookups = new Lookups(catalog, buckets, allocator);
        List<Operation> reads = new ArrayList<>();
        reads.addAll(new LogRoute(
                        catalog, partitions, start, reader, streams, settings, allocator, executor, system, metrics)
                .operations());
        reads.addAll(new LookupRoute(catalog, tables, lookups, bodies, allocator, executor, metrics).operations());
        reads.addAll(new PrefixRoute(
                        catalog, tables, lookups, buckets, bodies, allocator, metrics, settings.jsonAnswerBytesMax())
                .operations());
        reads.addAll(new ScanRoute(catalog, rows, streams, allocator, executor).operations());
        reads.addAll(new AggregateRoute(catalog, bodies, rows, allocator, executor, system, metrics).operations());
        return reads;
    }

    /** Unique in the cluster for all practical purposes, cheap, and in order of arrival on a node. */
    private static Supplier<String> requestIds(RandomGenerator random) {
        String node = Long.toHexString(random.nextLong());
        AtomicLong next = new AtomicLong();
        return () -> node + "-" + Long.toHexString(next.incrementAndGet());
    }

    private static ServerSettings serverSettings(ActorSystem<?> system, HttpSettings settings) {
        Config config = ConfigFactory.parseMap(Map.ofEntries(
                        Map.entry("pekko.http.server.server-header", "weir"),
                        Map.entry(
                                "pekko.http.server.idle-timeout",
                                settings.idleTimeout().toMillis() + " ms"),
                        Map.entry(
                                "pekko.http.server.request-timeout",
                                settings.requestTimeout().toMillis() + " ms"),
                        Map.entry("pekko.http.server.max-connections", settings.connectionsMax()),
                        Map.entry("pekko.http.server.socket-options.tcp-no-delay", true),
                        Map.entry(
                                "pekko.http.server.parsing.error-handler", ProblemParsingErrorHandler.class.getName()),
                        Map.entry("pekko.http.server.parsing.error-logging-verbosity", "simple"),
                        Map.entry("pekko.http.server.parsing.illegal-header-warnings", false),
                        Map.entry("pekko.http.server.parsing.uri-parsing-mode", "relaxed"),
                        Map.entry("pekko.http.server.parsing.max-uri-length", "48k"),
                        Map.entry("pekko.http.server.parsing.max-header-value-length", "48k"),
                        Map.entry(
                                "pekko.http.server.parsing.max-chunk-size",
                                Math.min(CHUNK_BYTES_MAX, settings.requestBytesMax())),
                        // Bodies are bounded by RequestBody, which answers with a problem.
                        Map.entry("pekko.http.server.parsing.max-content-length", "infinite")))
                .withFallback(system.settings().config());
        return ServerSettings.create(config);
    }
}
