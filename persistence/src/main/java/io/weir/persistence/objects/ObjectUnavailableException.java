package io.weir.persistence.objects;

import java.io.IOException;

/** The object store did not give what is there, after all tries and within the time: slow, failing, or out of reach. Try again later. */
public final class ObjectUnavailableException extends IOException {
    private static final long serialVersionUID = 1L;

    public ObjectUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
