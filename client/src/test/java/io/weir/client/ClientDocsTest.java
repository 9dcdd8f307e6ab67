package io.weir.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ClientDocsTest {
    @Test
    void theExampleOfThePageIsTheOneThatCompiles() throws IOException {
        String source = Files.readString(Path.of("src/test/java/io/weir/client/ExampleJoin.java"));
        String body = source.substring(source.indexOf("    public static void main"), source.lastIndexOf('}'));
        assertThat(Files.readString(Path.of("../docs/client.md"))).contains(body.stripTrailing());
    }
}
