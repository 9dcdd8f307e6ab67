package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.DataType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What JSON values were met in one place of the rows: a column, a field or an array's elements. */
final class Shape {
    private static final int TIMESTAMP_DIGITS_MIN = 3;

    private enum Kind {
        BOOLEAN("a boolean"),
        INTEGER("a number"),
        WIDE_INTEGER("a number"),
        NUMBER("a number"),
        INSTANT("a string"),
        TEXT("a string"),
        OBJECT("an object"),
        ARRAY("an array");

        private final String described;

        Kind(String described) {
            this.described = described;
        }
    }

    /** Counts the shapes of a column, which a hostile body could make without end. */
    static final class Budget {
        private int shapes;
    }

    private final String path;
    private final int depth;
    private final Budget budget;

    /** The row that first had a value of the kind. */
    private final Map<Kind, Integer> kinds = new EnumMap<>(Kind.class);

    private final Map<String, Shape> fields = new LinkedHashMap<>();
    private @Nullable Shape element;
    private int instantDigits = TIMESTAMP_DIGITS_MIN;

    Shape(String path, int depth, Budget budget) {
        if (depth > DataType.DEPTH_MAX) {
            throw invalid("column '%s' is nested more than %d deep".formatted(TimeText.cut(path), DataType.DEPTH_MAX));
        }
        if (++budget.shapes > DataType.TYPES_MAX) {
            throw invalid("column '%s' has more than %d fields".formatted(TimeText.cut(path), DataType.TYPES_MAX));
        }
        this.path = path;
        this.depth = depth;
        this.budget = budget;
    }

    /** Notes the value whose first token is the current one, and leaves the parser at its end. */
    void note(JsonInput in) throws IOException {
        JsonToken token = in.parser.currentToken();
        switch (token) {
            case VALUE_NULL -> {}
            case VALUE_TRUE, VALUE_FALSE -> met(Kind.BOOLEAN, in.row());
            case VALUE_NUMBER_FLOAT -> met(Kind.NUMBER, in.row());
            case VALUE_NUMBER_INT -> met(integerKind(in.parser), in.row());
            case VALUE_STRING -> noteText(in);
            case START_ARRAY -> {
                met(Kind.ARRAY, in.row());
                if (element == null) {
                    element = new Shape(path + "[]", depth + 1, budget);
                }
                while (in.parser.nextToken() != JsonToken.END_ARRAY) {
                    element.note(in);
                }
            }
            default -> {
                met(Kind.OBJECT, in.row());
                while (in.parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = in.parser.currentName();
                    in.parser.nextToken();
                    Shape field = fields.get(name);
                    if (field == null) {
                        field = new Shape(path + "." + name, depth + 1, budget);
                        fields.put(name, field);
                    }
                    field.note(in);
                }
            }
        }
    }

    private static Kind integerKind(JsonParser parser) throws IOException {
        if (parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            return Kind.INTEGER;
        }
        int digits = parser.getTextLength() - (parser.getText().startsWith("-") ? 1 : 0);
        return digits <= 38 ? Kind.WIDE_INTEGER : Kind.NUMBER;
    }

    private void noteText(JsonInput in) throws IOException {
        int digits = kinds.containsKey(Kind.TEXT) ? -1 : TimeText.digitsOfInstant(in.parser.getText());
        met(digits < 0 ? Kind.TEXT : Kind.INSTANT, in.row());
        instantDigits = Math.max(instantDigits, digits);
    }

    private void met(Kind kind, int row) {
        kinds.putIfAbsent(kind, row);
    }

    /** @throws WeirException INVALID_SCHEMA where values of different kinds stand in the same place and no type takes both */
    DataType type() {
        boolean text = kinds.containsKey(Kind.TEXT) || kinds.containsKey(Kind.INSTANT) || kinds.isEmpty();
        boolean number = kinds.containsKey(Kind.INTEGER)
                || kinds.containsKey(Kind.WIDE_INTEGER)
                || kinds.containsKey(Kind.NUMBER);
        boolean bool = kinds.containsKey(Kind.BOOLEAN);
        boolean nested = kinds.containsKey(Kind.OBJECT) || kinds.containsKey(Kind.ARRAY);
        if ((nested && kinds.size() > 1) || (bool && number)) {
            throw conflict();
        }
        if (nested) {
            return kinds.containsKey(Kind.ARRAY) ? arrayType() : rowType();
        }
        if (text) {
            boolean instants = kinds.containsKey(Kind.INSTANT) && kinds.size() == 1;
            return instants ? new DataType.TimestampLtz(instantDigits) : DataType.Simple.STRING;
        }
        return bool ? DataType.Simple.BOOLEAN : numberType();
    }

    private DataType numberType() {
        if (kinds.containsKey(Kind.NUMBER)) {
            return DataType.Simple.DOUBLE;
        }
        return kinds.containsKey(Kind.WIDE_INTEGER) ? new DataType.Decimal(38, 0) : DataType.Simple.BIGINT;
    }

    private DataType arrayType() {
        return new DataType.Array(element == null ? DataType.Simple.STRING : element.type(), true);
    }

    /** Objects that never had a field keep what they say, that they are empty, as maps. */
    private DataType rowType() {
        if (fields.isEmpty()) {
            return new DataType.Map(DataType.Simple.STRING, DataType.Simple.STRING, true);
        }
        List<DataType.Row.Field> rowFields = new ArrayList<>();
        fields.forEach((name, shape) -> rowFields.add(new DataType.Row.Field(name, shape.type(), true)));
        return new DataType.Row(rowFields);
    }

    private WeirException conflict() {
        Kind first = null;
        Kind other = null;
        for (Map.Entry<Kind, Integer> kind : kinds.entrySet()) {
            if (first == null) {
                first = kind.getKey();
            } else if (!kind.getKey().described.equals(first.described)) {
                other = kind.getKey();
            }
        }
        return invalid("column '%s' is %s in row %d and %s in row %d; create the table with a type that takes both"
                .formatted(
                        TimeText.cut(path),
                        first == null ? "" : first.described,
                        first == null ? 0 : kinds.getOrDefault(first, 0),
                        other == null ? "" : other.described,
                        other == null ? 0 : kinds.getOrDefault(other, 0)));
    }

    private static WeirException invalid(String detail) {
        return new WeirException(ErrorCode.INVALID_SCHEMA, detail);
    }
}
