package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ObjectStoresTest {
    private static ActorSystem system;

    @TempDir
    Path directory;

    @BeforeAll
    static void startSystem() {
        system = ActorSystem.create(
                "stores",
                ConfigFactory.parseString("pekko.loglevel = OFF")
                        .withFallback(ConfigFactory.parseResources("weir-objects.conf"))
                        .withFallback(ConfigFactory.load()));
    }

    @AfterAll
    static void stopSystem() {
        TestKit.shutdownActorSystem(system);
    }

    private static ObjectStores.Opened open(String url, Map<String, String> environment) throws IOException {
        return ObjectStores.open(url, environment, system, new SplittableRandom(1));
    }

    private static void putAndList(ObjectStore store) throws Exception {
        store.put(new ObjectName("a/b"), Source.single(ByteString.fromString("1")))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        ObjectPage page =
                store.list("", Optional.empty(), 10).toCompletableFuture().get(20, TimeUnit.SECONDS);
        assertThat(page.objects()).extracting(info -> info.name().value()).containsExactly("a/b");
    }

    @Test
    void aDirectoryIsAStoreByItsUrlAndByItsPath() throws Exception {
        try (ObjectStores.Opened opened =
                open(directory.resolve("with space").toUri().toString(), Map.of())) {
            putAndList(opened.store());
        }
        assertThat(directory.resolve("with space/a/b")).exists();
        try (ObjectStores.Opened opened = open(" " + directory.resolve("q"), Map.of())) {
            putAndList(opened.store());
        }
        assertThat(directory.resolve("q/a/b")).exists();
    }

    @Test
    void anS3StoreTakesItsEnvironmentAndAPrefixOfTheBucket() throws Exception {
        try (S3Server server = new S3Server(directory)) {
            Map<String, String> environment = Map.of(
                    "AWS_ACCESS_KEY_ID",
                    S3Server.KEY.accessKeyId(),
                    "AWS_SECRET_ACCESS_KEY",
                    S3Server.KEY.secretAccessKey(),
                    "AWS_ENDPOINT_URL_S3",
                    "http://127.0.0.1:" + server.port() + "/");
            for (String prefix : new String[] {"/some/where", "/else/", ""}) {
                try (ObjectStores.Opened opened = open("s3://" + S3Server.BUCKET + prefix, environment)) {
                    if (!prefix.isEmpty()) {
                        putAndList(opened.store());
                    } else {
                        assertThat(opened.store()
                                        .list("", Optional.empty(), 10)
                                        .toCompletableFuture()
                                        .get(20, TimeUnit.SECONDS)
                                        .objects())
                                .extracting(info -> info.name().value())
                                .containsExactly("else/a/b", "some/where/a/b");
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|it is empty",
                "gs://bucket|'gs:' is not known here",
                "s3:bucket|'s3:' is not known here",
                "https://s3.example/bucket|'https:' is not known here",
                "file://host/directory|three slashes",
                "file:directory|three slashes",
                "file:///with space|Illegal character",
                "s3://|'' is no name of a bucket",
                "s3:///prefix|'' is no name of a bucket",
                "s3://Upper|'Upper' is no name of a bucket",
                "s3://bucket//x|the prefix cannot be one",
                "s3://bucket/.x|the prefix cannot be one",
                "s3://bucket/a?b|the prefix cannot be one"
            })
    void aWrongUrlSaysWhatIsWrongAndWhatToWrite(String url, String why) {
        Map<String, String> environment = Map.of("AWS_ACCESS_KEY_ID", "k", "AWS_SECRET_ACCESS_KEY", "s");
        assertThatThrownBy(() -> open(url, environment))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("object store '" + url + "': ")
                .hasMessageContaining(why)
                .hasMessageEndingWith("write file:///directory, a path, s3://bucket or s3://bucket/prefix");
    }

    @Test
    void whatIsMissingInTheEnvironmentIsNamed() {
        assertThatThrownBy(() -> open("s3://bucket", Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("AWS_ACCESS_KEY_ID is not set");
    }

    @Test
    void aDirectoryThatIsAFileIsRefused() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "x");
        assertThatThrownBy(() -> open(file.toString(), Map.of())).isInstanceOf(IOException.class);
    }
}
