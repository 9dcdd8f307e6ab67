package io.weir.codec.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class MergeEngineTest {
    private static final List<String> KEY = List.of("id");

    private static TableSchema schema(DataType type, boolean nullable) {
        return MergeRows.schema(
                new Column(2, "c", type, nullable), new Column(3, "note", DataType.Simple.STRING, true));
    }

    private static MergeSpec aggregation(Map<String, Aggregation> aggregations, Map<String, String> delimiters) {
        return new MergeSpec(MergeSpec.Engine.AGGREGATION, null, aggregations, delimiters);
    }

    private static MergeEngine aggregating(TableSchema schema, Aggregation aggregation) {
        return MergeEngine.of(schema, KEY, aggregation(Map.of("c", aggregation), Map.of()));
    }

    private static void assertRefused(ThrowingCallable call, ErrorCode code, String detail) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessage(detail);
    }

    @Test
    void aWholeRowIsPassedOnAsItIs() {
        TableSchema schema = schema(DataType.Simple.INT, true);
        byte[] old = MergeRows.encode(schema, 1L, 2L, "a");
        byte[] row = MergeRows.encode(schema, 1L, 3L, null);
        MergeEngine lastRow = MergeEngine.of(schema, KEY, MergeSpec.LAST_ROW);
        assertThat(lastRow.merge(old, row, null)).isSameAs(row);
        assertThat(lastRow.merge(null, row, null)).isSameAs(row);
        MergeSpec first = new MergeSpec(MergeSpec.Engine.FIRST_ROW, null, Map.of(), Map.of());
        assertThat(MergeEngine.of(schema, KEY, first).merge(old, row, null)).isSameAs(old);
    }

    @Test
    void aNewRowThatLeavesOutANotNullColumnIsRefusedByEveryEngine() {
        TableSchema schema = schema(DataType.Simple.INT, false);
        byte[] row = MergeRows.encode(schema, 1L, null, "a");
        BitSet present = new BitSet();
        present.set(0);
        present.set(2);
        for (MergeSpec.Engine engine : MergeSpec.Engine.values()) {
            String version = engine == MergeSpec.Engine.VERSIONED ? "note" : null;
            MergeEngine merge = MergeEngine.of(schema, KEY, new MergeSpec(engine, version, Map.of(), Map.of()));
            assertRefused(
                    () -> merge.merge(null, row, present),
                    ErrorCode.INVALID_ROWS,
                    "column c is NOT NULL, and the row that would be new does not set it; set it, or write the whole"
                            + " row first");
            byte[] old = MergeRows.encode(schema, 1L, 5L, null);
            assertThat(MergeRows.decode(schema, merge.merge(old, row, present)).get(1))
                    .isEqualTo(5L);
        }
    }

    @Test
    void aSumThatDoesNotFitNamesTheColumn() {
        TableSchema tiny = schema(DataType.Simple.TINYINT, true);
        assertRefused(
                () -> aggregating(tiny, Aggregation.SUM)
                        .merge(MergeRows.encode(tiny, 1L, 100L, null), MergeRows.encode(tiny, 1L, 28L, null), null),
                ErrorCode.INVALID_ROWS,
                "column c: the sum of 100 and 28 does not fit TINYINT; take a wider type or write smaller values");
        TableSchema decimal = schema(new DataType.Decimal(3, 1), true);
        byte[] big = MergeRows.encode(decimal, 1L, new BigDecimal("99.9"), null);
        assertRefused(
                () -> aggregating(decimal, Aggregation.SUM)
                        .merge(big, MergeRows.encode(decimal, 1L, new BigDecimal("0.1"), null), null),
                ErrorCode.INVALID_ROWS,
                "column c: the sum of 99.9 and 0.1 does not fit DECIMAL(3,1); take a wider type or write smaller values");
        assertRefused(
                () -> aggregating(decimal, Aggregation.PRODUCT).merge(big, big, null),
                ErrorCode.INVALID_ROWS,
                "column c: the product of 99.9 and 99.9 does not fit DECIMAL(3,1); take a wider type or write smaller"
                        + " values");
    }

    @Test
    void aListMayReachItsBoundAndNotPassIt() {
        TableSchema schema = schema(DataType.Simple.STRING, true);
        MergeEngine engine = aggregating(schema, Aggregation.LISTAGG);
        byte[] most = MergeRows.encode(schema, 1L, "x".repeat(TextList.BYTES_MAX - 2), null);
        byte[] one = MergeRows.encode(schema, 1L, "y", null);
        byte[] full = engine.merge(engine.merge(null, most, null), one, null);
        assertThat((String) MergeRows.decode(schema, full).get(1))
                .hasSize(TextList.BYTES_MAX)
                .endsWith("x,y");
        String refused = "column c: listagg makes a list of 1048578 bytes, and takes at most 1048576; write to another"
                + " key, or take another aggregation";
        assertRefused(() -> engine.merge(full, one, null), ErrorCode.INVALID_ROWS, refused);
        byte[] tooLong = MergeRows.encode(schema, 1L, "x".repeat(TextList.BYTES_MAX + 2), null);
        assertRefused(() -> engine.merge(null, tooLong, null), ErrorCode.INVALID_ROWS, refused);
    }

    @Test
    void whatTheEngineKeepsBetweenRowsDoesNotShow() {
        TableSchema schema = schema(DataType.Simple.STRING, true);
        MergeEngine engine = aggregating(schema, Aggregation.LISTAGG);
        byte[] ab = engine.merge(MergeRows.encode(schema, 1L, "a", null), MergeRows.encode(schema, 1L, "b", "n"), null);
        byte[] copy = ab.clone();
        engine.merge(MergeRows.encode(schema, 2L, "c".repeat(50), null), MergeRows.encode(schema, 2L, "d", null), null);
        assertThat(ab).isEqualTo(copy).isEqualTo(MergeRows.encode(schema, 1L, "a,b", "n"));
    }

    @Test
    void bytesThatAreNoBitmapAreRefusedByTheirColumn() {
        TableSchema schema = schema(DataType.Simple.BYTES, true);
        byte[] bitmap = MergeRows.encode(schema, 1L, ByteBuffer.wrap(Bitmaps.of(BitmapKind.RBM32, 1)), null);
        byte[] other = MergeRows.encode(schema, 1L, ByteBuffer.wrap(new byte[] {1, 2, 3}), null);
        assertRefused(
                () -> aggregating(schema, Aggregation.RBM32).merge(bitmap, other, null),
                ErrorCode.INVALID_ROWS,
                "column c: no rbm32 bitmap in RoaringBitmap's portable format: byte 0: 3 bytes are left, and the"
                        + " cookie would take 4");
    }

    @Test
    void propertiesThatDoNotFitAreRefusedWithWhatWould() {
        TableSchema schema = MergeRows.schema(
                new Column(2, "name", DataType.Simple.STRING, true),
                new Column(3, "uv", DataType.Simple.BYTES, true),
                new Column(4, "pv", DataType.Simple.BIGINT, true),
                new Column(5, "ok", DataType.Simple.BOOLEAN, true));
        assertMisfit(
                schema,
                aggregation(Map.of("name", Aggregation.SUM), Map.of()),
                "property fields.name.agg: column name is STRING, and sum takes numbers alone; for STRING there are max,"
                        + " min, first_value, first_value_ignore_nulls, last_value, last_value_ignore_nulls, listagg");
        assertMisfit(
                schema,
                aggregation(Map.of("pv", Aggregation.RBM32), Map.of()),
                "property fields.pv.agg: column pv is BIGINT, and rbm32 takes BYTES alone, which hold the bitmap; for"
                        + " BIGINT there are sum, product, max, min, first_value, first_value_ignore_nulls, last_value,"
                        + " last_value_ignore_nulls");
        assertMisfit(
                schema,
                aggregation(Map.of("ok", Aggregation.MAX), Map.of()),
                "property fields.ok.agg: column ok is BOOLEAN, and max takes numbers, CHAR, STRING, DATE, TIME, TIMESTAMP"
                        + " and TIMESTAMP_LTZ alone; for BOOLEAN there are first_value, first_value_ignore_nulls,"
                        + " last_value, last_value_ignore_nulls, bool_and, bool_or");
        assertMisfit(
                schema,
                aggregation(Map.of("nmae", Aggregation.MAX), Map.of()),
                "property fields.nmae.agg: the table has no column nmae; did you mean name?");
        assertMisfit(
                schema,
                aggregation(Map.of("id", Aggregation.MAX), Map.of()),
                "property fields.id.agg: column id is in the primary key, whose values never change; take another"
                        + " column");
        assertMisfit(
                schema,
                aggregation(Map.of("name", Aggregation.MAX), Map.of("name", ";")),
                "property fields.name.delimiter: column name has no list; set fields.name.agg=listagg or leave this out");
        assertMisfit(
                schema,
                new MergeSpec(MergeSpec.Engine.LAST_ROW, null, Map.of("pv", Aggregation.SUM), Map.of()),
                "property fields.pv.agg: is taken where merge-engine=aggregation; set that or leave this out");
    }

    @Test
    void aVersionColumnHasToHaveAnOrder() {
        TableSchema schema = schema(DataType.Simple.BYTES, true);
        MergeSpec.Engine versioned = MergeSpec.Engine.VERSIONED;
        assertMisfit(
                schema,
                new MergeSpec(versioned, "c", Map.of(), Map.of()),
                "property merge-engine.version-column: column c is BYTES, which has no order; versions are numbers, CHAR,"
                        + " STRING, DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ");
        assertMisfit(
                schema,
                new MergeSpec(versioned, null, Map.of(), Map.of()),
                "property merge-engine.version-column: is missing; merge-engine=versioned takes the column whose higher"
                        + " value wins");
        assertMisfit(
                schema,
                new MergeSpec(MergeSpec.Engine.LAST_ROW, "note", Map.of(), Map.of()),
                "property merge-engine.version-column: is taken where merge-engine=versioned; set that or leave this"
                        + " out");
        assertMisfit(
                schema,
                new MergeSpec(versioned, "nte", Map.of(), Map.of()),
                "property merge-engine.version-column: the table has no column nte; did you mean note?");
        assertThatCode(() -> MergeEngine.check(schema, KEY, new MergeSpec(versioned, "note", Map.of(), Map.of())))
                .doesNotThrowAnyException();
    }

    private static void assertMisfit(TableSchema schema, MergeSpec spec, String detail) {
        assertRefused(() -> MergeEngine.check(schema, KEY, spec), ErrorCode.INVALID_PROPERTY, detail);
    }
}
