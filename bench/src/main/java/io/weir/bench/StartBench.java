package io.weir.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** From typing the command to the first acknowledged write, on an empty data directory, five times. */
final class StartBench {
    private StartBench() {}

    static void run(Path home, Path work) throws IOException {
        for (int i = 0; i < 5; i++) {
            long begin = System.nanoTime();
            try (Store store = Store.start(home, work);
                    RawHttp http = new RawHttp(store.uri())) {
                double ready = (System.nanoTime() - begin) / 1e9;
                byte[] row = "{\"a\":1}".getBytes(StandardCharsets.US_ASCII);
                RawHttp.Answer answer =
                        http.send("POST", "/v1/databases/d/tables/t/rows?create=infer", "application/json", row);
                if (answer.status() != 200) {
                    throw new IOException(answer.body());
                }
                System.out.printf(
                        "start to ready %.2f s, to the first acknowledged write %.2f s%n",
                        ready, (System.nanoTime() - begin) / 1e9);
            }
        }
    }
}
