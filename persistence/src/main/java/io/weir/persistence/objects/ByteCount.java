package io.weir.persistence.objects;

import java.util.zip.CRC32C;
import org.apache.pekko.util.ByteString;

/** Size and checksum of a body while it passes; one per put, used by one stream stage, read after its end. */
final class ByteCount {
    private final CRC32C crc = new CRC32C();
    private long size;

    ByteString add(ByteString bytes) {
        size += bytes.size();
        ByteCheck.update(crc, bytes);
        return bytes;
    }

    StoredObject stored(ObjectName name) {
        return new StoredObject(name, size, (int) crc.getValue());
    }
}
