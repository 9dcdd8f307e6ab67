package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.weir.codec.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documents say what the code does: settings and their defaults, error codes, and links that lead somewhere. */
class DocsTest {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    @Test
    void everySettingStandsInTheConfigurationPageWithItsDefault() {
        String page = read(HOME.resolve("docs/configuration.md"));
        // Unresolved, so that the environment of this machine does not show.
        Config defaults = ConfigFactory.parseString("");
        for (String module : List.of("sharding", "http-api", "actors")) {
            defaults = ConfigFactory.parseString(read(HOME.resolve(module + "/src/main/resources/reference.conf"))
                            .replaceAll("(?m)^.*\\$\\{\\?\\w+}\\s*$", ""))
                    .withFallback(defaults);
        }
        TreeSet<String> documented = new TreeSet<>();
        Matcher rows =
                Pattern.compile("(?m)^\\| `(weir\\.[^`]+)` \\| `([^`]*)` \\|").matcher(page);
        while (rows.find()) {
            documented.add(rows.group(1));
            assertThat(defaults.getAnyRef(rows.group(1)).toString())
                    .as(rows.group(1))
                    .isEqualTo(rows.group(2));
        }
        TreeSet<String> settings = new TreeSet<>();
        defaults.getConfig("weir").entrySet().forEach(setting -> settings.add("weir." + setting.getKey()));
        settings.removeIf(key -> key.startsWith("weir.dispatchers") && !key.endsWith("fixed-pool-size"));
        assertThat(documented).isEqualTo(settings);
    }

    @Test
    void everyErrorCodeStandsInTheErrorsPage() {
        List<String> lines = new ArrayList<>();
        for (ErrorCode code : ErrorCode.values()) {
            lines.add("| `%s` | %d | %s | %s |"
                    .formatted(code.code(), code.httpStatus(), code.retryable() ? "yes" : "", code.title()));
        }
        assertThat(read(HOME.resolve("docs/errors.md")).lines().filter(line -> line.startsWith("| `")))
                .containsExactlyElementsOf(lines);
    }

    @Test
    void everyLinkLeadsToAFileAndItsHeading() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(
                HOME.resolve("README.md"),
                HOME.resolve("CONTRIBUTING.md"),
                HOME.resolve("bench/README.md"),
                HOME.resolve("interop/README.md")));
        try (Stream<Path> docs = Files.walk(HOME.resolve("docs"))) {
            docs.filter(path -> path.toString().endsWith(".md")).forEach(pages::add);
        }
        for (Path page : pages) {
            Matcher links = Pattern.compile("]\\(([^)#:]*)(?:#([^)]*))?\\)").matcher(read(page));
            while (links.find()) {
                Path target = links.group(1).isEmpty() ? page : page.resolveSibling(links.group(1));
                assertThat(target).as("link in %s", page).exists();
                if (links.group(2) != null) {
                    assertThat(anchors(target)).as("link in %s", page).contains(links.group(2));
                }
            }
        }
    }

    private static List<String> anchors(Path page) {
        return read(page)
                .lines()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
                .map(heading -> heading.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
                .toList();
    }

    private static String read(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
