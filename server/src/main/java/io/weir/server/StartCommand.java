package io.weir.server;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "start", description = "Runs the store in the foreground.", mixinStandardHelpOptions = true)
final class StartCommand implements Callable<Integer> {
    /** The command returned, the store runs on. */
    static final int RUNNING = -1;

    @Override
    public Integer call() {
        return RUNNING;
    }
}
