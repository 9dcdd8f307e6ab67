package io.weir.persistence.objects;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Name of an object: parts with {@code /} between them, as {@code tables/7/0/00000000000000000000.log}. Ordered by the unsigned bytes
 * of its UTF-8, the order in which S3 lists.
 *
 * <p>At most {@value #BYTES_MAX} bytes of UTF-8, a part at most {@value #PART_BYTES_MAX} (a file name). No part is empty or starts
 * with a dot (so neither {@code .} nor {@code ..}, and a directory store has room for files of its own), and there are no control
 * characters and none of those of {@link #FORBIDDEN}. No name may go on where another one ends ({@code a} and {@code a/b}): S3
 * would take it, a directory cannot.
 */
public record ObjectName(String value) implements Comparable<ObjectName> {
    public static final int BYTES_MAX = 900;
    public static final int PART_BYTES_MAX = 200;

    /** The S3 connector signs some of them wrongly; the others are what some file systems and tools do not take. */
    static final String FORBIDDEN = "\\?#*\"<>|&=,;:@'!$~()[]{}^`";

    /** @throws IllegalArgumentException where the name breaks a rule; the message says which */
    public ObjectName {
        if (value.length() > BYTES_MAX || utf8(value) > BYTES_MAX) {
            throw new IllegalArgumentException(
                    "name of an object is longer than %d bytes: %d characters".formatted(BYTES_MAX, value.length()));
        }
        if (value.chars().anyMatch(c -> Character.isISOControl(c) || FORBIDDEN.indexOf(c) >= 0)) {
            throw new IllegalArgumentException(
                    "name of an object has a control character or one of " + FORBIDDEN + ": " + value);
        }
        int start = 0;
        while (start <= value.length()) {
            int end = value.indexOf('/', start);
            end = end < 0 ? value.length() : end;
            checkPart(value, value.substring(start, end));
            start = end + 1;
        }
    }

    private static void checkPart(String name, String part) {
        if (part.isEmpty()) {
            throw new IllegalArgumentException("name of an object has an empty part: '" + name + "'");
        }
        if (part.charAt(0) == '.') {
            throw new IllegalArgumentException("name of an object has a part that starts with a dot: " + name);
        }
        if (utf8(part) > PART_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "name of an object has a part of more than %d bytes: %s".formatted(PART_BYTES_MAX, name));
        }
    }

    private static int utf8(String text) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            return bytes.remaining();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("name of an object is not valid Unicode", e);
        }
    }

    @Override
    public int compareTo(ObjectName other) {
        return compare(value, other.value);
    }

    /** Compares by unsigned bytes of UTF-8. */
    static int compare(String a, String b) {
        return Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return value;
    }
}
