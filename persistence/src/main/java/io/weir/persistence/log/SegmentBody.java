package io.weir.persistence.log;

import io.weir.persistence.objects.StoredObject;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A sealed segment as it is uploaded: its bytes, its index, and the writers' memory at its end where that is at hand. */
public final class SegmentBody implements Transfers.Body {
    SegmentBody() {}

    @Override
    public long size() {
        throw new UnsupportedOperationException("spine: log");
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        throw new UnsupportedOperationException("spine: log");
    }

    /** What the manifest notes of it once it is stored. */
    public RemoteSegment as(StoredObject stored) {
        throw new UnsupportedOperationException("spine: log " + stored);
    }

    @Override
    public void close() throws IOException {
        throw new UnsupportedOperationException("spine: log");
    }
}
