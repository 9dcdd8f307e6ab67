package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandsTest {
    @TempDir
    Path directory;

    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine command = Main.commandLine();
        command.setErr(new PrintWriter(err, true));
        command.setOut(new PrintWriter(new StringWriter()));
        return command.execute(arguments);
    }

    @Test
    void allCommandsAreThere() {
        assertThat(Main.commandLine().getSubcommands())
                .containsOnlyKeys("start", "status", "load", "tail", "tiering", "reap", "recover");
    }

    @Test
    void wrongArgumentsEndWithTwoAndSaySo() {
        assertThat(run("load")).isEqualTo(2);
        assertThat(err.toString()).contains("FILE");
    }

    @Test
    void everyCommandHasItsHelp() {
        for (String command : List.of("start", "status", "load", "tail", "tiering", "reap", "recover")) {
            assertThat(run(command, "--help")).as(command).isZero();
        }
    }

    @Test
    void aMissingFileEndsWithOne() {
        assertThat(run("load", directory.resolve("none").toString(), "a.b")).isEqualTo(1);
        assertThat(err.toString()).contains("cannot read").doesNotContain("Exception");
    }

    @Test
    void aTableWithoutItsDatabaseIsRefused() throws Exception {
        Path file = Files.writeString(directory.resolve("rows"), "{}\n");
        assertThat(run("load", file.toString(), "table")).isEqualTo(1);
        assertThat(err.toString()).contains("DATABASE.TABLE");
    }

    @Test
    void withoutAStoreTheMessageSaysHowToStartOne() throws Exception {
        Path file = Files.writeString(directory.resolve("rows"), "{}\n");
        assertThat(run("load", file.toString(), "a.b", "--server", "http://127.0.0.1:1"))
                .isEqualTo(1);
        assertThat(run("status", "--server", "http://127.0.0.1:1")).isEqualTo(1);
        assertThat(run("tail", "a.b", "--server", "http://127.0.0.1:1")).isEqualTo(1);
        assertThat(run("reap", "--server", "http://127.0.0.1:1")).isEqualTo(1);
        assertThat(err.toString().split("weir start", -1)).hasSize(5);
    }

    @Test
    void aTornArrowFileEndsWithOneAndNamesTheFile() throws Exception {
        Path file = Files.writeString(directory.resolve("torn.arrow"), "ARROW1\0\0 and no more");
        assertThat(run("load", file.toString(), "a.b", "--server", "http://127.0.0.1:1"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("torn.arrow");
    }
}
