package io.weir.http;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of {@code GET T/log}, checked against the table.
 *
 * @param columns wanted columns in the wanted order; never empty
 * @param rowsMax {@link Long#MAX_VALUE} where no limit was given
 * @param bytesMax likewise
 */
record LogQuery(
        TableInfo table,
        LogView view,
        OptionalInt bucket,
        Optional<String> partition,
        String from,
        List<Column> columns,
        @Nullable Predicate where,
        long rowsMax,
        long bytesMax,
        Duration waitAtMost,
        boolean follow,
        boolean metadata) {
    static final Set<String> PARAMETERS = Set.of(
            "bucket", "from", "columns", "where", "limit", "max_bytes", "wait", "follow", "metadata", "partition");
    static final Duration WAIT_MAX = Duration.ofSeconds(60);
    private static final String LAST_EVENT_ID = "Last-Event-ID";

    static LogQuery of(Exchange exchange, TableInfo table, LogView view) {
        boolean metadata = exchange.flag("metadata");
        LogQuery query = new LogQuery(
                table,
                view,
                bucket(exchange, table),
                exchange.parameter("partition"),
                exchange.header(LAST_EVENT_ID)
                        .filter(id -> !id.isEmpty())
                        .or(() -> exchange.parameter("from"))
                        .orElse("earliest"),
                TableColumns.wanted(table, exchange.parameter("columns")),
                TableColumns.where(table, exchange.parameter("where")),
                exchange.number("limit", 1, Long.MAX_VALUE, Long.MAX_VALUE),
                exchange.number("max_bytes", 1, Long.MAX_VALUE, Long.MAX_VALUE),
                wait(exchange.parameter("wait").orElse("0")),
                exchange.flag("follow"),
                metadata);
        query.checkNames();
        return query;
    }

    /** A table of an older server may have columns that are named as those which are added. */
    private void checkNames() {
        RowForm form = form();
        for (Column column : form.columns()) {
            if (form.adds(column.name())) {
                throw new WeirException(
                        ErrorCode.INVALID_REQUEST,
                        "The table's own column '" + column.name()
                                + "' has the name of a metadata column; leave it out with 'columns', or leave out"
                                + " 'metadata'");
            }
        }
    }

    RowForm form() {
        return view.form(columns, metadata, table.isPartitioned());
    }

    /**
     * What is asked of the buckets. A binlog pairs rows before it filters and counts them, so its buckets are asked for all rows, with
     * the columns that the predicate needs.
     */
    LogReader.Wanted wanted() {
        return view == LogView.BINLOG
                ? new LogReader.Wanted(
                        TableColumns.ids(BinlogPairs.read(columns, where)), null, Long.MAX_VALUE, Long.MAX_VALUE)
                : new LogReader.Wanted(TableColumns.ids(columns), whereText(), rowsMax, bytesMax);
    }

    @Nullable
    String whereText() {
        return where == null ? null : where.toString();
    }

    /** Whether the answer may end before what the log holds, so that only its end tells where to go on. */
    boolean mayStopEarly() {
        return rowsMax != Long.MAX_VALUE || bytesMax != Long.MAX_VALUE;
    }

    private static OptionalInt bucket(Exchange exchange, TableInfo table) {
        if (exchange.parameter("bucket").isEmpty()) {
            return OptionalInt.empty();
        }
        long bucket = exchange.number("bucket", 0, Integer.MAX_VALUE, 0);
        if (bucket >= table.buckets()) {
            throw new WeirException(
                    ErrorCode.BUCKET_NOT_FOUND,
                    "The table has buckets 0 to " + (table.buckets() - 1) + ", and not " + bucket);
        }
        return OptionalInt.of((int) bucket);
    }

    /** Whole seconds or milliseconds: {@code 5s}, {@code 1500ms}; a bare number counts seconds. */
    static Duration wait(String text) {
        boolean millis = text.endsWith("ms");
        String digits = millis
                ? text.substring(0, text.length() - 2)
                : text.endsWith("s") ? text.substring(0, text.length() - 1) : text;
        if (digits.matches("[0-9]{1,6}")) {
            long number = Long.parseLong(digits);
            Duration wait = millis ? Duration.ofMillis(number) : Duration.ofSeconds(number);
            if (wait.compareTo(WAIT_MAX) <= 0) {
                return wait;
            }
        }
        throw new WeirException(
                ErrorCode.INVALID_REQUEST,
                "The parameter 'wait' is a time like 0, 500ms or 30s, at most 60s, not '" + text + "'");
    }

    /** Milliseconds since the epoch of the text after {@code timestamp:}. */
    static long timestampMs(String text) {
        if (text.matches("-?[0-9]{1,18}")) {
            return Long.parseLong(text);
        }
        try {
            return OffsetDateTime.parse(text).toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "After 'timestamp:' comes an ISO-8601 time with zone, like 2026-01-31T12:00:00Z, or milliseconds since"
                            + " 1970; '" + text + "' is neither. In a URL, '+' must be written as %2B",
                    e);
        }
    }
}
