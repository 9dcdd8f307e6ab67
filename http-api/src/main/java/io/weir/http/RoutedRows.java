package io.weir.http;

import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.ingest.RowRouter;
import java.util.List;
import java.util.SortedMap;

/**
 * The checked rows of one request by where they go. Rows of a log table are upserts that nothing is looked up for.
 *
 * @param count rows of the request
 * @param mayBeRefused whether a bucket may yet refuse them for what it holds: a patch that would make a row without all it needs
 */
record RoutedRows(SortedMap<RowRouter.Route, List<ChangedRows>> rows, long count, boolean mayBeRefused) {
    /** Bytes that the rows take on the heap. */
    long bytes() {
        return rows.values().stream()
                .flatMap(List::stream)
                .mapToLong(ChangedRows::sizeInBytes)
                .sum();
    }
}
