package io.weir.codec.aggregate;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Recursive descent over one aggregate's text; names of functions and keywords in any case, columns as predicates name them.
 *
 * <pre>
 * aggregate := value | rb_cardinality '(' bitmap ')' | bitmap
 * value     := ( count '(' ( '*' | column ) | ( sum | min | max | avg ) '(' column ) ')' [filter]
 * bitmap    := ( rb_or | rb_and | rb_build ) '(' column ')' [filter]
 *            | ( rb_or | rb_and | rb_andnot ) '(' bitmap ( ',' bitmap )* ')'
 * filter    := FILTER '(' WHERE predicate ')'
 * </pre>
 */
final class AggregateParser {
    static final int LENGTH_MAX = 64 << 10;

    /** Deepest nesting of bitmaps. */
    static final int DEPTH_MAX = 16;

    private final AggregateLexer lexer;
    private final QueryColumns columns;
    private final RowFunctions functions;
    private int depth;

    private AggregateParser(String name, String text, QueryColumns columns, RowFunctions functions) {
        this.lexer = new AggregateLexer(name, text);
        this.columns = columns;
        this.functions = functions;
    }

    /**
     * @param name of the result, for errors
     * @param functions gets the row functions of the aggregate
     */
    static Aggregate parse(String name, String text, QueryColumns columns, RowFunctions functions) {
        if (text.length() > LENGTH_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "aggregate " + name + " has " + text.length() + " characters; at most " + LENGTH_MAX
                            + " are taken");
        }
        AggregateParser parser = new AggregateParser(name, text, columns, functions);
        Aggregate aggregate = parser.aggregate();
        parser.lexer.expectEnd();
        return aggregate;
    }

    private Aggregate aggregate() {
        int position = lexer.position();
        Function function = function();
        if (function == Function.RB_CARDINALITY) {
            if (lexer.atColumn()) {
                throw lexer.error(
                        lexer.position(),
                        "rb_cardinality takes a bitmap that was aggregated, as in rb_cardinality(rb_or(uv)), not a column");
            }
            Aggregate.Bitmap bitmap = bitmap(lexer.position(), function());
            lexer.demand(")");
            refuseFilter(function);
            return new Aggregate.Cardinality(bitmap);
        }
        if (function.makesBitmap()) {
            return bitmap(position, function);
        }
        int at = lexer.position();
        Column column = function == Function.COUNT && lexer.take("*") ? null : column();
        if (column != null) {
            checkType(function, column, at);
        }
        return new Aggregate.Value(overRows(function, column, null));
    }

    private static final String NUMBERS = "numbers";
    private static final String ORDERED = "numbers, CHAR, STRING, DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ";

    private void checkType(Function function, Column column, int position) {
        ColumnKind kind = ColumnKind.of(column.type());
        boolean fits =
                switch (function) {
                    case SUM, AVG -> kind.isNumber();
                    case MIN, MAX -> kind.hasOrder();
                    case RB_BUILD -> kind == ColumnKind.WHOLE;
                    case COUNT, RB_CARDINALITY, RB_OR, RB_AND, RB_ANDNOT -> true;
                };
        if (!fits) {
            String takes =
                    switch (function) {
                        case RB_BUILD -> "TINYINT, SMALLINT, INT and BIGINT";
                        case MIN, MAX -> ORDERED;
                        default -> NUMBERS;
                    };
            throw lexer.error(
                    position,
                    function.text() + " takes " + takes + ", and column " + column.name() + " is " + column.type());
        }
    }

    /** @param position of the function's name, which has been read with the parenthesis after it */
    private Aggregate.Bitmap bitmap(int position, Function function) {
        if (!function.makesBitmap()) {
            throw lexer.error(
                    position,
                    function.text() + " makes no bitmap, which is what is expected here; rb_or, rb_and, rb_andnot and"
                            + " rb_build do");
        }
        if (++depth > DEPTH_MAX) {
            throw lexer.error(position, "bitmaps nest at most " + DEPTH_MAX + " deep");
        }
        Aggregate.Bitmap bitmap =
                function == Function.RB_BUILD || lexer.atColumn() ? ofRows(function) : combined(function, position);
        depth--;
        return bitmap;
    }

    private Aggregate.Bitmap ofRows(Function function) {
        int at = lexer.position();
        if (function == Function.RB_ANDNOT) {
            throw lexer.error(
                    at,
                    "rb_andnot takes bitmaps that were aggregated, as in rb_andnot(rb_or(a), rb_or(b)), not columns");
        }
        Column column = column();
        BitmapKind kind;
        if (function == Function.RB_BUILD) {
            checkType(function, column, at);
            kind = column.type() == DataType.Simple.BIGINT ? BitmapKind.RBM64 : BitmapKind.RBM32;
        } else {
            kind = columns.bitmap(column, lexer, at);
        }
        if (lexer.atSymbol(",")) {
            throw lexer.error(
                    lexer.position(),
                    function.text() + " runs over the rows of one column; of several columns write " + function.text()
                            + "(rb_or(a), rb_or(b))");
        }
        return new Aggregate.OfRows(overRows(function, column, kind), kind);
    }

    private Aggregate.Bitmap combined(Function function, int position) {
        List<Aggregate.Bitmap> operands = new ArrayList<>();
        BitmapKind kind = BitmapKind.RBM32;
        do {
            if (lexer.atColumn()) {
                throw lexer.error(
                        lexer.position(), "a column among bitmaps; rb_or(column) makes one of the column's rows");
            }
            Aggregate.Bitmap operand = bitmap(lexer.position(), function());
            operands.add(operand);
            kind = operand.kind() == BitmapKind.RBM64 ? BitmapKind.RBM64 : kind;
        } while (lexer.take(","));
        lexer.demand(")");
        refuseFilter(function);
        if (function == Function.RB_ANDNOT && operands.size() == 1) {
            throw lexer.error(position, "rb_andnot takes two bitmaps or more, and there is one");
        }
        return new Aggregate.Combined(function, operands, kind);
    }

    private int overRows(Function function, @Nullable Column column, @Nullable BitmapKind kind) {
        lexer.demand(")");
        return functions.add(new RowFunction(function, column, kind, filter()));
    }

    private @Nullable Predicate filter() {
        if (!lexer.takeWord("FILTER")) {
            return null;
        }
        lexer.demand("(");
        if (!lexer.takeWord("WHERE")) {
            throw lexer.expected("WHERE");
        }
        int position = lexer.position();
        return columns.predicate(lexer.balanced(), lexer, position);
    }

    private void refuseFilter(Function function) {
        if (lexer.atWord("FILTER")) {
            throw lexer.error(
                    lexer.position(),
                    "a filter stands behind what runs over rows, and " + function.text()
                            + " here runs over bitmaps: write it behind the inner function");
        }
    }

    /** A function's name and the parenthesis that opens behind it. */
    private Function function() {
        int position = lexer.position();
        String name = lexer.name("a function: " + Function.all());
        if (!lexer.atSymbol("(")) {
            throw lexer.error(
                    position,
                    "a function is expected, and " + name + " is followed by no '('; there are " + Function.all());
        }
        Function function = Function.of(name)
                .orElseThrow(() -> lexer.error(position, "no function " + name + "; there are " + Function.all()));
        lexer.demand("(");
        return function;
    }

    private Column column() {
        int position = lexer.position();
        String name = lexer.name("a column");
        return columns.column(name, lexer.where(position));
    }
}
