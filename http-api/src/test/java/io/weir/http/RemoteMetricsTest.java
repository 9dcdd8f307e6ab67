package io.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.StoredFile;
import io.weir.persistence.objects.DirectoryObjectStore;
import io.weir.persistence.objects.ObjectFiles;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.StoredObject;
import io.weir.persistence.objects.Transfers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.stream.Materializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteMetricsTest {
    @TempDir
    Path directory;

    @Test
    void theyShowWhatWasMovedAndWhatWaits() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(2);
        PrometheusRegistry registry = new PrometheusRegistry();
        try (FakeCluster cluster = new FakeCluster()) {
            Materializer materializer = Materializer.matFromSystem(cluster.system());
            try (DirectoryObjectStore store =
                    DirectoryObjectStore.open(directory, new DiskFileStore(), executor, materializer, new Random(1))) {
                RemoteTier tier = tier(store, executor, materializer);
                RemoteMetrics.register(tier, registry);
                StoredObject object = tier.transfers()
                        .upload(new ObjectName("an/object"), new byte[10_000])
                        .toCompletableFuture()
                        .join();
                try (StoredFile file = tier.files().open(object, 0, 10_000)) {
                    file.read(ByteBuffer.allocate(10_000), 0);
                    file.read(ByteBuffer.allocate(10_000), 0);
                }
                tier.backlog().open().set(2, 77);
                assertThat(text(registry))
                        .contains("weir_remote_uploads_total 1.0", "weir_remote_uploaded_bytes_total 10000.0")
                        .contains("weir_remote_upload_failures_total 0.0", "weir_remote_transfers_waiting 0.0")
                        .contains("weir_remote_fetched_bytes_total 10000.0")
                        .containsPattern("weir_remote_cache_hits_total [1-9]")
                        .containsPattern("weir_remote_cache_misses_total [1-9]")
                        .contains("weir_remote_backlog_segments 2.0", "weir_remote_backlog_bytes 77.0")
                        .contains("weir_remote_confirmed 0.0");
                tier.confirm();
                assertThat(text(registry)).contains("weir_remote_confirmed 1.0");
            }
        } finally {
            executor.shutdown();
        }
    }

    private static RemoteTier tier(DirectoryObjectStore store, ExecutorService executor, Materializer materializer) {
        Duration timeout = Duration.ofSeconds(20);
        return new RemoteTier(
                store,
                new Transfers(store, 1, 1, executor, timeout, materializer),
                new ObjectFiles(store, 1 << 20, 0, 2, timeout, materializer),
                Clock.systemUTC(),
                new Random(1),
                Duration.ofMinutes(10));
    }

    private static String text(PrometheusRegistry registry) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create().write(out, registry.scrape());
        return out.toString(StandardCharsets.UTF_8);
    }
}
