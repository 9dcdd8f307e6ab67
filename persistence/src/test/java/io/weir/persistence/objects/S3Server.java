package io.weir.persistence.objects;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import org.awaitility.Awaitility;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;

/** A real S3 server over a directory, on a port of its own, with one bucket and one key. */
public final class S3Server implements AutoCloseable {
    public static final String BUCKET = "weir";
    public static final String ACCESS_KEY = "test-key";
    public static final String SECRET_KEY = "test-secret";
    public static final S3StoreSettings.Credentials KEY = new S3StoreSettings.Credentials(ACCESS_KEY, SECRET_KEY);

    private final S3Proxy server;

    public S3Server(Path directory) throws Exception {
        this(directory, 0);
    }

    /** @param port 0 for any that is free */
    public S3Server(Path directory, int port) throws Exception {
        Files.createDirectories(directory.resolve(BUCKET));
        Properties properties = new Properties();
        properties.setProperty("jclouds.filesystem.basedir", directory.toString());
        server = S3Proxy.builder()
                .blobStore(BlobStores.create("filesystem-nio2", properties))
                .endpoint(URI.create("http://127.0.0.1:" + port))
                .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, KEY.accessKeyId(), KEY.secretAccessKey())
                .build();
        server.start();
        Awaitility.await().until(() -> server.getState().equals("STARTED"));
    }

    public int port() {
        return server.getPort();
    }

    /** Small parts, and little patience. */
    static S3StoreSettings settings(int port, S3StoreSettings.Credentials key, Duration timeout) {
        return new S3StoreSettings(
                BUCKET,
                "http://127.0.0.1:" + port,
                "us-east-1",
                key,
                5 << 20,
                timeout,
                5,
                Duration.ofMillis(2),
                Duration.ofMillis(50));
    }

    @Override
    public void close() throws IOException {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
