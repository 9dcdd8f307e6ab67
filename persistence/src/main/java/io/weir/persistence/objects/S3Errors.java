package io.weir.persistence.objects;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.stream.connectors.s3.S3Exception;
import org.jspecify.annotations.Nullable;

/** From what the connector, the HTTP client and the store say to {@link ObjectStoreException}. */
final class S3Errors {
    /** Retryable although their status is of the kind that is not. */
    private static final Set<String> RETRYABLE_CODES = Set.of(
            "RequestTimeout",
            "SlowDown",
            "ThrottlingException",
            "Throttling",
            "OperationAborted",
            "ConditionalRequestConflict",
            "InternalError",
            "ServiceUnavailable");

    private final S3StoreSettings settings;

    S3Errors(S3StoreSettings settings) {
        this.settings = settings;
    }

    /** Any failure of a request, for the object or, without a name, for a listing. */
    ObjectStoreException translate(@Nullable ObjectName name, Throwable failure) {
        Throwable cause = Conditions.unwrapped(failure);
        if (cause instanceof ObjectStoreException known) {
            return known;
        }
        if (cause instanceof S3Exception s3) {
            return answered(name, s3.statusCode().intValue(), s3.code(), s3.message(), s3);
        }
        String what = cause instanceof TimeoutException ? "no answer in time" : String.valueOf(cause.getMessage());
        return new ObjectStoreException.Retryable(
                "%s at %s: %s".formatted(name == null ? "listing" : name, settings.endpoint(), what),
                !neverReached(cause),
                cause);
    }

    /** A page of the listing; it is of no object. */
    ObjectStoreException listing(int status, String code, String message) {
        return answered(null, status, code, message, null);
    }

    private ObjectStoreException answered(
            @Nullable ObjectName name, int status, String code, String message, @Nullable Throwable cause) {
        // An answer without a body, as to HEAD, has its status for a code.
        String what = code.startsWith(String.valueOf(status)) ? code : status + " " + code;
        String said = "%s in bucket %s at %s: %s %s"
                .formatted(
                        name == null ? "listing" : name, settings.bucket(), settings.endpoint(), what, message.strip())
                .strip();
        if (status >= 500 || status == 429 || status == 408 || RETRYABLE_CODES.contains(code)) {
            // Even a 503 may come from something between us and a store that did what was asked.
            return new ObjectStoreException.Retryable(said, status != 429, cause);
        }
        if (status == 404 && name != null && !"NoSuchBucket".equals(code) && !"NoSuchUpload".equals(code)) {
            return new ObjectStoreException.NotFound(name);
        }
        String advice =
                switch (status) {
                    case 401, 403 ->
                        "; check the credentials (key %s) and what they may do"
                                .formatted(settings.credentials().accessKeyId());
                    case 404 -> "; check the name of the bucket";
                    default -> "";
                };
        return new ObjectStoreException.Refused(said + advice, cause);
    }

    /** Whether there was not even a connection. */
    private static boolean neverReached(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException
                    || cause instanceof UnknownHostException
                    || cause instanceof NoRouteToHostException) {
                return true;
            }
        }
        return false;
    }
}
