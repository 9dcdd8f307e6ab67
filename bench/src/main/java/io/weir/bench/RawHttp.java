package io.weir.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One keep-alive HTTP/1.1 connection that does as little as a client can, so that a benchmark measures the server: fixed-length
 * requests, fixed-length or chunked answers.
 */
final class RawHttp implements AutoCloseable {
    private final Socket socket;
    private final OutputStream out;
    private final InputStream in;
    private final String host;

    RawHttp(URI server) throws IOException {
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(server.getHost(), server.getPort()), 5_000);
        socket.setSoTimeout(120_000);
        out = socket.getOutputStream();
        in = new BufferedInputStream(socket.getInputStream(), 1 << 18);
        host = server.getAuthority();
    }

    record Answer(int status, String body) {}

    Answer send(String method, String path, String contentType, byte[] body) throws IOException {
        write(method, path, "Content-Type: " + contentType + "\r\n", body);
        int status = readStatus();
        try (InputStream answer = body()) {
            return new Answer(status, new String(answer.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Sends a GET and gives the body to be read to its end before the next request. */
    InputStream get(String path, String accept) throws IOException {
        write("GET", path, "Accept: " + accept + "\r\n", new byte[0]);
        int status = readStatus();
        InputStream body = body();
        if (status != 200) {
            throw new IOException(status + " " + new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
        return body;
    }

    private void write(String method, String path, String headers, byte[] body) throws IOException {
        String head = method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers
                + (body.length == 0 ? "" : "Content-Length: " + body.length + "\r\n") + "\r\n";
        byte[] headBytes = head.getBytes(StandardCharsets.US_ASCII);
        if (body.length < 1 << 14) {
            byte[] one = new byte[headBytes.length + body.length];
            System.arraycopy(headBytes, 0, one, 0, headBytes.length);
            System.arraycopy(body, 0, one, headBytes.length, body.length);
            out.write(one);
        } else {
            out.write(headBytes);
            out.write(body);
        }
        out.flush();
    }

    private long contentLength;
    private boolean chunked;

    private int readStatus() throws IOException {
        String status = line();
        contentLength = 0;
        chunked = false;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                contentLength = Long.parseLong(lower.substring(15).trim());
            } else if (lower.startsWith("transfer-encoding:")) {
                chunked = lower.contains("chunked");
            }
        }
        return Integer.parseInt(status.substring(9, 12));
    }

    private InputStream body() {
        return new Body();
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder(64);
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("connection closed by the server");
            }
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }

    private final class Body extends InputStream {
        private long left = chunked ? 0 : contentLength;
        private boolean ended = !chunked && contentLength == 0;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (ended) {
                return -1;
            }
            if (left == 0 && !nextChunk()) {
                return -1;
            }
            int n = in.read(target, offset, (int) Math.min(length, left));
            if (n < 0) {
                throw new EOFException("answer cut off");
            }
            left -= n;
            if (left == 0) {
                if (chunked) {
                    line();
                } else {
                    ended = true;
                }
            }
            return n;
        }

        private boolean nextChunk() throws IOException {
            String size = line();
            int semicolon = size.indexOf(';');
            left = Long.parseLong(semicolon < 0 ? size : size.substring(0, semicolon), 16);
            if (left == 0) {
                ended = true;
                for (String trailer = line(); !trailer.isEmpty(); trailer = line()) {
                    // trailers are of no interest here
                    continue;
                }
            }
            return !ended;
        }

        @Override
        public void close() throws IOException {
            skipNBytes(0);
            byte[] sink = new byte[1 << 16];
            while (read(sink, 0, sink.length) >= 0) {
                continue;
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
