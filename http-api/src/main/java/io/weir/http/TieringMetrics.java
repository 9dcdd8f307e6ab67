package io.weir.http;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.weir.actors.tiering.Tiering;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** The health of the tiering service as metrics. They are there on the coordinator's node alone: each scrape asks what it knows. */
public final class TieringMetrics {
    /** More series than that help nobody and cost the scraper dear; the others are in /v1/tiering. */
    static final int TABLES_MAX = 1000;

    private final PrometheusRegistry registry;
    private final Supplier<Optional<Tiering.Status>> status;
    private final Clock clock;

    private TieringMetrics(PrometheusRegistry registry, Supplier<Optional<Tiering.Status>> status, Clock clock) {
        this.registry = registry;
        this.status = status;
        this.clock = clock;
    }

    /**
     * Once a registry.
     *
     * @param status of the coordinator where it runs on this node, else empty; asked at each scrape, and must not block
     */
    public static void register(Supplier<Optional<Tiering.Status>> status, PrometheusRegistry registry, Clock clock) {
        new TieringMetrics(registry, status, clock).register();
    }

    /**
     * On every node, once a registry.
     *
     * @param bytes of the buckets that the node leads
     */
    public static void registerHeldBack(LongSupplier bytes, PrometheusRegistry registry) {
        GaugeWithCallback.builder()
                .name("weir_tiering_held_back_bytes")
                .help("Bytes of buckets led here that retention would have deleted if the lake had them")
                .callback(callback -> callback.call(bytes.getAsLong()))
                .register(registry);
    }

    private void register() {
        perTable(
                "weir_tiering_round_seconds",
                "How long the table's last round took; should stay below its freshness",
                table -> table.completedMs() == 0,
                table -> table.lastDurationMs() / 1e3);
        perTable(
                "weir_tiering_freshness_seconds",
                "The table's datalake.freshness",
                table -> false,
                table -> table.freshness().toMillis() / 1e3);
        perTable(
                "weir_tiering_lag_seconds",
                "How old the state of the table is that the lake has whole",
                table -> table.plannedMs() == 0,
                table -> Math.max(0, clock.millis() - table.plannedMs()) / 1e3);
        perTable(
                "weir_tiering_lake_files",
                "Data and delete files of the table that are live in the lake",
                table -> false,
                Tiering.TableStatus::lakeFiles);
        perTable(
                "weir_tiering_lake_rows",
                "Rows of the table's data files in the lake, before deletes",
                table -> false,
                Tiering.TableStatus::lakeRows);
        perTable(
                "weir_tiering_failures",
                "Attempts of the table that failed in a row",
                table -> false,
                Tiering.TableStatus::failures);
        whole("weir_tiering_pending_tables", "Tables that are due and wait for a worker", s -> s.queue()
                .size());
        whole(
                "weir_tiering_quarantined_tables",
                "Tables that failed so often that they wait for a person",
                s -> s.tables().stream()
                        .filter(Tiering.TableStatus::quarantined)
                        .count());
        whole("weir_tiering_workers_expected", "Tiering workers that registered and did not leave", s -> s.workers()
                .size());
        whole(
                "weir_tiering_workers_alive",
                "Tiering workers that were heard of within the liveness window",
                TieringJson::alive);
    }

    private interface Absent {
        boolean of(Tiering.TableStatus table);
    }

    private void perTable(String name, String help, Absent absent, ToDoubleFunction<Tiering.TableStatus> value) {
        gauge(name, help, new String[] {"database", "table"}, callback -> tables().filter(table -> !absent.of(table))
                .forEach(table -> callback.call(value.applyAsDouble(table), table.database(), table.name())));
    }

    private Stream<Tiering.TableStatus> tables() {
        return status.get().stream().flatMap(s -> s.tables().stream()).limit(TABLES_MAX);
    }

    private void whole(String name, String help, ToDoubleFunction<Tiering.Status> value) {
        gauge(name, help, new String[0], callback -> status.get()
                .ifPresent(s -> callback.call(value.applyAsDouble(s))));
    }

    private void gauge(String name, String help, String[] labels, Consumer<GaugeWithCallback.Callback> values) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(labels)
                .callback(values)
                .register(registry);
    }
}
