package io.weir.http;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.weir.persistence.objects.RemoteTier;
import java.util.function.LongSupplier;

/** What a node moves to and from its object store, and what waits, as metrics. */
public final class RemoteMetrics {
    private final PrometheusRegistry registry;

    private RemoteMetrics(PrometheusRegistry registry) {
        this.registry = registry;
    }

    /** Once a registry. Nothing is counted here: each scrape asks the tier. */
    public static void register(RemoteTier remote, PrometheusRegistry registry) {
        new RemoteMetrics(registry).register(remote);
    }

    private void register(RemoteTier remote) {
        LongSupplier confirmed = () -> remote.isConfirmed() ? 1 : 0;
        gauge("weir_remote_confirmed", "1 once the object store is known to belong to this cluster", confirmed);
        gauge(
                "weir_remote_backlog_segments",
                "Sealed segments of buckets led here that are not on the object store yet",
                remote.backlog()::segments);
        gauge("weir_remote_backlog_bytes", "Bytes of these segments", remote.backlog()::bytes);
        transfers(remote);
        reads(remote);
    }

    private void transfers(RemoteTier remote) {
        counter("weir_remote_uploads_total", "Objects uploaded", () -> remote.transfers()
                .counts()
                .uploads());
        counter("weir_remote_uploaded_bytes_total", "Bytes of objects uploaded", () -> remote.transfers()
                .counts()
                .uploadedBytes());
        counter("weir_remote_upload_failures_total", "Uploads that failed", () -> remote.transfers()
                .counts()
                .failedUploads());
        counter("weir_remote_downloaded_bytes_total", "Bytes of whole objects downloaded", () -> remote.transfers()
                .counts()
                .downloadedBytes());
        gauge("weir_remote_transfers_running", "Whole objects on their way up or down", () -> remote.transfers()
                .counts()
                .running());
        gauge("weir_remote_transfers_waiting", "Whole objects that wait for their turn", () -> remote.transfers()
                .counts()
                .waiting());
    }

    private void reads(RemoteTier remote) {
        counter(
                "weir_remote_fetched_bytes_total",
                "Bytes of segments fetched from the object store by reads",
                remote.files()::fetchedBytes);
        counter("weir_remote_fetch_requests_total", "Ranged gets sent to the object store", () -> remote.files()
                .counts()
                .requests());
        counter("weir_remote_fetch_failures_total", "Ranged gets that failed", () -> remote.files()
                .counts()
                .failures());
        counter("weir_remote_cache_hits_total", "Reads of remote segments served from memory", () -> remote.files()
                .counts()
                .hits());
        counter("weir_remote_cache_misses_total", "Reads that waited for the object store", () -> remote.files()
                .counts()
                .misses());
    }

    private void counter(String name, String help, LongSupplier value) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsLong()))
                .register(registry);
    }

    private void gauge(String name, String help, LongSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsLong()))
                .register(registry);
    }
}
