package io.weir.http;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** What the HTTP interface counts. Thread-safe. */
final class HttpMetrics {
    private static final double[] LATENCY_SECONDS = {
        0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
    };

    private final PrometheusRegistry registry;
    private final Histogram latency;
    private final Counter rowsIn;
    private final Counter bytesIn;
    private final Counter rowsOut;
    private final Counter bytesOut;
    private final Counter refused;
    private final AtomicLong streams = new AtomicLong();

    HttpMetrics(PrometheusRegistry registry, InFlightBytes inFlight) {
        this.registry = registry;
        latency = Histogram.builder()
                .name("weir_http_request_duration_seconds")
                .help("Time until an answer began, by route, method and status; the count is the number of requests")
                .labelNames("method", "route", "status")
                .classicOnly()
                .classicUpperBounds(LATENCY_SECONDS)
                .register(registry);
        rowsIn = counter("weir_http_rows_in_total", "Rows that were appended and acknowledged");
        bytesIn = counter("weir_http_bytes_in_total", "Bytes of bodies with rows, after decompression");
        rowsOut = counter("weir_http_rows_out_total", "Rows sent to readers");
        bytesOut = counter("weir_http_bytes_out_total", "Bytes of rows sent to readers, before compression");
        refused = Counter.builder()
                .name("weir_http_refused_total")
                .help("Requests refused because the node or a bucket was overloaded (429) or not there (503)")
                .labelNames("status")
                .register(registry);
        gauge("weir_http_in_flight_bytes", "Bytes of request bodies held now", inFlight::held);
        gauge("weir_http_streams", "Streamed answers under way", streams::get);
    }

    private Counter counter(String name, String help) {
        return Counter.builder().name(name).help(help).register(registry);
    }

    private void gauge(String name, String help, java.util.function.LongSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsLong()))
                .register(registry);
    }

    void answered(String method, String route, int status, Duration took) {
        String known = Methods.isKnown(method) ? method : "other";
        latency.labelValues(known, route, Integer.toString(status)).observe(took.toNanos() / 1e9);
        if (status == 429 || status == 503) {
            refused.labelValues(Integer.toString(status)).inc();
        }
    }

    void written(long rows, long bytes) {
        rowsIn.inc(rows);
        bytesIn.inc(bytes);
    }

    void read(long rows, long bytes) {
        rowsOut.inc(rows);
        bytesOut.inc(bytes);
    }

    void streamBegan() {
        streams.incrementAndGet();
    }

    void streamEnded() {
        streams.decrementAndGet();
    }

    /** All of the registry in the Prometheus text format. */
    byte[] text() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.create().write(out, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** A hostile client must not make a new time series per request. */
    private static final class Methods {
        static boolean isKnown(String method) {
            return switch (method) {
                case "GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS" -> true;
                default -> false;
            };
        }
    }
}
