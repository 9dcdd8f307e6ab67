package io.weir.codec.ingest;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ColumnView;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.row.KeyWriter;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** A key of one column that came as text, in a URL, and the bucket it belongs to. */
public record TextKey(Key key, int bucket) {
    /** Whole numbers of so many digits fit into a long. */
    private static final int LONG_DIGITS = 18;

    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

    /**
     * Strings and whole numbers, which most keys are, are read here; all else as a JSON row with this one column would be, so that a
     * text means the same in a URL and in a body.
     *
     * @param column not nested and not floating; whether it is nullable does not matter
     * @param text what the column's JSON form is, without quotes; of a timestamp also a number, milliseconds since 1970
     * @throws WeirException INVALID_REQUEST saying what the column takes
     */
    public static TextKey parse(Column column, String text, int buckets) {
        DataType type = column.type();
        if (type == DataType.Simple.STRING) {
            return ofText(text, buckets);
        }
        int bits = wholeBits(type);
        if (bits > 0 && isPlainWhole(text)) {
            long value = Long.parseLong(text);
            if (value >> (bits - 1) == value >> 63) {
                return ofWhole(value, buckets);
            }
        }
        return ofJson(column, text, buckets);
    }

    private static TextKey ofText(String text, int buckets) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        KeyBytes hashed = new KeyBytes();
        hashed.addPresent();
        hashed.addArray(utf8);
        return new TextKey(new KeyWriter().putVariable(utf8).end(), Math.floorMod(hashed.hash(), buckets));
    }

    private static TextKey ofWhole(long value, int buckets) {
        KeyBytes hashed = new KeyBytes();
        hashed.addPresent();
        hashed.addLong(value);
        return new TextKey(new KeyWriter().putLong(value).end(), Math.floorMod(hashed.hash(), buckets));
    }

    private static int wholeBits(DataType type) {
        return type instanceof DataType.Simple simple
                ? switch (simple) {
                    case TINYINT -> 8;
                    case SMALLINT -> 16;
                    case INT -> 32;
                    case BIGINT -> 64;
                    default -> 0;
                }
                : 0;
    }

    /** As most programs write one: digits, no zeros before them. Others are numbers as well, which JSON's reader knows. */
    private static boolean isPlainWhole(String text) {
        int start = text.startsWith("-") ? 1 : 0;
        int digits = text.length() - start;
        if (digits == 0 || digits > LONG_DIGITS || (digits > 1 && text.charAt(start) == '0')) {
            return false;
        }
        for (int i = start; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static TextKey ofJson(Column column, String text, int buckets) {
        TableSchema schema = new TableSchema(1, List.of(new Column(column.id(), column.name(), column.type(), false)));
        List<String> key = List.of(column.name());
        try (BufferAllocator allocator = new RootAllocator()) {
            EncodedRows row = RowDecoder.decode(
                            RowFormat.NDJSON, row(column, text), schema, DecodeLimits.DEFAULT, allocator)
                    .get(0);
            KeyBytes hashed = new KeyBytes();
            hashed.add(ColumnView.of(schema.columns(), row).get(0), 0);
            int bucket = Math.floorMod(hashed.hash(), buckets);
            return new TextKey(KeyEncoder.of(schema.columns(), key).encode(row).get(0), bucket);
        } catch (WeirException e) {
            throw refused(column, text, e);
        }
    }

    /** The row that holds the key alone, as NDJSON. */
    public static ByteBuffer row(Column column, String text) {
        boolean isTimestamp =
                column.type() instanceof DataType.Timestamp || column.type() instanceof DataType.TimestampLtz;
        boolean isNumber = isTimestamp && NUMBER.matcher(text).matches();
        String value = isNumber ? text : '"' + escaped(text) + '"';
        return ByteBuffer.wrap(
                "{\"%s\":%s}".formatted(escaped(column.name()), value).getBytes(StandardCharsets.UTF_8));
    }

    private static String escaped(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    private static WeirException refused(Column column, String text, WeirException cause) {
        String why = cause.rowErrors().isEmpty()
                ? cause.detail()
                : cause.rowErrors().get(0).detail();
        String shown = text.length() <= 64 ? text : text.substring(0, 64) + "…";
        return new WeirException(
                ErrorCode.INVALID_REQUEST,
                "'%s' is no key of column '%s', which takes %s: %s".formatted(shown, column.name(), column.type(), why),
                cause);
    }
}
