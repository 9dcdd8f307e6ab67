package io.weir.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** An S3 server in a process of its own, so that its work does not count as the store's or the client's. */
final class S3Process implements AutoCloseable {
    private static final String BUCKET = "weir";
    private static final String KEY = "bench-key";
    private static final String SECRET = "bench-secret";

    private final Process process;
    private final int port;

    private S3Process(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** @param directory for its objects; its log goes beside it */
    static S3Process start(Path directory) throws IOException {
        String classPath = System.getProperty("weir.bench.s3-class-path", "");
        if (classPath.isEmpty()) {
            throw new IOException("no class path of an S3 server; start the benchmarks with bench/run");
        }
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        "-cp",
                        classPath,
                        "io.weir.bench.S3ServerMain",
                        directory.toString(),
                        BUCKET,
                        KEY,
                        SECRET))
                .redirectError(directory
                        .resolveSibling(directory.getFileName() + ".log")
                        .toFile())
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("s3 ready ")) {
                return new S3Process(process, Integer.parseInt(line.substring("s3 ready ".length())));
            }
        }
        throw new IOException("the S3 server ended before it was ready; see the log beside " + directory);
    }

    /** What a store needs to use it. */
    Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        environment.put("WEIR_OBJECT_STORE", "s3://" + BUCKET + "/bench");
        environment.put("AWS_ACCESS_KEY_ID", KEY);
        environment.put("AWS_SECRET_ACCESS_KEY", SECRET);
        environment.put("AWS_REGION", "us-east-1");
        environment.put("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:" + port);
        return environment;
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
