package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IcebergTypesTest {
    private static final LocalDateTime EPOCH = LocalDateTime.of(1970, 1, 1, 0, 0);

    @TempDir
    Path directory;

    @Test
    void everyTypeComesBackAsItWas() {
        for (long seed = 1; seed <= 25; seed++) {
            roundTrip(coarse(seed == 1 ? RandomRows.everyLeaf() : RandomRows.schema(seed, 3)), seed);
        }
    }

    private void roundTrip(TableSchema schema, long seed) {
        LakeTableSpec spec = LakeFixture.log(schema);
        try (LakeFixture fixture = new LakeFixture(directory.resolve(Long.toString(seed)))) {
            List<List<Object>> values = RandomRows.values(schema, seed, 60);
            LakeTable table = fixture.lake.open(spec);
            try (LakeRound round = table.begin(table.state(), 1)) {
                round.append(LakeFixture.rows(schema, 0, 0, values));
                assertThat(round.commit(Map.of("b", 60L))).isInstanceOf(LakeRound.Committed.class);
            }
            List<Record> records = new ArrayList<>(fixture.read(spec));
            records.sort(Comparator.comparingLong(r -> (Long) r.getField("__offset")));
            for (int row = 0; row < values.size(); row++) {
                for (int i = 0; i < schema.columns().size(); i++) {
                    Column column = schema.columns().get(i);
                    assertThat(normal(records.get(row).getField(column.name())))
                            .as("seed %d row %d %s %s", seed, row, column.name(), column.type())
                            .isEqualTo(expected(column.type(), values.get(row).get(i)));
                }
            }
        }
    }

    /** The same schema with times as fine as the lake has them. */
    private static TableSchema coarse(TableSchema schema) {
        return new TableSchema(
                schema.schemaId(),
                schema.columns().stream()
                        .map(c -> new Column(c.id(), c.name(), coarse(c.type()), c.nullable()))
                        .toList());
    }

    private static DataType coarse(DataType type) {
        if (type instanceof DataType.Time time) {
            return new DataType.Time(Math.min(6, time.precision()));
        }
        if (type instanceof DataType.Timestamp timestamp) {
            return new DataType.Timestamp(Math.min(6, timestamp.precision()));
        }
        if (type instanceof DataType.TimestampLtz timestamp) {
            return new DataType.TimestampLtz(Math.min(6, timestamp.precision()));
        }
        if (type instanceof DataType.Array array) {
            return new DataType.Array(coarse(array.element()), array.elementNullable());
        }
        if (type instanceof DataType.Map map) {
            return new DataType.Map(coarse(map.key()), coarse(map.value()), map.valueNullable());
        }
        if (type instanceof DataType.Row row) {
            return new DataType.Row(row.fields().stream()
                    .map(f -> new DataType.Row.Field(f.name(), coarse(f.type()), f.nullable()))
                    .toList());
        }
        return type;
    }

    /** A value of RandomRows as Iceberg's generic reader has it, nested ones as plain lists and maps. */
    private static Object expected(DataType type, Object value) {
        if (value == null) {
            return null;
        }
        if (type instanceof DataType.Simple simple) {
            return switch (simple) {
                case TINYINT, SMALLINT, INT -> ((Long) value).intValue();
                case DATE -> LocalDate.ofEpochDay((Long) value);
                default -> value;
            };
        }
        if (type instanceof DataType.Time time) {
            return LocalTime.ofNanoOfDay(1000 * micros(time.precision(), (Long) value));
        }
        if (type instanceof DataType.Timestamp timestamp) {
            return EPOCH.plus(micros(timestamp.precision(), (Long) value), ChronoUnit.MICROS);
        }
        if (type instanceof DataType.TimestampLtz timestamp) {
            return EPOCH.atOffset(ZoneOffset.UTC)
                    .plus(micros(timestamp.precision(), (Long) value), ChronoUnit.MICROS)
                    .toInstant();
        }
        if (type instanceof DataType.Array array) {
            return ((List<?>) value)
                    .stream().map(v -> expected(array.element(), v)).toList();
        }
        if (type instanceof DataType.Map map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            ((Map<?, ?>) value).forEach((k, v) -> entries.put(expected(map.key(), k), expected(map.value(), v)));
            return entries;
        }
        if (type instanceof DataType.Row row) {
            List<Object> fields = new ArrayList<>();
            for (int i = 0; i < row.fields().size(); i++) {
                fields.add(expected(row.fields().get(i).type(), ((List<?>) value).get(i)));
            }
            return fields;
        }
        return value;
    }

    private static long micros(int precision, long value) {
        return precision == 0 ? value * 1_000_000 : precision <= 3 ? value * 1000 : value;
    }

    private static Object normal(Object value) {
        if (value instanceof byte[] bytes) {
            return ByteBuffer.wrap(bytes);
        }
        if (value instanceof OffsetDateTime time) {
            return time.toInstant();
        }
        if (value instanceof List<?> list) {
            List<Object> elements = new ArrayList<>();
            list.forEach(v -> elements.add(normal(v)));
            return elements;
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            map.forEach((k, v) -> entries.put(normal(k), normal(v)));
            return entries;
        }
        if (value instanceof StructLike struct) {
            List<Object> fields = new ArrayList<>();
            for (int i = 0; i < struct.size(); i++) {
                fields.add(normal(struct.get(i, Object.class)));
            }
            return fields;
        }
        return value;
    }

    @Test
    void notANumberCountsInTheFilesStatistics() throws Exception {
        TableSchema schema = LakeFixture.schema(1, new Column(1, "d", DataType.Simple.DOUBLE, true));
        LakeTableSpec spec = LakeFixture.log(schema);
        try (LakeFixture fixture = new LakeFixture(directory)) {
            LakeTable table = fixture.lake.open(spec);
            LakeRound round = table.begin(table.state(), 1);
            List<List<Object>> rows = new ArrayList<>();
            rows.add(List.of(Double.NaN));
            rows.add(List.of(1.5));
            rows.add(java.util.Collections.singletonList(null));
            rows.add(List.of(-2.5));
            round.append(LakeFixture.rows(schema, 0, 0, rows));
            round.commit(Map.of("b", 4L));
            try (var tasks = fixture.table(spec).newScan().includeColumnStats().planFiles()) {
                for (FileScanTask task : tasks) {
                    assertThat(task.file().valueCounts()).containsEntry(1, 4L);
                    assertThat(task.file().nullValueCounts()).containsEntry(1, 1L);
                    assertThat(task.file().nanValueCounts()).containsEntry(1, 1L);
                    ByteBuffer lower = task.file().lowerBounds().get(1);
                    assertThat((Double)
                                    org.apache.iceberg.types.Conversions.fromByteBuffer(Types.DoubleType.get(), lower))
                            .isEqualTo(-2.5);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TIMESTAMP(9)", "TIME(7)", "TIMESTAMP_LTZ(8)", "ARRAY<ROW<a TIMESTAMP(7)>>"})
    void timesFinerThanMicrosecondsAreRefusedByName(String type) {
        TableSchema schema = LakeFixture.schema(
                1,
                new Column(1, "fine", DataType.Simple.INT, true),
                new Column(2, "at", io.weir.codec.schema.TypeParser.parse(type), true));
        assertThatThrownBy(() -> IcebergTypes.check(schema))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED))
                .hasMessageContaining("'at'")
                .hasMessageContaining("(6)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"__bucket", "__OFFSET", "__timestamp"})
    void namesOfTheLakesOwnColumnsAreRefused(String name) {
        TableSchema schema = LakeFixture.schema(1, new Column(1, name, DataType.Simple.INT, true));
        assertThatThrownBy(() -> IcebergTypes.check(schema)).hasMessageContaining("'" + name + "'");
    }

    @Test
    void namesThatDifferInCaseOnlyAreRefusedNestedOnesToo() {
        TableSchema columns = LakeFixture.schema(
                1, new Column(1, "a", DataType.Simple.INT, true), new Column(2, "A", DataType.Simple.INT, true));
        assertThatThrownBy(() -> IcebergTypes.check(columns)).hasMessageContaining("'a' and 'A'");
        TableSchema fields = LakeFixture.schema(
                1, new Column(1, "r", io.weir.codec.schema.TypeParser.parse("ROW<x INT, X INT>"), true));
        assertThatThrownBy(() -> IcebergTypes.check(fields)).hasMessageContaining("'r.x' and 'r.X'");
    }

    @Test
    void nestedNamesThatJoinToTheSameAreRefused() {
        TableSchema schema = LakeFixture.schema(
                1, new Column(1, "r", io.weir.codec.schema.TypeParser.parse("ROW<`a.b` INT, a ROW<b INT>>"), true));
        assertThatThrownBy(() -> IcebergTypes.check(schema))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED));
    }
}
