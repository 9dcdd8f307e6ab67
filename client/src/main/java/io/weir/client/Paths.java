package io.weir.client;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** The addresses of one table's calls. */
record Paths(URI base, String database, String table) {
    private static final String NAME = "[A-Za-z0-9_][A-Za-z0-9_-]{0,127}";

    Paths {
        checkName("database", database);
        checkName("table", table);
    }

    /** So that no name makes another path of it. */
    private static void checkName(String what, String name) {
        if (!name.matches(NAME)) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "'%s' is no name of a %s: letters, digits, '_' and '-', at most 128, not starting with '-'"
                            .formatted(name, what));
        }
    }

    /** @param rest what follows the table's own path, already encoded */
    String of(String rest) {
        String prefix = base.toString().replaceAll("/+$", "");
        return prefix + "/v1/databases/" + database + "/tables/" + table + rest;
    }

    static String columns(List<String> names) {
        for (String name : names) {
            if (name.contains(",")) {
                throw new WeirException(
                        ErrorCode.INVALID_REQUEST, "column '" + name + "' cannot be named in a list of columns");
            }
        }
        return names.stream()
                .map(name -> URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"))
                .collect(Collectors.joining(","));
    }
}
