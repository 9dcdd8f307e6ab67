package io.weir.persistence.log;

import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.DiskFullException;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** The real disk, full for new files or for syncs when told so. */
final class NearlyFullDisk implements FileStore {
    boolean noNewFiles;
    int syncsToFail;

    private final FileStore disk = new DiskFileStore();

    private static DiskFullException full() {
        return new DiskFullException("full by order of the test", null);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        disk.createDirectories(directory);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return disk.list(directory);
    }

    @Override
    public StoredFile create(Path file) throws IOException {
        if (noNewFiles) {
            throw full();
        }
        return new File(disk.create(file));
    }

    @Override
    public StoredFile openForWrite(Path file) throws IOException {
        return new File(disk.openForWrite(file));
    }

    @Override
    public StoredFile openForRead(Path file) throws IOException {
        return disk.openForRead(file);
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        disk.move(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        disk.delete(file);
    }

    @Override
    public void deleteTree(Path directory) throws IOException {
        disk.deleteTree(directory);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        disk.syncDirectory(directory);
    }

    private final class File implements StoredFile {
        private final StoredFile file;

        File(StoredFile file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public void write(List<ByteBuffer> sources, long position) throws IOException {
            file.write(sources, position);
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public void sync() throws IOException {
            if (syncsToFail > 0) {
                syncsToFail--;
                throw full();
            }
            file.sync();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
