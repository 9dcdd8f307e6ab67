package io.weir.codec.aggregate;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The row functions of a query, each once, however many aggregates use it. */
final class RowFunctions {
    /** Each takes memory in every group and time at every row. */
    static final int FUNCTIONS_MAX = 4000;

    private final List<RowFunction> functions = new ArrayList<>();
    private final Map<String, Integer> indexes = new HashMap<>();

    int add(RowFunction function) {
        Integer known = indexes.putIfAbsent(function.text(), functions.size());
        if (known != null) {
            return known;
        }
        if (functions.size() == FUNCTIONS_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "the aggregates have more than " + FUNCTIONS_MAX + " functions over rows; ask in several queries");
        }
        functions.add(function);
        return functions.size() - 1;
    }

    List<RowFunction> all() {
        return List.copyOf(functions);
    }
}
