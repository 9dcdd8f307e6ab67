package io.weir.codec.predicate;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Cuts the predicate text into tokens. */
final class Lexer {
    private static final Set<String> KEYWORDS =
            Set.of("AND", "OR", "NOT", "IN", "IS", "NULL", "BETWEEN", "LIKE", "TRUE", "FALSE");

    private final String text;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private Lexer(String text) {
        this.text = text;
    }

    /** @return the tokens, the last one of kind END */
    static List<Token> tokens(String text) {
        Lexer lexer = new Lexer(text);
        while (lexer.skipBlanks()) {
            lexer.next();
        }
        lexer.add(Token.Kind.END, "", text.length());
        return lexer.tokens;
    }

    static WeirException error(int position, String detail) {
        return new WeirException(
                ErrorCode.INVALID_PREDICATE, "The predicate is wrong at position " + position + ": " + detail);
    }

    private boolean skipBlanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at < text.length();
    }

    private void next() {
        int start = at;
        char c = text.charAt(at);
        if (c == '\'') {
            add(Token.Kind.STRING, quoted('\''), start);
        } else if (c == '"') {
            add(Token.Kind.QUOTED_NAME, quoted('"'), start);
        } else if ((c == 'x' || c == 'X') && peek(1) == '\'') {
            at++;
            add(Token.Kind.HEX, quoted('\''), start);
        } else if (isDigit(c) || ((c == '-' || c == '+' || c == '.') && (isDigit(peek(1)) || peek(1) == '.'))) {
            number(start);
        } else if (isNameStart(text.codePointAt(at))) {
            name(start);
        } else {
            symbol(start);
        }
    }

    /** The text up to the closing quote; a doubled quote stands for one. */
    private String quoted(char quote) {
        int start = at++;
        StringBuilder value = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != quote) {
                value.append(c);
            } else if (at < text.length() && text.charAt(at) == quote) {
                value.append(quote);
                at++;
            } else {
                return value.toString();
            }
        }
        throw error(start + 1, "expected a closing " + quote + " for the one that opens here");
    }

    private void number(int start) {
        at++;
        boolean exponentNext = false;
        while (at < text.length()) {
            char c = text.charAt(at);
            if ((c == '+' || c == '-') && !exponentNext) {
                break;
            }
            if (!isDigit(c) && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-') {
                break;
            }
            exponentNext = c == 'e' || c == 'E';
            at++;
        }
        // A column may be called 2015-edits: what goes on like a name is one, when it began with a digit.
        if (at < text.length() && isNamePart(text.codePointAt(at)) && isDigit(text.charAt(start))) {
            at = start;
            name(start);
            return;
        }
        add(Token.Kind.NUMBER, text.substring(start, at), start);
    }

    private void name(int start) {
        while (at < text.length() && isNamePart(text.codePointAt(at))) {
            at += Character.charCount(text.codePointAt(at));
        }
        String name = text.substring(start, at);
        String upper = name.toUpperCase(Locale.ROOT);
        if (KEYWORDS.contains(upper)) {
            add(Token.Kind.KEYWORD, upper, start);
        } else {
            add(Token.Kind.NAME, name, start);
        }
    }

    private void symbol(int start) {
        char c = text.charAt(at);
        String two = "" + c + peek(1);
        if (Set.of("!=", "<>", "<=", ">=").contains(two)) {
            at += 2;
            add(Token.Kind.SYMBOL, two, start);
        } else if ("=<>(),".indexOf(c) >= 0) {
            at++;
            add(Token.Kind.SYMBOL, String.valueOf(c), start);
        } else {
            String found = Character.toString(text.codePointAt(at));
            throw error(
                    start + 1,
                    "'" + found + "' means nothing here; a name with such a character is written in double quotes, a"
                            + " string in single quotes");
        }
    }

    private void add(Token.Kind kind, String value, int start) {
        tokens.add(new Token(kind, value, start + 1));
    }

    private char peek(int ahead) {
        return at + ahead < text.length() ? text.charAt(at + ahead) : ' ';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isNameStart(int c) {
        return Character.isLetter(c) || c == '_';
    }

    private static boolean isNamePart(int c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '-';
    }
}
