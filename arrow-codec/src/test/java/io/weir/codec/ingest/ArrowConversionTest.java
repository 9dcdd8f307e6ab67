package io.weir.codec.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.RandomRows;
import io.weir.codec.RowVectors;
import io.weir.codec.WeirException;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateMilliVector;
import org.apache.arrow.vector.Decimal256Vector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float2Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.LargeVarCharVector;
import org.apache.arrow.vector.NullVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.TimeStampNanoTZVector;
import org.apache.arrow.vector.TimeStampSecVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ViewVarBinaryVector;
import org.apache.arrow.vector.ViewVarCharVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.LargeListVector;
import org.apache.arrow.vector.complex.LargeListViewVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.ListViewVector;
import org.apache.arrow.vector.complex.RunEndEncodedVector;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider.MapDictionaryProvider;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ArrowConversionTest {
    private final RootAllocator allocator = new RootAllocator();
    private final MapDictionaryProvider dictionaries = new MapDictionaryProvider();

    @AfterEach
    void nothingIsLeftAllocated() {
        allocator.close(); // throws where something is
    }

    @Test
    void rowsOfTheSameTypesAreCopiedWhateverTheOrder() {
        for (int seed = 0; seed < 80; seed++) {
            TableSchema schema = RandomRows.schema(seed, seed % 5);
            try (VectorSchemaRoot source = RandomRows.root(schema, seed, 20, allocator)) {
                List<FieldVector> shuffled = new ArrayList<>(source.getFieldVectors());
                Collections.reverse(shuffled);
                VectorSchemaRoot reversed = new VectorSchemaRoot(shuffled);
                try (VectorSchemaRoot target = convert(reversed, schema)) {
                    assertThat(RowVectors.read(schema.columns(), target))
                            .as("seed %d", seed)
                            .isEqualTo(RandomRows.values(schema, seed, 20));
                    List<List<Object>> stored = new ArrayList<>();
                    RecordBatches.load(
                            schema.columns(),
                            RecordBatches.encode(1, target),
                            allocator,
                            root -> stored.addAll(RowVectors.read(schema.columns(), root)));
                    assertThat(stored).as("seed %d", seed).isEqualTo(RandomRows.values(schema, seed, 20));
                }
            }
        }
    }

    @Test
    void integersOfAllWidthsAndSigns() {
        UInt1Vector u1 = new UInt1Vector("c", allocator);
        u1.setSafe(0, 255);
        assertThat(column(u1, 1, "TINYINT")).isEqualTo("255 is not from -128 to 127");
        UInt4Vector u4 = new UInt4Vector("c", allocator);
        u4.setSafe(0, -1);
        assertThat(column(u4, 1, "BIGINT")).isEqualTo(List.of(4294967295L));
        UInt8Vector u8 = new UInt8Vector("c", allocator);
        u8.setSafe(0, -1);
        assertThat(column(u8, 1, "DECIMAL(20,0)")).isEqualTo(List.of(new BigDecimal("18446744073709551615")));
        UInt8Vector small = new UInt8Vector("c", allocator);
        small.setSafe(0, 7);
        assertThat(column(small, 1, "TINYINT")).isEqualTo(List.of(7L));
        BigIntVector big = new BigIntVector("c", allocator);
        big.setSafe(0, 9007199254740993L);
        assertThat(column(big, 1, "DOUBLE")).asString().contains("finer or larger than DOUBLE");
        UInt2Vector u2 = new UInt2Vector("c", allocator);
        u2.setSafe(0, 65535);
        assertThat(column(u2, 1, "FLOAT")).isEqualTo(List.of(65535f));
    }

    @Test
    void floatsAndDecimals() {
        Float8Vector doubles = new Float8Vector("c", allocator);
        doubles.setSafe(0, 0.1);
        assertThat(column(doubles, 1, "FLOAT")).asString().contains("FLOAT");
        Float8Vector exact = new Float8Vector("c", allocator);
        exact.setSafe(0, Double.NaN);
        exact.setSafe(1, -0.0);
        exact.setSafe(2, 0.25);
        assertThat(column(exact, 3, "FLOAT")).isEqualTo(List.of(Float.NaN, -0f, 0.25f));
        Float2Vector halves = new Float2Vector("c", allocator);
        halves.setSafeWithPossibleTruncate(0, 1.5f);
        assertThat(column(halves, 1, "DECIMAL(3,1)")).isEqualTo(List.of(new BigDecimal("1.5")));
        Decimal256Vector wide = new Decimal256Vector("c", allocator, 50, 4);
        wide.setSafe(0, new BigDecimal("123.4500"));
        assertThat(column(wide, 1, "DECIMAL(5,2)")).isEqualTo(List.of(new BigDecimal("123.45")));
        DecimalVector narrow = new DecimalVector("c", allocator, 10, 4);
        narrow.setSafe(0, new BigDecimal("123.4567"));
        assertThat(column(narrow, 1, "DECIMAL(10,2)")).asString().contains("does not fit");
        DecimalVector whole = new DecimalVector("c", allocator, 10, 2);
        whole.setSafe(0, new BigDecimal("7.00"));
        assertThat(column(whole, 1, "INT")).isEqualTo(List.of(7L));
    }

    @Test
    void timesOfAllUnits() {
        TimeStampNanoTZVector nanos = new TimeStampNanoTZVector("c", allocator, "Europe/Prague");
        nanos.setSafe(0, 1_500_000_000L);
        nanos.setSafe(1, -1_500_000_000L);
        assertThat(column(nanos, 2, "TIMESTAMP_LTZ(3)")).isEqualTo(List.of(1500L, -1500L));
        TimeStampMicroVector micros = new TimeStampMicroVector("c", allocator);
        micros.setSafe(0, 1001);
        assertThat(column(micros, 1, "TIMESTAMP(3)")).asString().contains("finer");
        TimeStampMicroVector fine = new TimeStampMicroVector("c", allocator);
        fine.setSafe(0, 1001);
        assertThat(column(fine, 1, "TIMESTAMP(5)")).asString().contains("finer");
        TimeStampSecVector seconds = new TimeStampSecVector("c", allocator);
        seconds.setSafe(0, Long.MAX_VALUE / 10);
        assertThat(column(seconds, 1, "TIMESTAMP(9)")).asString().contains("out of the column's range");
        TimeStampSecVector unzoned = new TimeStampSecVector("c", allocator);
        unzoned.setSafe(0, 1);
        assertThat(column(unzoned, 1, "TIMESTAMP_LTZ(0)")).asString().contains("cast it before sending");
        DateMilliVector dates = new DateMilliVector("c", allocator);
        dates.setSafe(0, -86_400_000L);
        assertThat(column(dates, 1, "DATE")).isEqualTo(List.of(-1L));
        TimeMicroVector times = new TimeMicroVector("c", allocator);
        times.setSafe(0, 86_400_000_000L);
        assertThat(column(times, 1, "TIME(3)")).asString().contains("no time of a day");
    }

    @Test
    void stringsAndBytesOfAllForms() {
        byte[] text = "žluťoučký kůň pěl ódy".getBytes(StandardCharsets.UTF_8);
        LargeVarCharVector large = new LargeVarCharVector("c", allocator);
        large.setSafe(1, text);
        assertThat(column(large, 2, "STRING")).isEqualTo(Arrays.asList(null, "žluťoučký kůň pěl ódy"));
        ViewVarCharVector view = new ViewVarCharVector("c", allocator);
        view.setSafe(0, text);
        view.setSafe(1, "ab".getBytes(StandardCharsets.UTF_8));
        assertThat(column(view, 2, "CHAR(21)")).isEqualTo(List.of("žluťoučký kůň pěl ódy", "ab"));
        VarCharVector longer = new VarCharVector("c", allocator);
        longer.setSafe(0, text);
        assertThat(column(longer, 1, "CHAR(20)")).asString().contains("21 characters");
        VarCharVector broken = new VarCharVector("c", allocator);
        broken.setSafe(0, new byte[] {'a', (byte) 0xff});
        assertThat(column(broken, 1, "STRING")).asString().contains("UTF-8 at byte 1");
        ViewVarBinaryVector bytes = new ViewVarBinaryVector("c", allocator);
        bytes.setSafe(0, new byte[] {1, 2});
        assertThat(column(bytes, 1, "BINARY(3)")).asString().contains("expected 3 bytes");
        NullVector nothing = new NullVector("c", 2);
        assertThat(column(nothing, 2, "MAP<INT, INT>")).isEqualTo(Arrays.asList(null, null));
        BitVector bits = new BitVector("c", allocator);
        bits.setSafe(0, 1);
        assertThat(column(bits, 1, "INT")).asString().contains("does not become INT");
    }

    @Test
    void listsOfAllForms() {
        LargeListVector large =
                new LargeListVector("c", allocator, FieldType.nullable(ArrowType.LargeList.INSTANCE), null);
        fill(
                large,
                large.addOrGetVector(FieldType.nullable(new ArrowType.Int(16, true)))
                        .getVector());
        assertThat(column(large, 2, "ARRAY<INT>")).isEqualTo(List.of(List.of(1L, 2L), List.of(3L, 4L)));
        ListViewVector view = new ListViewVector("c", allocator, FieldType.nullable(new ArrowType.ListView()), null);
        fill(
                view,
                view.addOrGetVector(FieldType.nullable(new ArrowType.Int(16, true)))
                        .getVector());
        assertThat(column(view, 2, "ARRAY<FLOAT>(2)")).isEqualTo(List.of(List.of(1f, 2f), List.of(3f, 4f)));
        LargeListViewVector largeView =
                new LargeListViewVector("c", allocator, FieldType.nullable(new ArrowType.LargeListView()), null);
        fill(
                largeView,
                largeView
                        .addOrGetVector(FieldType.nullable(new ArrowType.Int(16, true)))
                        .getVector());
        assertThat(column(largeView, 2, "ARRAY<INT>")).isEqualTo(List.of(List.of(1L, 2L), List.of(3L, 4L)));
        FixedSizeListVector fixed =
                new FixedSizeListVector("c", allocator, FieldType.nullable(new ArrowType.FixedSizeList(2)), null);
        SmallIntVector items = (SmallIntVector) fixed.addOrGetVector(FieldType.nullable(new ArrowType.Int(16, true)))
                .getVector();
        fixed.setNotNull(0);
        items.setSafe(0, 5);
        assertThat(column(fixed, 1, "ARRAY<FLOAT>(2)")).asString().contains("NOT NULL");
        ListVector list = ListVector.empty("c", allocator);
        fill(
                list,
                list.addOrGetVector(FieldType.nullable(new ArrowType.Int(16, true)))
                        .getVector());
        assertThat(column(list, 2, "ARRAY<FLOAT>(3)")).asString().contains("expected 3 floats, found 2");
    }

    @Test
    void viewsThatPointOutsideTheirElementsAreRefused() {
        ListViewVector view = new ListViewVector("c", allocator, FieldType.nullable(new ArrowType.ListView()), null);
        fill(
                view,
                view.addOrGetVector(FieldType.nullable(new ArrowType.Int(16, true)))
                        .getVector());
        view.setValueCount(2);
        view.getOffsetBuffer().setInt(0, 3);
        assertThatThrownBy(() -> column(view, -1, "ARRAY<INT>")).hasMessageContaining("points at elements 3 to 5 of 4");
    }

    @Test
    void dictionariesAndRunsAreDecoded() {
        VarCharVector words = new VarCharVector("words", allocator);
        words.setSafe(0, "zero".getBytes(StandardCharsets.UTF_8));
        words.setSafe(2, "two".getBytes(StandardCharsets.UTF_8));
        words.setValueCount(3);
        DictionaryEncoding encoding = new DictionaryEncoding(9, false, new ArrowType.Int(8, true));
        dictionaries.put(new Dictionary(words, encoding));
        try (words) {
            assertThat(column(indexes(encoding, 2, 0, 1), 3, "STRING")).isEqualTo(Arrays.asList("two", "zero", null));
            assertThatThrownBy(() -> column(indexes(encoding, 3), 1, "STRING"))
                    .hasMessageContaining("points at value 3 of 3");
            assertThatThrownBy(() -> column(indexes(encoding, -1), 1, "STRING")).hasMessageContaining("value -1 of 3");
            DictionaryEncoding unknown = new DictionaryEncoding(8, false, new ArrowType.Int(8, true));
            assertThatThrownBy(() -> column(indexes(unknown, 0), 1, "STRING")).hasMessageContaining("dictionary 8");
        }
        RunEndEncodedVector runs = new RunEndEncodedVector(
                new Field(
                        "c",
                        FieldType.notNullable(ArrowType.RunEndEncoded.INSTANCE),
                        List.of(
                                Field.notNullable("run_ends", new ArrowType.Int(32, true)),
                                Field.nullable("values", new ArrowType.Int(32, true)))),
                allocator,
                null);
        runs.initializeChildrenFromFields(runs.getField().getChildren());
        ((IntVector) runs.getRunEndsVector()).setSafe(0, 2);
        ((IntVector) runs.getRunEndsVector()).setSafe(1, 3);
        runs.getRunEndsVector().setValueCount(2);
        ((IntVector) runs.getValuesVector()).setSafe(0, 42);
        runs.getValuesVector().setValueCount(2);
        assertThat(column(runs, 3, "BIGINT")).isEqualTo(Arrays.asList(42L, 42L, null));
    }

    @Test
    void columnsAndFieldsAreMatchedByName() {
        TableSchema sent = schema(Map.of("r", "ROW<b INT, a INT>"));
        TableSchema wanted = schema(Map.of("r", "ROW<a BIGINT, b BIGINT, c STRING>"));
        try (VectorSchemaRoot root = RowVectors.fill(sent, List.of(List.of(List.of(1L, 2L))), allocator);
                VectorSchemaRoot target = convert(root, wanted)) {
            assertThat(RowVectors.read(wanted.columns(), target))
                    .isEqualTo(List.of(List.of(Arrays.asList(2L, 1L, null))));
            assertThatThrownBy(() -> convert(root, schema(Map.of("r", "ROW<a INT>"))))
                    .hasMessageContaining("no field is named 'r.b'");
            assertThatThrownBy(() -> convert(root, schema(Map.of("row", "INT"))))
                    .hasMessageContaining("no column is named 'r'");
            assertThatThrownBy(() -> convert(root, schema(Map.of("r", "ROW<a INT, b INT, c INT NOT NULL>"))))
                    .hasMessageContaining("'r.c' is NOT NULL and absent");
        }
    }

    @Test
    void nullsWhereNoneMayBeAreRowErrors() {
        TableSchema sent = schema(Map.of("r", "ARRAY<ROW<a INT>>"));
        TableSchema wanted = schema(Map.of("r", "ARRAY<ROW<a INT NOT NULL>>"));
        List<List<Object>> rows = List.of(
                List.of(List.of(List.of(1L))), Arrays.asList((Object) null), List.of(List.of(Arrays.asList((Object)
                        null))));
        try (VectorSchemaRoot root = RowVectors.fill(sent, rows, allocator)) {
            assertThatThrownBy(() -> ArrowConversion.convert(
                            root, dictionaries, wanted, Set.of(), DecodeLimits.DEFAULT, 100, allocator))
                    .isInstanceOfSatisfying(WeirException.class, e -> {
                        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ROWS);
                        assertThat(e.rowErrors()).singleElement().satisfies(r -> {
                            assertThat(r.row()).isEqualTo(102);
                            assertThat(r.pointer()).isEqualTo("/r");
                            assertThat(r.detail()).contains("NOT NULL");
                        });
                    });
        }
    }

    @Test
    void whatIsMadeOfFewBytesIsBounded() {
        VarCharVector words = new VarCharVector("words", allocator);
        words.setSafe(0, new byte[1 << 20]);
        words.setValueCount(1);
        DictionaryEncoding encoding = new DictionaryEncoding(9, false, new ArrowType.Int(8, true));
        dictionaries.put(new Dictionary(words, encoding));
        try (words) {
            assertThatThrownBy(() -> column(indexes(encoding, new int[1000]), 1000, "STRING"))
                    .isInstanceOfSatisfying(
                            WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BODY_TOO_LARGE));
        }
        NullVector nulls = new NullVector("c", 1 << 20);
        assertThatThrownBy(() -> column(nulls, 1 << 20, "ARRAY<FLOAT>(1000)"))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BODY_TOO_LARGE));
    }

    private TinyIntVector indexes(DictionaryEncoding encoding, int... values) {
        TinyIntVector indexes =
                new TinyIntVector("c", new FieldType(true, new ArrowType.Int(8, true), encoding), allocator);
        for (int i = 0; i < values.length; i++) {
            indexes.setSafe(i, values[i]);
        }
        return indexes;
    }

    private static void fill(FieldVector list, ValueVector items) {
        for (int i = 0; i < 4; i++) {
            ((SmallIntVector) items).setSafe(i, i + 1);
        }
        items.setValueCount(4);
        for (int i = 0; i < 2; i++) {
            if (list instanceof ListVector v) {
                v.startNewValue(i);
                v.endValue(i, 2);
            } else if (list instanceof LargeListVector v) {
                v.startNewValue(i);
                v.endValue(i, 2);
            } else if (list instanceof ListViewVector v) {
                v.startNewValue(i);
                v.endValue(i, 2);
            } else {
                ((LargeListViewVector) list).startNewValue(i);
                ((LargeListViewVector) list).endValue(i, 2);
            }
        }
    }

    /** The values, or the detail of why there are none; closes the source. */
    private Object column(FieldVector source, int count, String type) {
        TableSchema schema = schema(Map.of("c", type));
        int rows = Math.max(count, 1);
        if (count > 0) {
            source.setValueCount(count);
        }
        try (VectorSchemaRoot root = new VectorSchemaRoot(List.of(source.getField()), List.of(source), rows);
                VectorSchemaRoot target = convert(root, schema)) {
            return RowVectors.read(schema.columns(), target).stream()
                    .map(r -> r.get(0))
                    .collect(java.util.stream.Collectors.toCollection(ArrayList::new));
        } catch (WeirException e) {
            if (e.code() != ErrorCode.INVALID_ROWS) {
                throw e;
            }
            return e.rowErrors().isEmpty() ? e.detail() : e.rowErrors().get(0).detail();
        }
    }

    private VectorSchemaRoot convert(VectorSchemaRoot source, TableSchema schema) {
        return ArrowConversion.convert(source, dictionaries, schema, Set.of(), DecodeLimits.DEFAULT, 0, allocator);
    }

    private static TableSchema schema(Map<String, String> columns) {
        List<Column> all = new ArrayList<>();
        columns.forEach((name, type) -> all.add(new Column(all.size() + 1, name, TypeParser.parse(type), true)));
        return new TableSchema(1, all);
    }
}
