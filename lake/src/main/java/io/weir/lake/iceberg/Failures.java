package io.weir.lake.iceberg;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.function.Supplier;
import org.apache.iceberg.exceptions.NoSuchTableException;

/** What Iceberg, its catalogs and the stores below them throw, as the lake says it. */
final class Failures {
    /** Causes may go round in a circle. */
    private static final int CAUSES_MAX = 16;

    private Failures() {}

    /**
     * @param what is tried, for the message: {@code reading table a.b}
     * @throws WeirException LAKE_UNAVAILABLE for whatever is no bug, LAKE_CONFLICT where the table is not there (any more)
     */
    static <T> T guard(String what, Supplier<T> action) {
        try {
            return action.get();
        } catch (WeirException e) {
            throw e;
        } catch (NoSuchTableException e) {
            throw new WeirException(
                    ErrorCode.LAKE_CONFLICT, "%s: the table is not in the lake's catalog".formatted(what), e);
        } catch (NullPointerException | ClassCastException | IndexOutOfBoundsException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new WeirException(
                    ErrorCode.LAKE_UNAVAILABLE, "%s: the lake failed: %s".formatted(what, reason(e)), e);
        }
    }

    static void run(String what, Runnable action) {
        guard(what, () -> {
            action.run();
            return true;
        });
    }

    /** The failure and what is at the bottom of it: a full disk is known by its cause alone. */
    private static String reason(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause.getCause() != null && depth < CAUSES_MAX; depth++) {
            cause = cause.getCause();
        }
        String text = firstLine(failure);
        String why = firstLine(cause);
        return text.contains(why) ? text : text + ": " + why;
    }

    static String firstLine(Throwable failure) {
        String text = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }
}
