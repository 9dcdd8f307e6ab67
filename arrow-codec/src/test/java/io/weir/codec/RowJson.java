package io.weir.codec;

import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Rows in the form of {@link RandomRows} as JSON text in the forms of the HTTP contract, written for tests alone. */
public final class RowJson {
    private RowJson() {}

    public static String array(TableSchema schema, List<List<Object>> rows) {
        StringJoiner json = new StringJoiner(",", "[", "]");
        rows.forEach(row -> json.add(object(schema, row)));
        return json.toString();
    }

    public static String lines(TableSchema schema, List<List<Object>> rows) {
        StringBuilder json = new StringBuilder();
        rows.forEach(row -> json.append(object(schema, row)).append('\n'));
        return json.toString();
    }

    public static String object(TableSchema schema, List<Object> row) {
        StringJoiner json = new StringJoiner(",", "{", "}");
        for (int i = 0; i < row.size(); i++) {
            Column column = schema.columns().get(i);
            json.add(string(column.name()) + ":" + value(column.type(), row.get(i)));
        }
        return json.toString();
    }

    private static String value(DataType type, Object value) {
        if (value == null) {
            return "null";
        }
        if (value instanceof Float || value instanceof Double) {
            double number = ((Number) value).doubleValue();
            return Double.isFinite(number) ? value.toString() : string(value.toString());
        }
        if (value instanceof BigDecimal decimal) {
            return string(decimal.toPlainString());
        }
        if (value instanceof ByteBuffer bytes) {
            return string(Base64.getEncoder().encodeToString(bytes.array()));
        }
        if (type instanceof DataType.Map map) {
            return map(map, (Map<?, ?>) value);
        }
        if (value instanceof List<?> list) {
            return nested(type, list);
        }
        return value instanceof Long number
                ? time(type, number)
                : value instanceof String text ? string(text) : value.toString();
    }

    private static String time(DataType type, long value) {
        if (type == DataType.Simple.DATE) {
            return string(LocalDate.ofEpochDay(value).toString());
        }
        if (type instanceof DataType.Time time) {
            long nanos = value * nanosIn(time.precision());
            return string(pattern("HH:mm:ss", time.precision()).format(LocalTime.ofNanoOfDay(nanos)));
        }
        if (type instanceof DataType.Timestamp timestamp) {
            return string(dateTime(timestamp.precision(), value));
        }
        if (type instanceof DataType.TimestampLtz timestamp) {
            return string(dateTime(timestamp.precision(), value) + "Z");
        }
        return Long.toString(value);
    }

    private static String dateTime(int precision, long value) {
        long unitsInSecond = 1_000_000_000L / nanosIn(precision);
        int nanos = (int) (Math.floorMod(value, unitsInSecond) * nanosIn(precision));
        LocalDateTime time = LocalDateTime.ofEpochSecond(Math.floorDiv(value, unitsInSecond), nanos, ZoneOffset.UTC);
        return pattern("yyyy-MM-dd'T'HH:mm:ss", precision).format(time);
    }

    private static DateTimeFormatter pattern(String base, int precision) {
        return DateTimeFormatter.ofPattern(base + (precision == 0 ? "" : "." + "S".repeat(precision)));
    }

    private static long nanosIn(int precision) {
        return switch (ArrowSchemas.unitOf(precision)) {
            case SECOND -> 1_000_000_000L;
            case MILLISECOND -> 1_000_000L;
            case MICROSECOND -> 1_000L;
            case NANOSECOND -> 1L;
        };
    }

    private static String nested(DataType type, List<?> list) {
        boolean row = type instanceof DataType.Row;
        StringJoiner json = new StringJoiner(",", row ? "{" : "[", row ? "}" : "]");
        for (int i = 0; i < list.size(); i++) {
            if (type instanceof DataType.Row fields) {
                DataType.Row.Field field = fields.fields().get(i);
                json.add(string(field.name()) + ":" + value(field.type(), list.get(i)));
            } else {
                DataType element = type instanceof DataType.Array array ? array.element() : DataType.Simple.FLOAT;
                json.add(value(element, list.get(i)));
            }
        }
        return json.toString();
    }

    private static String map(DataType.Map type, Map<?, ?> map) {
        boolean object = type.key() == DataType.Simple.STRING || type.key() instanceof DataType.Char;
        StringJoiner json = new StringJoiner(",", object ? "{" : "[", object ? "}" : "]");
        map.forEach((k, v) -> {
            String key = value(type.key(), k);
            String value = value(type.value(), v);
            json.add(object ? key + ":" + value : "{\"key\":" + key + ",\"value\":" + value + "}");
        });
        return json.toString();
    }

    private static String string(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append("\\u%04x".formatted((int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
