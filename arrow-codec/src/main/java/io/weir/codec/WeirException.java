package io.weir.codec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The one error that crosses module boundaries on purpose; anything else that is thrown is a bug or a broken machine. */
public final class WeirException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** At most this many row errors are collected for one request; the first are the useful ones. */
    public static final int ROW_ERRORS_MAX = 100;

    private final ErrorCode code;
    private final transient List<RowError> rowErrors;

    public WeirException(ErrorCode code, String detail) {
        this(code, detail, List.of(), null);
    }

    public WeirException(ErrorCode code, String detail, @Nullable Throwable cause) {
        this(code, detail, List.of(), cause);
    }

    public WeirException(ErrorCode code, String detail, List<RowError> rowErrors) {
        this(code, detail, rowErrors, null);
    }

    private WeirException(ErrorCode code, String detail, List<RowError> rowErrors, @Nullable Throwable cause) {
        super(detail, cause);
        this.code = code;
        this.rowErrors = List.copyOf(rowErrors);
    }

    public ErrorCode code() {
        return code;
    }

    /** Says what was wrong, where, and what to do; shown to the caller as it is. */
    public String detail() {
        return String.valueOf(getMessage());
    }

    public List<RowError> rowErrors() {
        return rowErrors == null ? List.of() : rowErrors;
    }
}
