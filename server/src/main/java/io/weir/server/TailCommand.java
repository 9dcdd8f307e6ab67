package io.weir.server;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "tail",
        description = "Prints a table's rows as they commit, one JSON object a line, until interrupted.",
        mixinStandardHelpOptions = true)
final class TailCommand implements Callable<Integer> {
    @Mixin
    private final ServerOption server = new ServerOption();

    @Parameters(paramLabel = "DATABASE.TABLE")
    private String table = "";

    @Option(
            names = "--from",
            defaultValue = "latest",
            description = "earliest, latest, timestamp:TIME or a cursor (default: latest)")
    private String from = "latest";

    @Option(names = "--columns", description = "comma-separated columns (default: all)")
    private @Nullable String columns;

    @Option(names = "--where", description = "a predicate that rows must pass")
    private @Nullable String where;

    @Option(names = "--limit", description = "stop after so many rows")
    private @Nullable Long limit;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        StringBuilder path = new StringBuilder(HttpApi.tablePath(table)).append("/log?follow=true");
        append(path, "from", from);
        append(path, "columns", columns);
        append(path, "where", where);
        append(path, "limit", limit == null ? null : limit.toString());
        PrintWriter out = spec.commandLine().getOut();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                server.api().open(path.toString(), "application/x-ndjson"), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                out.println(line);
                if (out.checkError()) {
                    return 0; // whoever read our output has enough, as in `weir tail … | head`
                }
            }
        }
        return 0;
    }

    private static void append(StringBuilder path, String name, @Nullable String value) {
        if (value != null) {
            path.append('&').append(name).append('=').append(HttpApi.encode(value));
        }
    }
}
