package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.RowError;
import io.weir.codec.WeirException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong with the rows of one request, up to the most that is reported. */
final class RowProblems {
    private final List<RowError> errors = new ArrayList<>();
    private int firstRow;

    /** Rows are named from here on as {@code firstRow} and following ones: their index in the request. */
    void startBatch(int newFirstRow) {
        firstRow = newFirstRow;
    }

    boolean isFull() {
        return errors.size() >= WeirException.ROW_ERRORS_MAX;
    }

    void add(int row, String pointer, String detail) {
        if (!isFull()) {
            errors.add(new RowError(firstRow + row, pointer, detail));
        }
    }

    /** @throws WeirException INVALID_ROWS where there are any */
    void throwIfAny() {
        if (errors.isEmpty()) {
            return;
        }
        errors.sort(Comparator.comparingInt(RowError::row));
        RowError first = errors.get(0);
        throw new WeirException(
                ErrorCode.INVALID_ROWS,
                "row %d, %s: %s; nothing was stored".formatted(first.row(), first.pointer(), first.detail()),
                errors);
    }
}
