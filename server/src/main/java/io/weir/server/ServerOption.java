package io.weir.server;

import picocli.CommandLine.Option;

/** Where the commands find the store. */
final class ServerOption {
    @Option(
            names = "--server",
            paramLabel = "URL",
            defaultValue = "${env:WEIR_SERVER:-http://127.0.0.1:8080}",
            description = "the store's address (default: WEIR_SERVER or http://127.0.0.1:8080)")
    String server = "http://127.0.0.1:8080";

    HttpApi api() {
        return new HttpApi(server);
    }
}
