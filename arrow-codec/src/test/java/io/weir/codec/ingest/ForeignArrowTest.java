package io.weir.codec.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.flatbuffers.FlatBufferBuilder;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.arrow.flatbuf.Endianness;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.LargeVarCharVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ViewVarCharVector;
import org.apache.arrow.vector.complex.LargeListVector;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider.MapDictionaryProvider;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.FieldType;

/** Bodies in forms that other writers send and that are not stored as they come: dictionaries, views, large offsets, unsigned. */
class ForeignArrowTest {
    private static final TableSchema SCHEMA = new TableSchema(
            1,
            List.of(
                    new Column(1, "encoded", DataType.Simple.STRING, true),
                    new Column(2, "view", DataType.Simple.STRING, true),
                    new Column(3, "large", DataType.Simple.STRING, true),
                    new Column(4, "unsigned", DataType.Simple.BIGINT, true),
                    new Column(5, "list", new DataType.Array(DataType.Simple.INT, true), true)));

    private static final String[] WORDS = {"red", "grün", "a colour with a long name", ""};

    private static byte[] body(boolean file) {
        return BatchRows.withAllocator(allocator -> {
            DictionaryEncoding encoding = new DictionaryEncoding(7, false, new ArrowType.Int(8, true));
            try (VarCharVector words = new VarCharVector("words", allocator);
                    VectorSchemaRoot root = root(allocator, encoding)) {
                for (int i = 0; i < WORDS.length; i++) {
                    words.setSafe(i, utf8(WORDS[i]));
                }
                words.setValueCount(WORDS.length);
                MapDictionaryProvider provider = new MapDictionaryProvider(new Dictionary(words, encoding));
                return file ? ArrowBodies.file(root, provider) : ArrowBodies.stream(root, provider);
            }
        });
    }

    private static VectorSchemaRoot root(BufferAllocator allocator, DictionaryEncoding encoding) {
        TinyIntVector indexes =
                new TinyIntVector("encoded", new FieldType(true, new ArrowType.Int(8, true), encoding), allocator);
        ViewVarCharVector views = new ViewVarCharVector("view", allocator);
        LargeVarCharVector large = new LargeVarCharVector("large", allocator);
        UInt4Vector unsigned = new UInt4Vector("unsigned", allocator);
        LargeListVector list = LargeListVector.empty("list", allocator);
        IntVector items = (IntVector) list.addOrGetVector(FieldType.nullable(new ArrowType.Int(32, true)))
                .getVector();
        int item = 0;
        for (int i = 0; i < 10; i++) {
            if (i % 5 == 4) {
                indexes.setNull(i);
                views.setNull(i);
                large.setNull(i);
                unsigned.setNull(i);
                list.setNull(i);
                continue;
            }
            indexes.setSafe(i, i % WORDS.length);
            views.setSafe(i, utf8(word(i)));
            large.setSafe(i, utf8(word(i)));
            unsigned.setSafe(i, -1 - i);
            list.startNewValue(i);
            for (int k = 0; k < i % 3; k++) {
                items.setSafe(item++, 10 * i + k);
            }
            list.endValue(i, i % 3);
        }
        List<org.apache.arrow.vector.FieldVector> vectors = List.of(indexes, views, large, unsigned, list);
        vectors.forEach(vector -> vector.setValueCount(10));
        return new VectorSchemaRoot(vectors);
    }

    private static String word(int i) {
        return WORDS[i % WORDS.length].repeat(1 + i / 4);
    }

    private static List<List<Object>> expected() {
        List<List<Object>> rows = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            List<Object> list = new ArrayList<>();
            for (int k = 0; k < i % 3; k++) {
                list.add((long) (10 * i + k));
            }
            rows.add(
                    i % 5 == 4
                            ? Arrays.asList(null, null, null, null, null)
                            : List.of(WORDS[i % WORDS.length], word(i), word(i), 0xFFFFFFFFL - i, list));
        }
        return rows;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Example
    void areConvertedToTheTablesTypes() {
        assertThat(ArrowBodies.read(SCHEMA, ArrowBodies.decode(RowFormat.ARROW_STREAM, body(false), SCHEMA)))
                .isEqualTo(expected());
        assertThat(ArrowBodies.read(SCHEMA, ArrowBodies.decode(RowFormat.ARROW_FILE, body(true), SCHEMA)))
                .isEqualTo(expected());
    }

    @Example
    void implyTheTablesColumns() {
        List<Column> columns = BatchRows.withAllocator(allocator -> RowDecoder.infer(
                RowFormat.ARROW_STREAM, ByteBuffer.wrap(body(false)), DecodeLimits.DEFAULT, allocator));

        assertThat(columns).isEqualTo(SCHEMA.columns());
    }

    @Property(tries = 1000)
    void damagedOnesAreRefusedOrRead(@ForAll long seed) {
        ArrowFuzzTest.decodeDamaged(
                RowFormat.ARROW_STREAM, ArrowFuzzTest.damage(body(false), new SplittableRandom(seed)), SCHEMA);
    }

    @Property(tries = 300)
    void damagedFilesAreRefusedOrRead(@ForAll long seed) {
        ArrowFuzzTest.decodeDamaged(
                RowFormat.ARROW_FILE, ArrowFuzzTest.damage(body(true), new SplittableRandom(seed)), SCHEMA);
    }

    @Example
    void aBigEndianSchemaIsRefused() {
        FlatBufferBuilder out = new FlatBufferBuilder();
        int fields = org.apache.arrow.flatbuf.Schema.createFieldsVector(out, new int[0]);
        int schema = org.apache.arrow.flatbuf.Schema.createSchema(out, Endianness.Big, fields, 0, 0);
        int message = Message.createMessage(out, MetadataVersion.V5, MessageHeader.Schema, schema, 0, 0);
        Message.finishMessageBuffer(out, message);
        byte[] metadata = out.sizedByteArray();
        ByteBuffer body = ByteBuffer.allocate(8 + metadata.length).order(ByteOrder.LITTLE_ENDIAN);
        body.putInt(-1).putInt(metadata.length).put(metadata);

        assertThatThrownBy(() -> ArrowBodies.decode(RowFormat.ARROW_STREAM, body.array(), SCHEMA))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARROW))
                .hasMessageContaining("big-endian");
    }

    @Example
    void aDurationColumnIsRefusedByName() {
        byte[] body = BatchRows.withAllocator(allocator -> {
            try (var durations = new org.apache.arrow.vector.DurationVector(
                    "lasted",
                    FieldType.nullable(new ArrowType.Duration(org.apache.arrow.vector.types.TimeUnit.SECOND)),
                    allocator)) {
                durations.setSafe(0, 5);
                durations.setValueCount(1);
                return ArrowBodies.stream(new VectorSchemaRoot(List.of(durations)), null);
            }
        });
        TableSchema table = new TableSchema(1, List.of(new Column(1, "lasted", DataType.Simple.BIGINT, true)));

        assertThatThrownBy(() -> ArrowBodies.decode(RowFormat.ARROW_STREAM, body, table))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARROW))
                .hasMessageContaining("lasted");
    }
}
