package io.weir.persistence.log;

import io.weir.persistence.file.StoredFile;
import io.weir.persistence.objects.StoredObject;
import java.io.IOException;

/** Opens a part of an object for reading; see {@link io.weir.persistence.objects.ObjectFiles#open}. */
@FunctionalInterface
public interface RemoteFiles {
    StoredFile open(StoredObject object, long start, long length) throws IOException;
}
