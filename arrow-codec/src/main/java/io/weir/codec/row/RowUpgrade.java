package io.weir.codec.row;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;

/** From one version of a table's schema to the current one. Immutable. */
final class RowUpgrade {
    private enum Step {
        NULL,
        COPY,
        WHOLE,
        FLOATING,
        DECIMAL
    }

    private final TableSchema from;
    private final TableSchema to;
    private final int[] fromWidths;
    private final int[] toWidths;
    private final int[] sources;
    private final Step[] steps;

    RowUpgrade(TableSchema from, TableSchema to) {
        this.from = from;
        this.to = to;
        this.fromWidths = ValueWidth.ofColumns(from);
        this.toWidths = ValueWidth.ofColumns(to);
        this.sources = new int[to.columns().size()];
        this.steps = new Step[sources.length];
        for (int i = 0; i < sources.length; i++) {
            Column column = to.columns().get(i);
            sources[i] = from.indexOf(column.id());
            steps[i] = sources[i] < 0
                    ? Step.NULL
                    : step(from.columns().get(sources[i]).type(), column.type());
        }
    }

    private static Step step(DataType old, DataType now) {
        if (old.equals(now)
                || (old instanceof DataType.Char && (now instanceof DataType.Char || now == DataType.Simple.STRING))) {
            return Step.COPY;
        }
        boolean wider = ValueWidth.of(now) > ValueWidth.of(old);
        if (isInteger(old) && isInteger(now) && wider) {
            return Step.WHOLE;
        }
        if (old == DataType.Simple.FLOAT && now == DataType.Simple.DOUBLE) {
            return Step.FLOATING;
        }
        if (old instanceof DataType.Decimal narrow
                && now instanceof DataType.Decimal wide
                && wide.scale() == narrow.scale()
                && wide.precision() >= narrow.precision()) {
            return wider ? Step.DECIMAL : Step.COPY;
        }
        throw new IllegalArgumentException("%s does not widen to %s".formatted(old, now));
    }

    private static boolean isInteger(DataType type) {
        return type instanceof DataType.Simple
                && ValueWidth.isWhole(type)
                && type != DataType.Simple.BOOLEAN
                && type != DataType.Simple.DATE;
    }

    byte[] apply(byte[] row) {
        RowView view = new RowView(from, fromWidths).on(row);
        RowWriter out = new RowWriter(to, toWidths).begin();
        for (int i = 0; i < sources.length; i++) {
            int source = sources[i];
            if (source < 0 || view.isNull(source)) {
                out.putNull();
                continue;
            }
            switch (steps[i]) {
                case WHOLE -> out.putLong(view.getLong(source));
                case FLOATING -> out.putDouble(view.getDouble(source));
                case DECIMAL -> out.putUnscaled(view.getLong(source));
                default -> out.putSlice(view.bytes(), view.start(source), view.length(source));
            }
        }
        return out.end();
    }
}
