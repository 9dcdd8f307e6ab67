package io.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Members of a request's JSON object; what is of another type than it should be is refused by name. */
final class RequestJson {
    private RequestJson() {}

    static void onlyMembers(ObjectNode json, Set<String> known) {
        json.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw invalid("The member '" + name + "' is not known here; there are " + new TreeSet<>(known));
            }
        });
    }

    static Optional<String> text(ObjectNode json, String name) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            throw invalid("'" + name + "' is a string");
        }
        return Optional.of(value.textValue());
    }

    /** Empty where it is absent. */
    static List<String> strings(ObjectNode json, String name) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return List.of();
        }
        if (!(value instanceof ArrayNode array)) {
            throw invalid("'" + name + "' is an array of strings");
        }
        List<String> strings = new ArrayList<>();
        for (JsonNode item : array) {
            if (!item.isTextual()) {
                throw invalid("'" + name + "' is an array of strings");
            }
            strings.add(item.textValue());
        }
        return strings;
    }

    static boolean flag(ObjectNode json, String name) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return false;
        }
        if (!value.isBoolean()) {
            throw invalid("'" + name + "' is true or false");
        }
        return value.booleanValue();
    }

    static int number(ObjectNode json, String name, int min, int max, int otherwise) {
        JsonNode value = json.get(name);
        if (value == null || value.isNull()) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < min || value.intValue() > max) {
            throw invalid("'" + name + "' is a whole number from " + min + " to " + max);
        }
        return value.intValue();
    }

    static WeirException invalid(String detail) {
        return new WeirException(ErrorCode.INVALID_REQUEST, detail);
    }
}
