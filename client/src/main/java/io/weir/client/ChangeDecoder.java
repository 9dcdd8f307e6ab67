package io.weir.client;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** The messages of one bucket's {@code T/changelog} as change batches. Confined to one stream. */
final class ChangeDecoder {
    private static final List<Column> METADATA = List.of(
            new Column(-1, "_change_type", DataType.Simple.STRING, true),
            new Column(-2, "_log_offset", DataType.Simple.BIGINT, true),
            new Column(-3, "_commit_timestamp", new DataType.TimestampLtz(3), true));

    private static final Map<String, ChangeType> TYPES =
            Stream.of(ChangeType.values()).collect(Collectors.toMap(ChangeType::text, Function.identity()));

    private final int bucket;
    private final ChangelogCursor start;
    private final List<Column> columns;
    private final List<Column> all;
    private final ArrowAnswers.Decoder decoder;
    private final BufferAllocator allocator;

    ChangeDecoder(int bucket, ChangelogCursor start, List<Column> columns, BufferAllocator allocator) {
        this.bucket = bucket;
        this.start = start;
        this.columns = columns;
        this.all = Stream.concat(METADATA.stream(), columns.stream()).toList();
        this.decoder = new ArrowAnswers.Decoder(all, allocator);
        this.allocator = allocator;
    }

    List<ChangeBatch> decode(ArrowFrames.Frame frame) {
        List<ChangeBatch> batches = new ArrayList<>();
        for (EncodedRows rows : decoder.decode(frame)) {
            RecordBatches.load(all, rows, allocator, root -> batches.add(split(root)));
        }
        return batches;
    }

    private ChangeBatch split(VectorSchemaRoot root) {
        int count = root.getRowCount();
        VarCharVector typeTexts = (VarCharVector) root.getVector(0);
        BigIntVector logOffsets = (BigIntVector) root.getVector(1);
        List<ChangeType> types = new ArrayList<>(count);
        long[] offsets = new long[count];
        for (int row = 0; row < count; row++) {
            if (typeTexts.isNull(row) || logOffsets.isNull(row)) {
                throw new WeirException(ErrorCode.INVALID_ARROW, "a change without type or offset");
            }
            types.add(type(new String(typeTexts.get(row), StandardCharsets.UTF_8)));
            offsets[row] = logOffsets.get(row);
            if (offsets[row] < (row == 0 ? 0 : offsets[row - 1] + 1)) {
                throw new WeirException(
                        ErrorCode.INVALID_ARROW, "the changelog's offsets do not grow: " + offsets[row]);
            }
        }
        VectorSchemaRoot own = new VectorSchemaRoot(root.getFieldVectors().subList(METADATA.size(), all.size()));
        own.setRowCount(count);
        return new ChangeBatch(bucket, types, offsets, columns, RecordBatches.encode(0, own), start);
    }

    private static ChangeType type(String text) {
        ChangeType type = TYPES.get(text);
        if (type == null) {
            throw new WeirException(ErrorCode.INVALID_ARROW, "a change of unknown type '" + text + "'");
        }
        return type;
    }
}
