package io.weir.lake.iceberg;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;

/** A file to be written; durable, with the directories that lead to it, when its stream has been closed. */
final class LocalOutputFile implements OutputFile {
    private static final int BUFFER_BYTES = 1 << 16;

    private final String location;
    private final Path path;

    LocalOutputFile(String location, Path path) {
        this.location = location;
        this.path = path;
    }

    /** @throws AlreadyExistsException where there is such a file: what a commit was decided by must not be overwritten */
    @Override
    public PositionOutputStream create() {
        return open(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    }

    @Override
    public PositionOutputStream createOrOverwrite() {
        return open(StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    }

    private PositionOutputStream open(OpenOption... options) {
        try {
            Path directory = path.toAbsolutePath().resolveSibling("");
            makeDirectory(directory);
            return new Stream(FileChannel.open(path, options), directory);
        } catch (FileAlreadyExistsException e) {
            throw new AlreadyExistsException(e, "Already exists: %s", location);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + location, e);
        }
    }

    /** A directory whose name is not on the disk yet takes its files with it in a power loss. */
    private static void makeDirectory(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null) {
            makeDirectory(parent);
        }
        Files.createDirectories(directory);
        if (parent != null) {
            sync(parent);
        }
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public String location() {
        return location;
    }

    @Override
    public InputFile toInputFile() {
        return new LocalInputFile(location, path);
    }

    private static final class Stream extends PositionOutputStream {
        private final FileChannel channel;
        private final Path directory;
        private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        private long position;
        private boolean broken;

        Stream(FileChannel channel, Path directory) {
            this.channel = channel;
            this.directory = directory;
        }

        @Override
        public long getPos() {
            return position;
        }

        @Override
        public void write(int b) throws IOException {
            if (!buffer.hasRemaining()) {
                drain();
            }
            buffer.put((byte) b);
            position++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (length > buffer.remaining()) {
                drain();
            }
            if (length >= buffer.capacity()) {
                writeAll(ByteBuffer.wrap(bytes, offset, length));
            } else {
                buffer.put(bytes, offset, length);
            }
            position += length;
        }

        private void drain() throws IOException {
            buffer.flip();
            writeAll(buffer);
            buffer.clear();
        }

        /** After a failure the file is of no use: it is closed at once, since not every writer does it then, and a full disk needs the room. */
        private void writeAll(ByteBuffer bytes) throws IOException {
            try {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            } catch (IOException e) {
                broken = true;
                channel.close();
                throw e;
            }
        }

        @Override
        public void flush() throws IOException {
            drain();
        }

        @Override
        public void close() throws IOException {
            if (broken) {
                throw new IOException("the file is not whole");
            }
            if (!channel.isOpen()) {
                return;
            }
            try (channel) {
                drain();
                channel.force(true);
            }
            sync(directory);
        }
    }
}
