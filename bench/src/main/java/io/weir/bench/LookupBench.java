package io.weir.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;

/** Random lookups in a table of a million keys: one after the other, 256 in flight, and batches of 100 keys in JSON and in Arrow. */
final class LookupBench {
    private static final int BUCKETS = 4;
    private static final int BATCH = 100;
    private static final int BODIES = 512;

    private LookupBench() {}

    static void run(Path home, Path work) throws IOException, InterruptedException {
        try (Store store = Store.start(home, work)) {
            KeyedRows.createTables(store, BUCKETS, "");
            UpsertBench.fill(store, "full", UpsertBench.requests(1));
            String host = store.uri().getAuthority();
            SplittableRandom random = new SplittableRandom(3);
            measure(store, "one by one, JSON", 1, 1, 40_000, () -> get(host, random));
            measure(store, "256 in flight, JSON", 256, 1, 400_000, () -> get(host, random));
            batches(store, "JSON", "application/json", jsonBodies(random));
            batches(store, "Arrow", "application/vnd.apache.arrow.stream", arrowBodies(random));
        }
    }

    private static void batches(Store store, String format, String type, List<byte[]> bodies) throws IOException {
        List<byte[]> requests = new ArrayList<>();
        for (byte[] body : bodies) {
            requests.add(post(store.uri().getAuthority(), type, body));
        }
        int[] turn = {0};
        measure(store, "batches of 100, " + format, 16, BATCH, 40_000, () -> requests.get(turn[0]++ % BODIES));
    }

    private interface Requests {
        byte[] next();
    }

    private static void measure(Store store, String name, int inFlight, int keysEach, int count, Requests requests)
            throws IOException {
        try (ManyConnections client = new ManyConnections(store.uri(), inFlight)) {
            client.run(Math.max(inFlight, count / 2), n -> requests.next());
            double cpuBefore = store.cpuSeconds();
            ManyConnections.Result result = client.run(count, n -> requests.next());
            System.out.printf(
                    "lookup %-22s %,9.0f requests/s  %,10.0f keys/s  p50 %.2f ms  p99 %.2f ms  p99.9 %.2f ms  (server CPU %.2f of 2 cores)%n",
                    name,
                    count / result.seconds(),
                    (double) count * keysEach / result.seconds(),
                    result.millisAt(0.50),
                    result.millisAt(0.99),
                    result.millisAt(0.999),
                    (store.cpuSeconds() - cpuBefore) / result.seconds());
        }
    }

    private static byte[] get(String host, SplittableRandom random) {
        return KeyedRows.ascii("GET " + KeyedRows.TABLE + "/rows/" + random.nextInt(KeyedRows.KEYS)
                + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    }

    private static byte[] post(String host, String type, byte[] body) {
        byte[] head = KeyedRows.ascii("POST " + KeyedRows.TABLE + "/rows:lookup HTTP/1.1\r\nHost: " + host
                + "\r\nContent-Type: " + type + "\r\nAccept: " + type + "\r\nContent-Length: " + body.length
                + "\r\n\r\n");
        byte[] request = new byte[head.length + body.length];
        System.arraycopy(head, 0, request, 0, head.length);
        System.arraycopy(body, 0, request, head.length, body.length);
        return request;
    }

    private static List<byte[]> jsonBodies(SplittableRandom random) {
        List<byte[]> bodies = new ArrayList<>();
        for (int i = 0; i < BODIES; i++) {
            StringBuilder json = new StringBuilder("{\"keys\":[");
            for (int k = 0; k < BATCH; k++) {
                json.append(k == 0 ? "" : ",")
                        .append("{\"id\":")
                        .append(random.nextInt(KeyedRows.KEYS))
                        .append('}');
            }
            bodies.add(KeyedRows.ascii(json.append("]}").toString()));
        }
        return bodies;
    }

    private static List<byte[]> arrowBodies(SplittableRandom random) throws IOException {
        List<byte[]> bodies = new ArrayList<>();
        try (BufferAllocator allocator = new RootAllocator();
                BigIntVector id = new BigIntVector("id", allocator)) {
            for (int i = 0; i < BODIES; i++) {
                for (int k = 0; k < BATCH; k++) {
                    id.setSafe(k, random.nextInt(KeyedRows.KEYS));
                }
                VectorSchemaRoot root = new VectorSchemaRoot(List.of(id));
                root.setRowCount(BATCH);
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                try (ArrowStreamWriter writer = new ArrowStreamWriter(root, null, bytes)) {
                    writer.start();
                    writer.writeBatch();
                    writer.end();
                }
                bodies.add(bytes.toByteArray());
            }
        }
        return bodies;
    }
}
