package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Sends a write under its writer's sequence again and again, with the same body, until the store that runs by then acknowledges it. */
final class PatientClient {
    private PatientClient() {}

    static StoreProcess.Answer send(
            AtomicReference<StoreProcess> store,
            String method,
            String path,
            String ndjson,
            String writerId,
            long sequence)
            throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try {
                StoreProcess.Answer answer = store.get()
                        .send(
                                method,
                                path,
                                "application/x-ndjson",
                                ndjson,
                                "Weir-Writer-Id",
                                writerId,
                                "Weir-Writer-Sequence",
                                Long.toString(sequence));
                if (answer.status() == 200) {
                    return answer;
                }
                assertThat(answer.status()).as(answer.body()).isIn(429, 503);
            } catch (IOException killed) {
                assertThat(System.nanoTime()).as("store came back").isLessThan(deadline);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }
}
