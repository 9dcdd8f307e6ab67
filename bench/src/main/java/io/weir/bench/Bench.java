package io.weir.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Runs the benchmarks named on the command line, or all of them; bench/README.md says what each one measures. */
public final class Bench {
    private Bench() {}

    interface Case {
        void run(Path home, Path workDirectory) throws IOException, InterruptedException;
    }

    public static void main(String[] names) throws IOException, InterruptedException {
        Path home =
                Path.of(System.getProperty("weir.home", ".")).toAbsolutePath().normalize();
        Path work = Path.of(System.getProperty(
                "weir.bench.dir", home.resolve("bench/target/data").toString()));
        for (String name : names.length == 0
                ? List.of(
                        "start", "disk", "append", "read", "latency", "upsert", "lookup", "remote", "restore",
                        "tiering")
                : List.of(names)) {
            System.out.println("== " + name);
            byName(name).run(home, work);
        }
    }

    private static Case byName(String name) {
        return switch (name) {
            case "start" -> StartBench::run;
            case "disk" -> DiskBench::run;
            case "append" -> AppendBench::run;
            case "read" -> ReadBench::run;
            case "latency" -> LatencyBench::run;
            case "upsert" -> UpsertBench::run;
            case "lookup" -> LookupBench::run;
            case "remote" -> RemoteBench::run;
            case "restore" -> RestoreBench::run;
            case "tiering" -> TieringBench::run;
            default -> throw new IllegalArgumentException("no benchmark '" + name + "'");
        };
    }
}
