package io.weir.http;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashSet;
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
        OptionalInt bucket,
        String from,
        List<Column> columns,
        @Nullable String where,
        long rowsMax,
        long bytesMax,
        Duration waitAtMost,
        boolean follow,
        boolean metadata) {
    static final Set<String> PARAMETERS = Set.of(
            "bucket", "from", "columns", "where", "limit", "max_bytes", "wait", "follow", "metadata", "partition");
    static final Duration WAIT_MAX = Duration.ofSeconds(60);
    private static final String LAST_EVENT_ID = "Last-Event-ID";

    static LogQuery of(Exchange exchange, TableInfo table) {
        if (exchange.parameter("partition").isPresent()) {
            throw new WeirException(
                    ErrorCode.NOT_SUPPORTED, "This version has no partitioned tables; leave out 'partition'");
        }
        boolean metadata = exchange.flag("metadata");
        return new LogQuery(
                table,
                bucket(exchange, table),
                exchange.header(LAST_EVENT_ID)
                        .filter(id -> !id.isEmpty())
                        .or(() -> exchange.parameter("from"))
                        .orElse("earliest"),
                columns(exchange.parameter("columns"), table, metadata),
                where(exchange.parameter("where"), table),
                exchange.number("limit", 1, Long.MAX_VALUE, Long.MAX_VALUE),
                exchange.number("max_bytes", 1, Long.MAX_VALUE, Long.MAX_VALUE),
                wait(exchange.parameter("wait").orElse("0")),
                exchange.flag("follow"),
                metadata);
    }

    /** Whether the answer may end before what the log holds, so that only its end tells where to go on. */
    boolean mayStopEarly() {
        return rowsMax != Long.MAX_VALUE || bytesMax != Long.MAX_VALUE;
    }

    List<Integer> columnIds() {
        return columns.stream().map(Column::id).toList();
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

    private static List<Column> columns(Optional<String> wanted, TableInfo table, boolean metadata) {
        List<Column> columns = wanted.isEmpty() ? table.schema().columns() : named(wanted.get(), table);
        if (metadata) {
            columns.forEach(column -> {
                if (MetadataColumns.isOne(column.name())) {
                    throw new WeirException(
                            ErrorCode.INVALID_REQUEST,
                            "The table's own column '" + column.name()
                                    + "' has the name of a metadata column; leave it out with 'columns', or leave out"
                                    + " 'metadata'");
                }
            });
        }
        return columns;
    }

    private static List<Column> named(String wanted, TableInfo table) {
        List<Column> columns = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String name : wanted.split(",", -1)) {
            Column column = table.schema()
                    .column(name)
                    .orElseThrow(() -> new WeirException(
                            ErrorCode.COLUMN_NOT_FOUND, "The table has no column '" + name + "' to read"));
            if (!seen.add(name)) {
                throw new WeirException(
                        ErrorCode.INVALID_REQUEST, "The column '" + name + "' is asked for more than once");
            }
            columns.add(column);
        }
        return columns;
    }

    private static @Nullable String where(Optional<String> where, TableInfo table) {
        // Parsed here only so that a mistake is answered before anything is read; the buckets parse it for themselves.
        where.ifPresent(text -> Predicate.parse(text, table.schema()));
        return where.orElse(null);
    }

    /** Whole seconds or milliseconds: {@code 5s}, {@code 1500ms}; a bare number counts seconds. */
    private static Duration wait(String text) {
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
