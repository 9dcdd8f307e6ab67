package io.weir.codec.ingest;

import io.weir.codec.WeirException;
import io.weir.codec.json.MemberRule;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.arrow.vector.types.pojo.Field;

/** What one kind of change asks of each column of a table. */
final class ChangeColumns {
    private final ChangeKind kind;
    private final TableSchema schema;
    private final ChangeRules rules;

    ChangeColumns(ChangeKind kind, TableSchema schema, ChangeRules rules) {
        this.kind = kind;
        this.schema = schema;
        this.rules = rules;
    }

    /** Whether rows are whole and their values plain, so that they are what rows of a log table are. */
    boolean isPlain() {
        return kind == ChangeKind.UPSERT
                && rules.generated() == null
                && rules.bitmaps().isEmpty()
                && schema.columns().stream()
                        .noneMatch(c -> c.nullable() && rules.key().contains(c.name()));
    }

    boolean isGenerated(Column column) {
        return column.name().equals(rules.generated());
    }

    /** Position of the generated column, or -1. */
    int generated() {
        for (int i = 0; i < schema.columns().size(); i++) {
            if (isGenerated(schema.columns().get(i))) {
                return i;
            }
        }
        return -1;
    }

    /** Whether what a row holds there does not count. */
    boolean isIgnored(Column column) {
        return kind == ChangeKind.DELETE && !rules.key().contains(column.name());
    }

    private boolean takesNull(Column column) {
        boolean isKey = rules.key().contains(column.name());
        return !isKey && (column.nullable() || isGenerated(column) || isIgnored(column));
    }

    private boolean mayBeAbsent(Column column) {
        return takesNull(column) || (kind == ChangeKind.PATCH && !rules.key().contains(column.name()));
    }

    /** One a column, for JSON rows. */
    List<MemberRule> members() {
        List<MemberRule> members = new ArrayList<>();
        for (Column column : schema.columns()) {
            MemberRule.Use use = isIgnored(column)
                    ? MemberRule.Use.IGNORED
                    : isGenerated(column) ? MemberRule.Use.ASSIGNED : MemberRule.Use.VALUE;
            BitmapKind bitmap = rules.bitmaps().get(column.name());
            members.add(new MemberRule(
                    takesNull(column), !mayBeAbsent(column), use, bitmap == null ? null : new BitmapForm(bitmap)));
        }
        return members;
    }

    /** The kinds of bitmap columns whose values count, by position. */
    Map<Integer, BitmapKind> bitmaps() {
        Map<Integer, BitmapKind> bitmaps = new HashMap<>();
        for (int i = 0; i < schema.columns().size(); i++) {
            BitmapKind bitmap = rules.bitmaps().get(schema.columns().get(i).name());
            if (bitmap != null && !isIgnored(schema.columns().get(i))) {
                bitmaps.put(i, bitmap);
            }
        }
        return bitmaps;
    }

    /**
     * The schema that an Arrow stream of these fields has to fit: columns it may leave out are nullable where it does, and a bitmap
     * column is BIGINT where it sends numbers.
     */
    TableSchema asSent(List<Field> fields) {
        Map<String, Field> sent = fields.stream().collect(Collectors.toMap(Field::getName, f -> f, (a, b) -> a));
        List<Column> columns = new ArrayList<>();
        for (Column column : schema.columns()) {
            Field field = sent.get(column.name());
            boolean nullable = field == null ? mayBeAbsent(column) : takesNull(column);
            boolean isBitmap = rules.bitmaps().containsKey(column.name()) && !isIgnored(column);
            boolean numbers = field != null && isBitmap && holdsNumbers(field);
            DataType type = numbers ? DataType.Simple.BIGINT : column.type();
            columns.add(new Column(column.id(), column.name(), type, nullable));
        }
        return new TableSchema(schema.schemaId(), columns);
    }

    private static boolean holdsNumbers(Field field) {
        DataType type;
        try {
            type = ArrowSchemas.fromField(field);
        } catch (WeirException e) {
            return false; // refused where fields are matched to columns
        }
        return type == DataType.Simple.TINYINT
                || type == DataType.Simple.SMALLINT
                || type == DataType.Simple.INT
                || type == DataType.Simple.BIGINT
                || type instanceof DataType.Decimal;
    }

    /** Names of the columns whose values are passed over. */
    Set<String> ignored() {
        return schema.columns().stream()
                .filter(this::isIgnored)
                .map(Column::name)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** A row's presence bits in a stream of these fields. */
    byte[] present(List<Field> fields) {
        byte[] bits = new byte[(schema.columns().size() + 7) / 8];
        Set<String> sent = fields.stream().map(Field::getName).collect(Collectors.toSet());
        for (int i = 0; i < schema.columns().size(); i++) {
            Column column = schema.columns().get(i);
            if (sent.contains(column.name()) && !isGenerated(column)) {
                bits[i >> 3] |= (byte) (1 << (i & 7));
            }
        }
        return bits;
    }
}
