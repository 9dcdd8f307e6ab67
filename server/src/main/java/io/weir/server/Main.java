package io.weir.server;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code weir} command. Exit codes: 0 done, 1 the request was wrong or refused, 2 the command line was wrong, 3 worth a retry. */
@Command(
        name = "weir",
        description = "A streaming store: tables that are streams, on one process or a cluster of it.",
        mixinStandardHelpOptions = true,
        version = "weir " + Version.TEXT,
        subcommands = {
            StartCommand.class,
            StatusCommand.class,
            LoadCommand.class,
            TailCommand.class,
            TieringCommand.class,
            ReapCommand.class,
            RecoverCommand.class
        })
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        int exitCode = commandLine().execute(arguments);
        // A started store lives on in its own threads until it is told to stop.
        if (exitCode != StartCommand.RUNNING) {
            System.exit(exitCode);
        }
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main()).setExecutionExceptionHandler((error, command, parsed) -> {
            command.getErr().println("weir: " + CommandFailure.explain(error));
            return error instanceof CommandFailure failure ? failure.exitCode() : CommandFailure.REFUSED;
        });
    }
}
