package io.weir.server;

import java.net.ConnectException;

/** Ends a command with a message for the person who typed it. */
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    static final int REFUSED = 1;
    static final int RETRYABLE = 3;

    private final int exitCode;

    CommandFailure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }

    static String explain(Throwable error) {
        if (error instanceof ConnectException) {
            return "no store answers there; start one with `./weir start`, or name its address with --server";
        }
        String message = error.getMessage();
        return message == null ? error.getClass().getSimpleName() : message;
    }
}
