package io.weir.codec.schema;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reads the text form of a {@link DataType}. Case does not matter for type names; ROW field names keep theirs. Recursive descent,
 * bounded by {@link DataType#DEPTH_MAX} and {@link DataType#TYPES_MAX}.
 */
public final class TypeParser {
    private static final int TEXT_MAX = 1 << 20;
    private static final String TYPES =
            "BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, DECIMAL(p,s), CHAR(n), STRING,"
                    + " BINARY(n), BYTES, DATE, TIME(p), TIMESTAMP(p), TIMESTAMP_LTZ(p), ARRAY<T>, ARRAY<FLOAT>(n), MAP<K, V>, ROW<a T, b T>";

    private final String text;
    private int position;
    private int types;

    private TypeParser(String text) {
        this.text = text;
    }

    /** @throws io.weir.codec.WeirException INVALID_SCHEMA, saying where in the text and what was expected */
    public static DataType parse(String text) {
        if (text.length() > TEXT_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_SCHEMA, "a type of " + text.length() + " characters; at most " + TEXT_MAX);
        }
        TypeParser parser = new TypeParser(text);
        DataType type = parser.type(1);
        parser.skipSpace();
        if (parser.position < text.length()) {
            throw parser.error("the end of the type");
        }
        return type;
    }

    /** A ROW field's name as the text form holds it. */
    static String quoted(String name) {
        boolean plain = !name.isEmpty() && name.chars().allMatch(TypeParser::isNameCharacter);
        return plain ? name : "`" + name.replace("`", "``") + "`";
    }

    private DataType type(int depth) {
        if (depth > DataType.DEPTH_MAX) {
            throw error("a type nested at most " + DataType.DEPTH_MAX + " deep");
        }
        if (++types > DataType.TYPES_MAX) {
            throw error("at most " + DataType.TYPES_MAX + " types in one column");
        }
        skipSpace();
        int start = position;
        String word = word().toUpperCase(Locale.ROOT);
        return switch (word) {
            case "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "STRING", "BYTES", "DATE" ->
                DataType.Simple.valueOf(word);
            case "DECIMAL" -> decimal();
            case "CHAR" -> new DataType.Char(argument(word, 1, DataType.LENGTH_MAX));
            case "BINARY" -> new DataType.Binary(argument(word, 1, DataType.LENGTH_MAX));
            case "TIME" -> new DataType.Time(argument(word, 0, 9));
            case "TIMESTAMP" -> new DataType.Timestamp(argument(word, 0, 9));
            case "TIMESTAMP_LTZ" -> new DataType.TimestampLtz(argument(word, 0, 9));
            case "ARRAY" -> array(depth);
            case "MAP" -> map(depth);
            case "ROW" -> row(depth);
            default -> {
                position = start;
                throw error("one of " + TYPES);
            }
        };
    }

    private DataType decimal() {
        expect('(', "DECIMAL(p,s)");
        int precision = number(1, 38);
        int scale = accept(',') ? number(0, precision) : 0;
        expect(')', "')'");
        return new DataType.Decimal(precision, scale);
    }

    private int argument(String word, int min, int max) {
        expect('(', word + "(n) with n from " + min + " to " + max);
        int argument = number(min, max);
        expect(')', "')'");
        return argument;
    }

    private DataType array(int depth) {
        expect('<', "'<' and the type of the elements");
        DataType element = type(depth + 1);
        boolean nullable = nullable();
        expect('>', "'>' or NOT NULL");
        if (element == DataType.Simple.FLOAT && accept('(')) {
            int length = number(1, DataType.LENGTH_MAX);
            expect(')', "')'");
            return new DataType.Vector(length);
        }
        return new DataType.Array(element, nullable);
    }

    private DataType map(int depth) {
        expect('<', "'<' and the types of key and value");
        DataType key = type(depth + 1);
        nullable(); // keys never are null, so saying it is allowed and changes nothing
        expect(',', "',' and the type of the values");
        DataType value = type(depth + 1);
        boolean nullable = nullable();
        expect('>', "'>' or NOT NULL");
        return new DataType.Map(key, value, nullable);
    }

    private DataType row(int depth) {
        expect('<', "'<' and the fields");
        List<DataType.Row.Field> fields = new ArrayList<>();
        Set<String> names = new HashSet<>();
        do {
            skipSpace();
            int start = position;
            String name = fieldName();
            if (!names.add(name)) {
                position = start;
                throw error("a field name that is not used before in this ROW");
            }
            DataType type = type(depth + 1);
            fields.add(new DataType.Row.Field(name, type, nullable()));
        } while (accept(','));
        expect('>', "',' or '>' or NOT NULL");
        return new DataType.Row(fields);
    }

    private String fieldName() {
        if (!accept('`')) {
            return word();
        }
        StringBuilder name = new StringBuilder();
        while (position < text.length()) {
            char c = text.charAt(position++);
            if (c == '`' && (position == text.length() || text.charAt(position) != '`')) {
                return name.toString();
            }
            position += c == '`' ? 1 : 0;
            name.append(c);
        }
        throw error("'`' at the end of the name");
    }

    private boolean nullable() {
        skipSpace();
        int start = position;
        if (position == text.length() || !isNameCharacter(text.charAt(position))) {
            return true;
        }
        if (word().equalsIgnoreCase("NOT")) {
            skipSpace();
            if (position < text.length() && isNameCharacter(text.charAt(position)) && word().equalsIgnoreCase("NULL")) {
                return false;
            }
        }
        position = start;
        throw error("NOT NULL, or the end of the type");
    }

    private String word() {
        skipSpace();
        int start = position;
        while (position < text.length() && isNameCharacter(text.charAt(position))) {
            position++;
        }
        if (start == position) {
            throw error("a name");
        }
        return text.substring(start, position);
    }

    private int number(int min, int max) {
        skipSpace();
        int start = position;
        long value = 0;
        while (position < text.length() && text.charAt(position) >= '0' && text.charAt(position) <= '9') {
            value = Math.min(value * 10 + text.charAt(position++) - '0', Integer.MAX_VALUE);
        }
        if (start == position || value < min || value > max) {
            position = start;
            throw error("a number from " + min + " to " + max);
        }
        return (int) value;
    }

    private void expect(char wanted, String described) {
        if (!accept(wanted)) {
            throw error(described);
        }
    }

    private boolean accept(char wanted) {
        skipSpace();
        if (position < text.length() && text.charAt(position) == wanted) {
            position++;
            return true;
        }
        return false;
    }

    private void skipSpace() {
        while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
            position++;
        }
    }

    private static boolean isNameCharacter(int c) {
        return c == '_' || c == '-' || (c >= '0' && c <= '9') || Character.isLetter(c);
    }

    private WeirException error(String expected) {
        String shown = text.length() <= 120 ? text : text.substring(0, 120) + "…";
        String found = position >= text.length() ? "the end" : "'" + text.charAt(position) + "'";
        return new WeirException(
                ErrorCode.INVALID_SCHEMA,
                "type '%s', position %d: found %s, expected %s".formatted(shown, position, found, expected));
    }
}
