package io.weir.persistence.objects;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.util.ByteString;

/** A new file that is being written. Nothing is written to it once it has ended: a stream may end later than its transfer. */
final class PartialFile {
    private final FileStore files;
    private final Path path;
    private final StoredFile file;
    private long position;
    private boolean ended;

    /** @throws java.nio.file.FileAlreadyExistsException where there is one, which stays as it is */
    PartialFile(FileStore files, Path path) throws IOException {
        this.files = files;
        this.path = path;
        this.file = files.create(path);
    }

    synchronized Void write(ByteString bytes) throws IOException {
        checkOpen();
        List<ByteBuffer> buffers = new ArrayList<>();
        bytes.getByteBuffers().forEach(buffers::add);
        file.write(buffers, position);
        position += bytes.size();
        return Conditions.NOTHING;
    }

    synchronized Void sync() throws IOException {
        checkOpen();
        file.sync();
        return Conditions.NOTHING;
    }

    /** @param keep deleted if false */
    synchronized void end(boolean keep) {
        ended = true;
        try {
            try {
                file.close();
            } finally {
                if (!keep) {
                    files.delete(path);
                }
            }
        } catch (IOException e) {
            // All of it is synced, or the transfer's own failure says more.
        }
    }

    private void checkOpen() throws IOException {
        if (ended) {
            throw new IOException("the transfer to %s has ended".formatted(path));
        }
    }
}
