package io.weir.persistence.file;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** There is no space left. What was being written may be there in part. */
public final class DiskFullException extends IOException {
    private static final long serialVersionUID = 1L;

    public DiskFullException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
