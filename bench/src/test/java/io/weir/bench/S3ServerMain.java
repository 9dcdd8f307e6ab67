package io.weir.bench;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;

/**
 * An S3 server over a directory, for {@link S3Process}: prints {@code s3 ready PORT} when it serves, and ends with its standard input.
 * Among the tests, so that its library is no part of the store.
 */
public final class S3ServerMain {
    private S3ServerMain() {}

    /** @param arguments directory, bucket, access key, secret */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        Files.createDirectories(directory.resolve(arguments[1]));
        Properties properties = new Properties();
        properties.setProperty("jclouds.filesystem.basedir", directory.toString());
        S3Proxy server = S3Proxy.builder()
                .blobStore(BlobStores.create("filesystem-nio2", properties))
                .endpoint(URI.create("http://127.0.0.1:0"))
                .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, arguments[2], arguments[3])
                .build();
        server.start();
        while (!server.getState().equals("STARTED")) {
            Thread.sleep(20);
        }
        System.out.println("s3 ready " + server.getPort());
        System.out.flush();
        var unused = System.in.read();
        server.stop();
    }
}
