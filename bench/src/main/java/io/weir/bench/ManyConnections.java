package io.weir.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;

/** One thread that keeps one request in flight on each of many connections, and does as little as a client can. */
final class ManyConnections implements AutoCloseable {
    private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);

    private final Selector selector = Selector.open();
    private final List<Connection> connections = new ArrayList<>();

    private static final class Connection {
        private final SocketChannel channel;
        private final ByteBuffer in = ByteBuffer.allocate(256 << 10);
        private long sentNanos;

        private Connection(SocketChannel channel) {
            this.channel = channel;
        }
    }

    ManyConnections(URI server, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(server.getHost(), server.getPort()));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            Connection connection = new Connection(channel);
            channel.register(selector, SelectionKey.OP_READ, connection);
            connections.add(connection);
        }
    }

    /** Latencies in nanoseconds, sorted, and how long all of it took. */
    record Result(List<Long> sortedNanos, double seconds) {
        double millisAt(double share) {
            return sortedNanos.get((int) (share * (sortedNanos.size() - 1))) / 1e6;
        }
    }

    /** @param request the whole request number n, small enough for a socket's buffer */
    Result run(long requests, LongFunction<byte[]> request) throws IOException {
        long[] nanos = new long[(int) requests];
        long sent = 0;
        int answered = 0;
        long begin = System.nanoTime();
        for (Connection connection : connections) {
            send(connection, request.apply(sent++));
        }
        while (answered < requests) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                Connection connection = (Connection) key.attachment();
                if (connection.channel.read(connection.in) < 0) {
                    throw new EOFException("connection closed by the server");
                }
                if (answerComplete(connection.in)) {
                    if (answered < requests) {
                        nanos[answered++] = System.nanoTime() - connection.sentNanos;
                    }
                    connection.in.clear();
                    if (sent < requests) {
                        send(connection, request.apply(sent++));
                    }
                }
            }
            selector.selectedKeys().clear();
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        Arrays.sort(nanos);
        return new Result(Arrays.stream(nanos).boxed().toList(), seconds);
    }

    private static void send(Connection connection, byte[] request) throws IOException {
        connection.sentNanos = System.nanoTime();
        ByteBuffer out = ByteBuffer.wrap(request);
        while (out.hasRemaining()) {
            connection.channel.write(out);
        }
    }

    /** Fixed-length answers of status 200 alone. */
    private static boolean answerComplete(ByteBuffer in) throws IOException {
        byte[] bytes = in.array();
        int end = in.position();
        for (int i = 0; i + 3 < end; i++) {
            if (bytes[i] == '\r' && bytes[i + 1] == '\n' && bytes[i + 2] == '\r' && bytes[i + 3] == '\n') {
                if (bytes[9] != '2') {
                    throw new IOException(new String(bytes, 0, end, StandardCharsets.UTF_8));
                }
                return end >= i + 4 + contentLength(bytes, i);
            }
        }
        return false;
    }

    private static int contentLength(byte[] bytes, int headEnd) throws IOException {
        for (int i = 0; i + LENGTH.length < headEnd; i++) {
            int j = 0;
            while (j < LENGTH.length && (bytes[i + j] | 0x20) == (LENGTH[j] | 0x20)) {
                j++;
            }
            if (j == LENGTH.length) {
                int length = 0;
                for (int at = i + j; bytes[at] != '\r'; at++) {
                    length = bytes[at] == ' ' ? length : length * 10 + bytes[at] - '0';
                }
                return length;
            }
        }
        throw new IOException("no Content-Length in " + new String(bytes, 0, headEnd, StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : connections) {
            connection.channel.close();
        }
        selector.close();
    }
}
