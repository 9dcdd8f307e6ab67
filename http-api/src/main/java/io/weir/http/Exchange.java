package io.weir.http;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * One request that a route was found for.
 *
 * @param path the values of the route's path parameters, decoded
 * @param query decoded; holds only parameters that the route knows
 */
record Exchange(HttpRequest request, String requestId, Map<String, String> path, Map<String, String> query) {
    String database() {
        return name("db", "database");
    }

    String table() {
        return name("table", "table");
    }

    /** A name in a path; what can be no name is refused here, so that it reaches neither a log nor an actor. */
    private String name(String parameter, String what) {
        String name = String.valueOf(path.get(parameter));
        if (!Names.isName(name)) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "The " + what
                            + " name in the path is not one: names are 1 to 128 letters, digits, '_' and '-', and do"
                            + " not start with '-'");
        }
        return name;
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(query.get(name));
    }

    boolean flag(String name) {
        String value = query.getOrDefault(name, "false");
        if (!value.equals("true") && !value.equals("false")) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST, "The parameter '" + name + "' is true or false, not '" + value + "'");
        }
        return value.equals("true");
    }

    /** A decimal number in {@code [min, max]}, or the default where the parameter is absent. */
    long number(String name, long min, long max, long otherwise) {
        String value = query.get(name);
        return value == null ? otherwise : number("parameter '" + name + "'", value, min, max);
    }

    static long number(String what, String value, long min, long max) {
        if (value.matches("[0-9]{1,19}")) {
            try {
                long number = Long.parseLong(value);
                if (number >= min && number <= max) {
                    return number;
                }
            } catch (NumberFormatException e) {
                throw outOfRange(what, value, min, max);
            }
        }
        throw outOfRange(what, value, min, max);
    }

    private static WeirException outOfRange(String what, String value, long min, long max) {
        return new WeirException(
                ErrorCode.INVALID_REQUEST,
                "The " + what + " is a whole number from " + min + " to " + max + ", not '" + value + "'");
    }

    /** The value of a header that may be given once. */
    Optional<String> header(String name) {
        String value = null;
        for (var header : request.getHeaders()) {
            if (header.is(name.toLowerCase(java.util.Locale.ROOT))) {
                if (value != null) {
                    throw new WeirException(
                            ErrorCode.INVALID_REQUEST, "The header " + name + " is given more than once");
                }
                value = header.value();
            }
        }
        return Optional.ofNullable(value);
    }
}
