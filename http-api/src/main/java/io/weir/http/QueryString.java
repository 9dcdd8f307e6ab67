package io.weir.http;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Decodes a raw query strictly: each parameter known, given once, percent-encoded UTF-8. A slip is refused, not ignored. */
final class QueryString {
    private QueryString() {}

    static Map<String, String> parse(String raw, Set<String> known) {
        Map<String, String> parameters = new HashMap<>();
        int start = 0;
        while (start < raw.length()) {
            int end = raw.indexOf('&', start) < 0 ? raw.length() : raw.indexOf('&', start);
            if (end > start) {
                add(raw.substring(start, end), known, parameters);
            }
            start = end + 1;
        }
        return parameters;
    }

    private static void add(String pair, Set<String> known, Map<String, String> parameters) {
        int equals = pair.indexOf('=');
        String name = decode(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
        if (!known.contains(name)) {
            throw invalid("Unknown query parameter '" + name + "'; this call takes "
                    + (known.isEmpty() ? "none" : String.join(", ", new TreeSet<>(known))));
        }
        if (parameters.put(name, value) != null) {
            throw invalid("The query parameter '" + name + "' is given more than once");
        }
    }

    static String decode(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                int high = i + 2 <= text.length() - 1 ? Character.digit(text.charAt(i + 1), 16) : -1;
                int low = i + 2 <= text.length() - 1 ? Character.digit(text.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw invalid("A '%' in the query must be followed by two hexadecimal digits");
                }
                bytes.write(high << 4 | low);
                i += 2;
            } else {
                bytes.writeBytes((c == '+' ? " " : String.valueOf(c)).getBytes(StandardCharsets.UTF_8));
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new WeirException(ErrorCode.INVALID_REQUEST, "The query is not percent-encoded UTF-8", e);
        }
    }

    private static WeirException invalid(String detail) {
        return new WeirException(ErrorCode.INVALID_REQUEST, detail);
    }
}
