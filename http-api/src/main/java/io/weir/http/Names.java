package io.weir.http;

import java.util.regex.Pattern;

/** What names of databases and tables look like; the OpenAPI document states the same pattern. */
final class Names {
    static final String PATTERN = "^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$";
    private static final Pattern NAME = Pattern.compile(PATTERN.substring(1, PATTERN.length() - 1));

    private Names() {}

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }
}
