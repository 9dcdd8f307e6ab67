package io.weir.codec.predicate;

/**
 * A word of the predicate text.
 *
 * @param text what it stands for: names and strings without quotes and doubling, keywords in upper case, numbers as written, hex
 *     digits without {@code X''}
 * @param position of its first character in the text, from 1
 */
record Token(Kind kind, String text, int position) {
    enum Kind {
        NAME,
        QUOTED_NAME,
        KEYWORD,
        STRING,
        NUMBER,
        HEX,
        SYMBOL,
        END
    }

    boolean is(String word) {
        return (kind == Kind.KEYWORD || kind == Kind.SYMBOL) && text.equals(word);
    }

    /** How an error shows it. */
    String shown() {
        return switch (kind) {
            case END -> "the end";
            case STRING -> "the string '" + text + "'";
            case NUMBER -> "the number " + text;
            case HEX -> "X'" + text + "'";
            case QUOTED_NAME -> "the name \"" + text + "\"";
            case NAME -> "the name " + text;
            case KEYWORD -> text;
            case SYMBOL -> "'" + text + "'";
        };
    }
}
