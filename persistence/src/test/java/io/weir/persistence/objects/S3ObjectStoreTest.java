package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class S3ObjectStoreTest extends ObjectStoreContract {
    @TempDir
    static Path directory;

    private static S3Server server;
    private static S3ObjectStore store;

    @BeforeAll
    static void start() throws Exception {
        server = new S3Server(directory);
        store = new S3ObjectStore(
                S3Server.settings(server.port(), S3Server.KEY, Duration.ofSeconds(10)),
                system,
                new SplittableRandom(1));
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    @Override
    ObjectStore store() {
        return store;
    }

    private static S3ObjectStore storeWith(int port, S3StoreSettings.Credentials key, Duration timeout) {
        return new S3ObjectStore(S3Server.settings(port, key, timeout), system, new SplittableRandom(2));
    }

    private void assertAllFail(ObjectStore bad, Class<? extends ObjectStoreException> as) {
        for (Supplier<CompletionStage<?>> call : java.util.List.<Supplier<CompletionStage<?>>>of(
                () -> bad.put(name("x"), Source.single(ByteString.fromString("1"))),
                () -> bad.put(name("x"), body(bytes(1, 6_000_000))),
                () -> bad.putIfAbsent(name("x"), ByteString.fromString("1")),
                () -> bad.head(name("x")),
                () -> bad.list("", Optional.empty(), 10),
                () -> bad.delete(name("x")),
                () -> bad.get(name("x")).runFold(0, (sum, b) -> sum + b.size(), system))) {
            assertThatThrownBy(() -> await(call.get())).isInstanceOf(as);
        }
    }

    @Test
    void wrongCredentialsAreRefusedAndSaySo() {
        for (var key : new S3StoreSettings.Credentials[] {
            new S3StoreSettings.Credentials("test-key", "wrong"),
            new S3StoreSettings.Credentials("nobody", "test-secret")
        }) {
            S3ObjectStore bad = storeWith(server.port(), key, Duration.ofSeconds(10));
            assertAllFail(bad, ObjectStoreException.Refused.class);
            assertThatThrownBy(() -> await(bad.list("", Optional.empty(), 10)))
                    .hasMessageContaining("403")
                    .hasMessageContaining("check the credentials (key " + key.accessKeyId() + ")");
        }
    }

    @Test
    void aWrongBucketIsRefused() {
        S3StoreSettings right = S3Server.settings(server.port(), S3Server.KEY, Duration.ofSeconds(10));
        S3ObjectStore bad = new S3ObjectStore(
                S3StoreSettings.of("no-such-bucket", right.endpoint(), right.region(), right.credentials()),
                system,
                new SplittableRandom(2));
        assertThatThrownBy(() -> await(bad.put(name("x"), Source.single(ByteString.fromString("1")))))
                .isInstanceOf(ObjectStoreException.Refused.class)
                .hasMessageContaining("no-such-bucket");
        assertThatThrownBy(() -> await(bad.list("", Optional.empty(), 1)))
                .isInstanceOf(ObjectStoreException.Refused.class);
    }

    @Test
    void aServerThatIsDownIsRetryableInBoundedTime() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        long started = System.nanoTime();
        assertAllFail(storeWith(port, S3Server.KEY, Duration.ofMillis(500)), ObjectStoreException.Retryable.class);
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(20));
    }

    @Test
    void aServerThatNeverAnswersHoldsAPutBackAtABoundedNumberOfParts() throws IOException {
        // Connections are accepted by the kernel, and nobody reads from them.
        try (ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            S3ObjectStore stuck = storeWith(socket.getLocalPort(), S3Server.KEY, Duration.ofMillis(300));
            AtomicLong pulled = new AtomicLong();
            Source<ByteString, ?> endless = Source.repeat(ByteString.fromArray(new byte[1 << 20]))
                    .take(400)
                    .map(bytes -> {
                        pulled.addAndGet(bytes.size());
                        return bytes;
                    });
            assertThatThrownBy(() -> await(stuck.put(name("x"), endless)))
                    .isInstanceOf(ObjectStoreException.Retryable.class);
            assertThat(pulled.get()).isLessThanOrEqualTo(6 * (5L << 20));
            assertThat(await(stuck.putIfAbsent(name("x"), ByteString.fromString("1"))))
                    .isInstanceOf(PutIfAbsent.Unknown.class);
        }
    }

    @Test
    void anObjectWhoseBytesChangedInTheStoreIsDamaged() throws IOException {
        await(store.put(name("x"), body(bytes(1, 100_000))));
        Path file = directory.resolve(S3Server.BUCKET).resolve(name("x").value());
        try (var channel = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.wrap(new byte[] {1, 2, 3}), 500);
        }
        assertThatThrownBy(() -> read(store.get(name("x")))).isInstanceOf(ObjectStoreException.Damaged.class);
    }

    @Test
    void settingsComeFromTheEnvironment() {
        S3StoreSettings own = S3StoreSettings.fromEnvironment(
                "b",
                Map.of(
                        "AWS_ACCESS_KEY_ID",
                        "k",
                        "AWS_SECRET_ACCESS_KEY",
                        "s",
                        "AWS_REGION",
                        "eu-west-1",
                        "AWS_ENDPOINT_URL_S3",
                        "http://minio:9000/"));
        assertThat(own.endpoint()).isEqualTo("http://minio:9000");
        assertThat(own.region()).isEqualTo("eu-west-1");
        assertThat(own.isVirtualHost()).isFalse();
        assertThat(own.toString()).doesNotContain("secretAccessKey");
        S3StoreSettings aws =
                S3StoreSettings.fromEnvironment("b", Map.of("AWS_ACCESS_KEY_ID", "k", "AWS_SECRET_ACCESS_KEY", "s"));
        assertThat(aws.endpoint()).isEqualTo("https://{bucket}.s3.us-east-1.amazonaws.com");
        assertThatThrownBy(() -> S3StoreSettings.fromEnvironment("b", Map.of("AWS_ACCESS_KEY_ID", "k")))
                .hasMessageContaining("AWS_SECRET_ACCESS_KEY");
    }

    @Test
    void behindAFaultyNetworkEveryOutcomeIsTrue() {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        try (FaultyProxy proxy = new FaultyProxy(system, server.port(), seed, Duration.ofMillis(900))) {
            proxy.faults(0.3);
            S3ObjectStore faulty = storeWith(proxy.port(), S3Server.KEY, Duration.ofMillis(600));
            SplittableRandom random = new SplittableRandom(seed);
            int succeeded = 0;
            for (int i = 0; i < 16; i++) {
                succeeded += putIfAbsentTellsTheTruth(faulty, name("c/" + random.nextInt(12)), i) ? 1 : 0;
                succeeded += putAndGetTellTheTruth(faulty, name("p/" + i), i, 1 + random.nextInt(300_000)) ? 1 : 0;
            }
            succeeded += putAndGetTellTheTruth(faulty, name("large"), 99, 11_000_000) ? 1 : 0;
            assertThat(succeeded).isGreaterThan(16);
            assertThat(proxy.counts()).containsKeys(FaultyProxy.Fault.DONE_BUT_500, FaultyProxy.Fault.CUT);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("replay with -Dweir.seed=" + seed, e);
        }
    }

    /** The store without faults tells what is really there. @return whether the outcome was certain */
    private boolean putIfAbsentTellsTheTruth(ObjectStore faulty, ObjectName name, int number) {
        byte[] content = bytes(number, 1000 + number);
        Optional<byte[]> before = content(name);
        try {
            PutIfAbsent outcome = await(faulty.putIfAbsent(name, ByteString.fromArray(content)));
            if (outcome instanceof PutIfAbsent.Unknown) {
                return false;
            }
            boolean created = outcome instanceof PutIfAbsent.Created;
            assertThat(created).as("%s of %s", outcome, name).isEqualTo(before.isEmpty());
            assertThat(content(name).orElseThrow()).isEqualTo(before.orElse(content));
            return true;
        } catch (ObjectStoreException.Retryable e) {
            assertThat(content(name).map(ByteString::fromArray)).isEqualTo(before.map(ByteString::fromArray));
            return false;
        }
    }

    private static Optional<byte[]> content(ObjectName name) {
        return await(store.head(name)).map(info -> read(store.get(name)));
    }

    private boolean putAndGetTellTheTruth(ObjectStore faulty, ObjectName name, int number, int size) {
        byte[] content = bytes(number, size + 10);
        try {
            StoredObject stored = await(faulty.put(name, body(content)));
            assertThat(read(store.get(stored))).isEqualTo(content);
            assertThat(read(faulty.get(stored))).isEqualTo(content);
            assertThat(read(faulty.get(name, 3, size))).isEqualTo(java.util.Arrays.copyOfRange(content, 3, 3 + size));
            assertThat(await(faulty.head(name))).isPresent();
            ObjectPage page = await(faulty.list(name.value(), Optional.empty(), 1));
            assertThat(page.objects()).hasSize(1);
            return true;
        } catch (ObjectStoreException.Retryable e) {
            return false;
        }
    }
}
