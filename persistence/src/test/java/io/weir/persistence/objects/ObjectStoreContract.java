package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What every {@link ObjectStore} does. */
abstract class ObjectStoreContract {
    static ActorSystem system;

    private static final AtomicLong TESTS = new AtomicLong();

    /** Each test works under a prefix of its own. */
    final String at = "t" + TESTS.incrementAndGet() + "/";

    @BeforeAll
    static void startSystem() {
        Config config = ConfigFactory.parseString("""
                        pekko.loglevel = OFF
                        pekko.http.client.idle-timeout = 3 s
                        pekko.http.server.idle-timeout = 20 s
                        """)
                .withFallback(ConfigFactory.parseResources("weir-objects.conf"))
                .withFallback(ConfigFactory.load());
        system = ActorSystem.create("objects", config);
    }

    @AfterAll
    static void stopSystem() {
        TestKit.shutdownActorSystem(system);
    }

    abstract ObjectStore store();

    final ObjectName name(String rest) {
        return new ObjectName(at + rest);
    }

    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            if (Conditions.unwrapped(e) instanceof RuntimeException failure) {
                throw failure;
            }
            throw new AssertionError(e);
        } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] bytes(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** The bytes in elements of uneven sizes. */
    static Source<ByteString, NotUsed> body(byte[] bytes) {
        Random random = new Random(bytes.length);
        List<ByteString> parts = new ArrayList<>();
        for (int at = 0; at < bytes.length; ) {
            int n = Math.min(bytes.length - at, 1 + random.nextInt(200_000));
            parts.add(ByteString.fromArray(bytes, at, n));
            at += n;
        }
        return Source.from(parts);
    }

    static byte[] read(Source<ByteString, NotUsed> source) {
        return await(source.runFold(ByteString.emptyByteString(), ByteString::concat, system))
                .toArray();
    }

    final List<String> listAll(String prefix, int pageSize) {
        List<String> names = new ArrayList<>();
        Optional<String> after = Optional.empty();
        do {
            ObjectPage page = await(store().list(prefix, after, pageSize));
            assertThat(page.objects()).hasSizeLessThanOrEqualTo(pageSize);
            page.objects().forEach(object -> names.add(object.name().value()));
            after = page.next();
        } while (after.isPresent());
        return names;
    }

    final void putSmall(ObjectName name) {
        await(store().put(name, Source.single(ByteString.fromString(name.value()))));
    }

    @Test
    void whatWasPutIsReadBackAndItsSizeAndChecksumAreKnown() {
        byte[] content = bytes(1, 700_001);
        StoredObject stored = await(store().put(name("a/b"), body(content)));
        assertThat(stored.size()).isEqualTo(content.length);
        assertThat(stored.crc32c()).isEqualTo(ByteCheck.crc32c(ByteString.fromArray(content)));
        assertThat(read(store().get(name("a/b")))).isEqualTo(content);
        assertThat(read(store().get(stored))).isEqualTo(content);
        assertThat(await(store().head(name("a/b"))))
                .hasValueSatisfying(info -> assertThat(info.size()).isEqualTo(content.length));
    }

    @Test
    void anEmptyObjectIsAnObject() {
        StoredObject stored = await(store().put(name("empty"), Source.empty()));
        assertThat(stored.size()).isZero();
        assertThat(read(store().get(stored))).isEmpty();
        assertThat(await(store().head(name("empty")))).map(ObjectInfo::size).contains(0L);
    }

    @Test
    void aPutReplaces() {
        await(store().put(name("x"), body(bytes(1, 100))));
        await(store().put(name("x"), body(bytes(2, 50))));
        assertThat(read(store().get(name("x")))).isEqualTo(bytes(2, 50));
    }

    @Test
    void aLargeBodyIsStoredInPartsAndReadBackByRanges() {
        byte[] content = bytes(3, 23_000_017);
        StoredObject stored = await(store().put(name("large"), body(content)));
        assertThat(stored.size()).isEqualTo(content.length);
        assertThat(read(store().get(stored))).isEqualTo(content);
        for (int[] range : new int[][] {{0, 1}, {5_242_879, 2}, {content.length - 1, 1}, {7_000_000, 9_000_000}}) {
            assertThat(read(store().get(name("large"), range[0], range[1])))
                    .isEqualTo(Arrays.copyOfRange(content, range[0], range[0] + range[1]));
        }
    }

    @Test
    void aRangePastTheEndIsRefused() {
        await(store().put(name("x"), body(bytes(1, 100))));
        assertThat(read(store().get(name("x"), 90, 10))).hasSize(10);
        assertThatThrownBy(() -> read(store().get(name("x"), 90, 11))).isInstanceOf(ObjectStoreException.Refused.class);
        assertThatThrownBy(() -> read(store().get(name("x"), 100, 1))).isInstanceOf(ObjectStoreException.Refused.class);
        assertThatThrownBy(() -> store().get(name("x"), 5, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aMissingObjectIsNotFoundAndMayBeDeleted() {
        ObjectName missing = name("no/such");
        assertThatThrownBy(() -> read(store().get(missing))).isInstanceOf(ObjectStoreException.NotFound.class);
        assertThatThrownBy(() -> read(store().get(missing, 3, 4))).isInstanceOf(ObjectStoreException.NotFound.class);
        assertThat(await(store().head(missing))).isEmpty();
        await(store().delete(missing));
    }

    @Test
    void aWrongChecksumFailsTheRead() {
        StoredObject stored = await(store().put(name("x"), body(bytes(1, 100_000))));
        StoredObject other = new StoredObject(stored.name(), stored.size(), stored.crc32c() + 1);
        assertThatThrownBy(() -> read(store().get(other))).isInstanceOf(ObjectStoreException.Damaged.class);
    }

    @Test
    void aBodyThatFailsStoresNothingAndItsFailureComesBack() {
        for (int size : new int[] {1000, 12_000_000}) {
            Source<ByteString, ?> broken = body(bytes(1, size)).concat(Source.failed(new IOException("broken pipe")));
            assertThatThrownBy(() -> {
                        try {
                            store().put(name("broken"), broken)
                                    .toCompletableFuture()
                                    .get(30, TimeUnit.SECONDS);
                        } catch (java.util.concurrent.ExecutionException e) {
                            throw Conditions.unwrapped(e);
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessage("broken pipe");
            assertThat(await(store().head(name("broken")))).isEmpty();
        }
        assertThat(listAll(at, 10)).isEmpty();
    }

    @Test
    void ofManyPutsIfAbsentAtOnceExactlyOneCreates() {
        for (int round = 0; round < 3; round++) {
            ObjectName name = name("race/" + round);
            List<CompletableFuture<PutIfAbsent>> racing = IntStream.range(0, 16)
                    .mapToObj(i -> store().putIfAbsent(name, ByteString.fromArray(bytes(i, 1000 + i)))
                            .toCompletableFuture())
                    .toList();
            List<PutIfAbsent> outcomes =
                    racing.stream().map(ObjectStoreContract::await).toList();
            assertThat(Collections.frequency(outcomes, new PutIfAbsent.Created()))
                    .isOne();
            assertThat(Collections.frequency(outcomes, new PutIfAbsent.Exists()))
                    .isEqualTo(15);
            int winner = outcomes.indexOf(new PutIfAbsent.Created());
            assertThat(read(store().get(name))).isEqualTo(bytes(winner, 1000 + winner));
        }
    }

    @Test
    void aPutIfAbsentAfterADeleteCreates() {
        ObjectName name = name("again");
        assertThat(await(store().putIfAbsent(name, ByteString.fromString("1")))).isEqualTo(new PutIfAbsent.Created());
        assertThat(await(store().putIfAbsent(name, ByteString.fromString("2")))).isEqualTo(new PutIfAbsent.Exists());
        await(store().delete(name));
        assertThat(await(store().putIfAbsent(name, ByteString.fromString("3")))).isEqualTo(new PutIfAbsent.Created());
        assertThat(read(store().get(name))).isEqualTo(new byte[] {'3'});
        ByteString big = ByteString.fromArray(new byte[ObjectStore.PUT_IF_ABSENT_BYTES_MAX + 1]);
        assertThatThrownBy(() -> store().putIfAbsent(name, big)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void pagesGoOnWhereTheLastOneEndedInTheOrderOfNames() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            names.add(at + "p/%02d".formatted(i));
        }
        // The slash counts: '-' is before it, '0' after it.
        names.addAll(List.of(at + "p-x/1", at + "p0", at + "q/a/b/c", at + "q/a-b", at + "q/a0"));
        List<String> shuffled = new ArrayList<>(names);
        Collections.shuffle(shuffled, new Random(5));
        shuffled.forEach(name -> putSmall(new ObjectName(name)));
        Collections.sort(names);
        for (int pageSize : new int[] {1, 7, 30, 1000}) {
            assertThat(listAll(at, pageSize)).isEqualTo(names);
        }
        assertThat(listAll(at + "p/1", 4)).hasSize(10).allMatch(name -> name.startsWith(at + "p/1"));
        assertThat(listAll(at + "q/a", 2)).containsExactly(at + "q/a-b", at + "q/a/b/c", at + "q/a0");
        assertThat(listAll(at + "none/", 2)).isEmpty();
        ObjectPage page = await(store().list(at + "p/", Optional.of(at + "p/07x"), 3));
        assertThat(page.objects())
                .extracting(object -> object.name().value())
                .containsExactly(at + "p/08", at + "p/09", at + "p/10");
        assertThat(page.objects())
                .allMatch(object -> object.size() == object.name().value().length());
        assertThatThrownBy(() -> store().list(at, Optional.empty(), 1001)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void severalAreDeletedAtOnce() {
        List<ObjectName> names =
                IntStream.range(0, 20).mapToObj(i -> name("d/" + i)).toList();
        names.forEach(this::putSmall);
        putSmall(name("kept"));
        await(store().delete(
                        Stream.concat(names.stream(), Stream.of(name("d/none"))).toList()));
        assertThat(listAll(at, 100)).containsExactly(at + "kept");
    }

    @Test
    void oddNamesAreNamesLikeOthers() {
        for (String odd :
                List.of("with space", "plus+sign", "per%cent %2F", "größe/жолоб/水", "emoji-🌊", "x".repeat(200))) {
            ObjectName name = name("odd/" + odd);
            byte[] content = odd.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            await(store().put(name, Source.single(ByteString.fromArray(content))));
            assertThat(read(store().get(name))).as(odd).isEqualTo(content);
            assertThat(await(store().putIfAbsent(name, ByteString.fromString("2"))))
                    .as(odd)
                    .isEqualTo(new PutIfAbsent.Exists());
            assertThat(listAll(at + "odd/", 1)).as(odd).containsExactly(name.value());
            assertThat(await(store().list(name.value(), Optional.of(name.value()), 10))
                            .objects())
                    .as(odd)
                    .isEmpty();
            await(store().delete(name));
            assertThat(await(store().head(name))).as(odd).isEmpty();
        }
    }

    @Test
    void aReaderThatStopsEarlyHarmsNothing() {
        await(store().put(name("x"), body(bytes(1, 6_000_000))));
        for (int i = 0; i < 40; i++) {
            await(store().get(name("x")).take(1).runWith(Sink.ignore(), system));
        }
        assertThat(read(store().get(name("x")))).hasSize(6_000_000);
    }

    @Test
    void aSlowReaderGetsAllBytes() {
        await(store().put(name("x"), body(bytes(1, 3_000_000))));
        long size = await(store().get(name("x"))
                .via(new Rechunk(200_000))
                .throttle(10, Duration.ofSeconds(1))
                .runFold(0L, (sum, chunk) -> sum + chunk.size(), system));
        assertThat(size).isEqualTo(3_000_000);
    }
}
