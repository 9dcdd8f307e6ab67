package io.weir.codec.predicate;

import io.weir.codec.predicate.Expression.ColumnName;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Recursive descent over the grammar, keywords in any case:
 *
 * <pre>
 * or      := and ( OR and )*
 * and     := not ( AND not )*
 * not     := NOT not | '(' or ')' | test
 * test    := column [ ( = | != | &lt;&gt; | &lt; | &lt;= | &gt; | &gt;= ) literal
 *                   | IS [NOT] NULL
 *                   | [NOT] IN '(' literal ( ',' literal )* ')'
 *                   | [NOT] BETWEEN literal AND literal
 *                   | [NOT] LIKE string ]                       a BOOLEAN column may stand alone
 * literal := 'string' | number | X'hex' | TRUE | FALSE | NULL
 * column  := letters, digits, _ and - | "any text, with "" for one quote"
 * </pre>
 *
 * The text is bounded by its caller, which also bounds the lists; nesting is bounded here.
 */
final class Parser {
    /** Deepest nesting of parentheses and NOT. */
    static final int DEPTH_MAX = 64;

    private final List<Token> tokens;
    private int at;
    private int depth;

    private Parser(List<Token> tokens) {
        this.tokens = tokens;
    }

    static Expression parse(String text) {
        Parser parser = new Parser(Lexer.tokens(text));
        Expression expression = parser.or();
        if (parser.peek().kind() != Token.Kind.END) {
            throw parser.expected("AND, OR or the end");
        }
        return expression;
    }

    private Expression or() {
        List<Expression> operands = chain("OR", this::and);
        return operands.size() == 1 ? operands.get(0) : new Expression.Or(operands);
    }

    private Expression and() {
        List<Expression> operands = chain("AND", this::not);
        return operands.size() == 1 ? operands.get(0) : new Expression.And(operands);
    }

    private List<Expression> chain(String keyword, Supplier<Expression> operand) {
        List<Expression> operands = new ArrayList<>();
        do {
            operands.add(operand.get());
        } while (take(keyword));
        return operands;
    }

    private Expression not() {
        boolean negated = peek().is("NOT");
        if (!negated && !peek().is("(")) {
            return test();
        }
        if (++depth > DEPTH_MAX) {
            throw Lexer.error(peek().position(), "parentheses and NOT nest at most " + DEPTH_MAX + " deep");
        }
        at++;
        Expression expression;
        if (negated) {
            expression = new Expression.Not(not());
        } else {
            expression = or();
            demand(")", "AND, OR or ')'");
        }
        depth--;
        return expression;
    }

    private Expression test() {
        ColumnName column = column();
        Token operator = peek();
        if (operator.kind() == Token.Kind.SYMBOL && !operator.is(")")) {
            return comparison(column);
        }
        if (take("IS")) {
            boolean negated = take("NOT");
            demand("NULL", negated ? "NULL" : "NULL or NOT NULL");
            return negate(negated, new Expression.IsNull(column));
        }
        boolean negated = take("NOT");
        if (take("IN")) {
            return negate(negated, new Expression.In(column, list()));
        }
        if (take("BETWEEN")) {
            return negate(negated, between(column));
        }
        if (take("LIKE")) {
            return negate(negated, new Expression.Like(column, literal()));
        }
        if (negated) {
            throw expected("IN, BETWEEN or LIKE after NOT");
        }
        if (operator.kind() != Token.Kind.END && operator.kind() != Token.Kind.KEYWORD && !operator.is(")")) {
            throw expected("a comparison, IN, IS, BETWEEN or LIKE after the column " + column.name());
        }
        return new Expression.Holds(column);
    }

    private Expression comparison(ColumnName column) {
        Token operator = peek();
        Comparison comparison =
                switch (operator.text()) {
                    case "=", "!=", "<>" -> Comparison.EQUAL;
                    case "<" -> Comparison.LESS;
                    case "<=" -> Comparison.AT_MOST;
                    case ">" -> Comparison.GREATER;
                    case ">=" -> Comparison.AT_LEAST;
                    default -> throw expected("a comparison after the column " + column.name());
                };
        at++;
        boolean negated = operator.is("!=") || operator.is("<>");
        return negate(negated, new Expression.Compare(column, comparison, literal()));
    }

    private Expression between(ColumnName column) {
        Expression low = new Expression.Compare(column, Comparison.AT_LEAST, literal());
        demand("AND", "AND and the upper bound");
        return new Expression.And(List.of(low, new Expression.Compare(column, Comparison.AT_MOST, literal())));
    }

    private List<Literal> list() {
        demand("(", "'(' and a list of literals");
        List<Literal> literals = new ArrayList<>();
        do {
            literals.add(literal());
        } while (take(","));
        demand(")", "',' or ')'");
        return literals;
    }

    private ColumnName column() {
        Token token = peek();
        if (token.kind() != Token.Kind.NAME && token.kind() != Token.Kind.QUOTED_NAME) {
            throw expected("a column, NOT or '('");
        }
        at++;
        return new ColumnName(token.text(), token.position());
    }

    private Literal literal() {
        Token token = peek();
        Literal.Kind kind =
                switch (token.kind()) {
                    case STRING -> Literal.Kind.STRING;
                    case NUMBER -> Literal.Kind.NUMBER;
                    case HEX -> Literal.Kind.HEX;
                    case NAME, QUOTED_NAME ->
                        throw expected("a literal (columns are not compared with columns; a string is written in single"
                                + " quotes)");
                    case KEYWORD -> keyword(token);
                    case SYMBOL, END -> throw expected("a literal");
                };
        at++;
        return new Literal(kind, token.text(), token.position());
    }

    private Literal.Kind keyword(Token token) {
        return switch (token.text()) {
            case "TRUE" -> Literal.Kind.TRUE;
            case "FALSE" -> Literal.Kind.FALSE;
            case "NULL" -> Literal.Kind.NULL;
            default -> throw expected("a literal");
        };
    }

    private static Expression negate(boolean negated, Expression expression) {
        return negated ? new Expression.Not(expression) : expression;
    }

    private Token peek() {
        return tokens.get(at);
    }

    private boolean take(String word) {
        if (peek().is(word)) {
            at++;
            return true;
        }
        return false;
    }

    private void demand(String word, String what) {
        if (!take(word)) {
            throw expected(what);
        }
    }

    private RuntimeException expected(String what) {
        return Lexer.error(peek().position(), "expected " + what + ", found " + peek().shown());
    }
}
