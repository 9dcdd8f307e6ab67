package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.RandomRows;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.predicate.RandomPredicate;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.expressions.Evaluator;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.types.Types;

/** What is pushed down, asked of single rows: it may say yes to too many, never no to one that passes. */
class PushDownPropertyTest {
    private static final TableSchema SCHEMA = LakeSchemas.fitted(RandomRows.everyLeaf());
    private static final int PREDICATES = 20;

    @Property(tries = 250, shrinking = ShrinkingMode.OFF)
    void isTrueForEveryRowThatPasses(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<List<Object>> rows = RandomRows.values(SCHEMA, seed, random.nextInt(1, 20));
        int[] id = {0};
        List<Types.NestedField> fields = new ArrayList<>();
        for (Column column : SCHEMA.columns()) {
            fields.add(IcebergTypes.field(column, () -> ++id[0]));
        }
        Schema stored = new Schema(fields);
        // A column that the lake does not have: its values are null there.
        int lacking = random.nextInt(4) == 0 ? random.nextInt(SCHEMA.columns().size()) : -1;
        if (lacking >= 0) {
            rows.forEach(row -> row.set(lacking, null));
        }
        RandomPredicate predicates = new RandomPredicate(SCHEMA, rows, random);
        PushDown pushDown =
                new PushDown(column -> SCHEMA.indexOf(column.id()) == lacking ? null : stored.findField(column.name()));
        for (int i = 0; i < PREDICATES; i++) {
            RandomPredicate.Node node = predicates.next(3);
            Expression expression = Predicate.parse(node.text(), SCHEMA).fold(pushDown);
            Evaluator evaluator = new Evaluator(stored.asStruct(), expression);
            for (List<Object> row : rows) {
                if (Boolean.TRUE.equals(node.test(row))) {
                    assertThat(evaluator.eval(record(stored, row)))
                            .as("seed %d, where %s, pushed down as %s, row %s", seed, node.text(), expression, row)
                            .isTrue();
                }
            }
        }
    }

    /** That it says no to something: yes to all would pass above. */
    @Property(tries = 20, shrinking = ShrinkingMode.OFF)
    void isFalseForMostRowsThatDoNotPass(@ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TableSchema schema = new TableSchema(
                1,
                SCHEMA.columns().stream()
                        .filter(c -> c.type() == DataType.Simple.BIGINT
                                || c.type() == DataType.Simple.STRING
                                || c.type() instanceof DataType.Decimal
                                || c.type() instanceof DataType.Timestamp)
                        .toList());
        List<List<Object>> rows = RandomRows.values(schema, seed, 50);
        int[] id = {0};
        Schema stored = new Schema(schema.columns().stream()
                .map(c -> IcebergTypes.field(c, () -> ++id[0]))
                .toList());
        RandomPredicate predicates = new RandomPredicate(schema, rows, random);
        int failing = 0;
        int refused = 0;
        for (int i = 0; i < 100; i++) {
            RandomPredicate.Node node = predicates.next(2);
            Expression expression =
                    Predicate.parse(node.text(), schema).fold(new PushDown(c -> stored.findField(c.name())));
            Evaluator evaluator = new Evaluator(stored.asStruct(), expression);
            for (List<Object> row : rows) {
                if (!Boolean.TRUE.equals(node.test(row))) {
                    failing++;
                    refused += evaluator.eval(record(stored, row)) ? 0 : 1;
                }
            }
        }

        assertThat((double) refused / failing).as("seed %d", seed).isGreaterThan(0.6);
    }

    private static Record record(Schema stored, List<Object> row) {
        GenericRecord record = GenericRecord.create(stored);
        for (int i = 0; i < row.size(); i++) {
            record.set(i, stored(row.get(i), stored.columns().get(i)));
        }
        return record;
    }

    private static Object stored(Object value, Types.NestedField field) {
        if (!(value instanceof Long number)) {
            return value;
        }
        return switch (field.type().typeId()) {
            case INTEGER, DATE -> number.intValue();
            case TIME, TIMESTAMP -> {
                Column column = SCHEMA.column(field.name()).orElseThrow();
                yield TimeUnits.of(column.type()).toMicros(number);
            }
            default -> number;
        };
    }
}
