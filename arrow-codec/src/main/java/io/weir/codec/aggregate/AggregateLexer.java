package io.weir.codec.aggregate;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;

/** A place in an aggregate's text, before the next word that is not blank. */
final class AggregateLexer {
    /** What a message shows of a name. */
    private static final int SHOWN_MAX = 128;

    private final String aggregate;
    private final String text;
    private int at;

    AggregateLexer(String aggregate, String text) {
        this.aggregate = aggregate;
        this.text = text;
        skipBlanks();
    }

    /** Of the next word, from 1. */
    int position() {
        return at + 1;
    }

    String where(int position) {
        return "aggregate " + aggregate + " at position " + position;
    }

    WeirException error(int position, String detail) {
        return new WeirException(ErrorCode.INVALID_REQUEST, where(position) + ": " + detail);
    }

    WeirException expected(String what) {
        String found = at == text.length() ? "the end" : "'" + shown(word()) + "'";
        return error(position(), "expected " + what + ", found " + found);
    }

    static String shown(String name) {
        return name.length() <= SHOWN_MAX ? name : name.substring(0, SHOWN_MAX) + "…";
    }

    private String word() {
        int end = at;
        while (end < text.length() && isNamePart(text.charAt(end))) {
            end++;
        }
        return end > at ? text.substring(at, end) : Character.toString(text.codePointAt(at));
    }

    boolean atSymbol(String symbol) {
        return text.startsWith(symbol, at);
    }

    boolean take(String symbol) {
        if (!atSymbol(symbol)) {
            return false;
        }
        move(symbol.length());
        return true;
    }

    void demand(String symbol) {
        if (!take(symbol)) {
            throw expected("'" + symbol + "'");
        }
    }

    void expectEnd() {
        if (at < text.length()) {
            throw expected("the end");
        }
    }

    boolean atWord(String keyword) {
        return at < text.length() && word().equalsIgnoreCase(keyword);
    }

    boolean takeWord(String keyword) {
        if (!atWord(keyword)) {
            return false;
        }
        move(keyword.length());
        return true;
    }

    /** A name that is not called, or one in double quotes. */
    boolean atColumn() {
        if (at == text.length() || text.charAt(at) == '"') {
            return at < text.length();
        }
        if (!isNamePart(text.charAt(at))) {
            return false;
        }
        int end = at + word().length();
        while (end < text.length() && Character.isWhitespace(text.charAt(end))) {
            end++;
        }
        return end == text.length() || text.charAt(end) != '(';
    }

    /** The next word, or what stands in double quotes, one of them doubled. */
    String name(String what) {
        if (at < text.length() && text.charAt(at) == '"') {
            return quoted();
        }
        if (at == text.length() || !isNamePart(text.charAt(at))) {
            throw expected(what);
        }
        String name = word();
        move(name.length());
        return name;
    }

    private String quoted() {
        int end = closing(at);
        String name = text.substring(at + 1, end).replace("\"\"", "\"");
        move(end + 1 - at);
        return name;
    }

    /** The text up to the parenthesis that closes the one before it; the place is then behind that. */
    String balanced() {
        int open = 1;
        for (int i = at; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\'' || c == '"') {
                i = closing(i);
            } else if (c == '(') {
                open++;
            } else if (c == ')' && --open == 0) {
                String inner = text.substring(at, i);
                move(i + 1 - at);
                return inner;
            }
        }
        throw error(text.length() + 1, "expected the ')' that ends the filter, found the end");
    }

    /** Where the quote ends that begins at {@code start}. */
    private int closing(int start) {
        char quote = text.charAt(start);
        for (int i = start + 1; i < text.length(); i++) {
            if (text.charAt(i) == quote) {
                if (i + 1 == text.length() || text.charAt(i + 1) != quote) {
                    return i;
                }
                i++;
            }
        }
        throw error(start + 1, "expected a closing " + quote + " for the one that opens here");
    }

    private void move(int length) {
        at += length;
        skipBlanks();
    }

    private void skipBlanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private static boolean isNamePart(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '-' || Character.isSurrogate(c);
    }
}
