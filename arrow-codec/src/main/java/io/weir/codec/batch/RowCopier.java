package io.weir.codec.batch;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Copies runs of rows out of one or several record batches into a new uncompressed one, buffer by buffer. Works on heap memory and
 * on the layout alone, so it neither needs an allocator nor looks at values.
 */
final class RowCopier {
    /** Rows to copy, in order: {@code length} rows of batch {@code part} from {@code start} on. */
    static final class Runs {
        private int[] numbers = new int[48];
        private int size;
        private long rows;

        void add(int part, int start, int length) {
            if (length == 0) {
                return;
            }
            rows += length;
            if (size > 0 && numbers[size - 3] == part && numbers[size - 2] + numbers[size - 1] == start) {
                numbers[size - 1] += length;
                return;
            }
            if (size == numbers.length) {
                numbers = Arrays.copyOf(numbers, size * 2);
            }
            numbers[size++] = part;
            numbers[size++] = start;
            numbers[size++] = length;
        }

        int rows() {
            return fits(rows);
        }
    }

    private final BatchLayout.Builder layout = new BatchLayout.Builder();
    private final List<byte[]> buffers = new ArrayList<>();

    private RowCopier() {}

    /** @param parts columns of each source batch, all of the same types */
    static EncodedRows copy(int schemaId, List<List<ColumnView>> parts, Runs runs) {
        RowCopier copier = new RowCopier();
        int columns = parts.get(0).size();
        for (int i = 0; i < columns; i++) {
            List<ColumnView> sources = new ArrayList<>(parts.size());
            for (List<ColumnView> part : parts) {
                sources.add(part.get(i));
            }
            copier.copyColumn(sources, runs);
        }
        return copier.finish(schemaId, runs.rows());
    }

    /** The same rows in types that hold all values of the old ones. */
    static EncodedRows widen(int schemaId, List<ColumnView> views, List<Column> from, List<Column> to, int rowCount) {
        RowCopier copier = new RowCopier();
        Runs all = new Runs();
        all.add(0, 0, rowCount);
        for (int i = 0; i < views.size(); i++) {
            DataType type = to.get(i).type();
            Widening widening = Widening.between(from.get(i).type(), type);
            if (widening == Widening.NONE) {
                copier.copyColumn(List.of(views.get(i)), all);
            } else {
                copier.copyValidity(List.of(views.get(i)), all);
                copier.add(widening.apply(views.get(i), type));
            }
        }
        return copier.finish(schemaId, rowCount);
    }

    private EncodedRows finish(int schemaId, int rowCount) {
        byte[] body = new byte[layout.end()];
        int at = 0;
        for (byte[] buffer : buffers) {
            System.arraycopy(buffer, 0, body, at, buffer.length);
            at += BatchHeader.padded(buffer.length);
        }
        return new EncodedRows(
                schemaId,
                rowCount,
                layout.build(rowCount, Compression.NONE).toMetadata(),
                ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN));
    }

    private void copyColumn(List<ColumnView> sources, Runs runs) {
        DataType type = sources.get(0).type;
        copyValidity(sources, runs);
        if (TypeShape.isVariable(type)) {
            Runs bytes = copyOffsets(sources, runs);
            copyBytes(sources, bytes);
        } else if (TypeShape.isList(type)) {
            copyColumn(childOf(sources, 0), copyOffsets(sources, runs));
        } else if (type instanceof DataType.Vector vector) {
            Runs scaled = new Runs();
            for (int r = 0; r < runs.size; r += 3) {
                scaled.add(
                        runs.numbers[r],
                        Math.multiplyExact(runs.numbers[r + 1], vector.length()),
                        Math.multiplyExact(runs.numbers[r + 2], vector.length()));
            }
            copyColumn(childOf(sources, 0), scaled);
        } else if (type instanceof DataType.Row row) {
            for (int i = 0; i < row.fields().size(); i++) {
                copyColumn(childOf(sources, i), runs);
            }
        } else {
            copyFixed(sources, runs, TypeShape.bits(type));
        }
    }

    private static List<ColumnView> childOf(List<ColumnView> sources, int index) {
        return sources.stream().map(source -> source.children.get(index)).toList();
    }

    private void copyValidity(List<ColumnView> sources, Runs runs) {
        int rows = runs.rows();
        if (sources.stream().allMatch(source -> source.nullCount == 0)) {
            layout.node(rows, 0);
            add(new byte[0]);
            return;
        }
        byte[] bits = new byte[(rows + 7) >> 3];
        int nulls = 0;
        int at = 0;
        for (int r = 0; r < runs.size; r += 3) {
            ColumnView source = sources.get(runs.numbers[r]);
            int start = runs.numbers[r + 1];
            for (int i = 0; i < runs.numbers[r + 2]; i++, at++) {
                if (source.isNull(start + i)) {
                    nulls++;
                } else {
                    bits[at >> 3] |= (byte) (1 << (at & 7));
                }
            }
        }
        layout.node(rows, nulls);
        add(nulls == 0 ? new byte[0] : bits);
    }

    private void copyFixed(List<ColumnView> sources, Runs runs, int bits) {
        if (bits == 1) {
            copyBits(sources, runs);
            return;
        }
        int width = bits / 8;
        byte[] out = new byte[fits((long) runs.rows() * width)];
        int at = 0;
        for (int r = 0; r < runs.size; r += 3) {
            ColumnView source = sources.get(runs.numbers[r]);
            int bytes = runs.numbers[r + 2] * width;
            source.body.get(source.data + runs.numbers[r + 1] * width, out, at, bytes);
            at += bytes;
        }
        add(out);
    }

    private void copyBits(List<ColumnView> sources, Runs runs) {
        byte[] out = new byte[(runs.rows() + 7) >> 3];
        int at = 0;
        for (int r = 0; r < runs.size; r += 3) {
            ColumnView source = sources.get(runs.numbers[r]);
            int start = runs.numbers[r + 1];
            for (int i = start; i < start + runs.numbers[r + 2]; i++, at++) {
                int bit = source.body.get(source.data + (i >> 3)) >> (i & 7) & 1;
                out[at >> 3] |= (byte) (bit << (at & 7));
            }
        }
        add(out);
    }

    /** Writes offsets from 0 on and returns the runs of the child, or of bytes, that they stand for. */
    private Runs copyOffsets(List<ColumnView> sources, Runs runs) {
        ByteBuffer out = ByteBuffer.allocate(fits(4L * (runs.rows() + 1))).order(ByteOrder.LITTLE_ENDIAN);
        Runs within = new Runs();
        out.putInt(0);
        long end = 0;
        for (int r = 0; r < runs.size; r += 3) {
            ColumnView source = sources.get(runs.numbers[r]);
            int start = runs.numbers[r + 1];
            int first = source.offset(start);
            int past = first;
            for (int i = start + 1; i <= start + runs.numbers[r + 2]; i++) {
                past = source.offset(i);
                out.putInt(fits(end + past - first));
            }
            end += past - first;
            within.add(runs.numbers[r], first, past - first);
        }
        add(out.array());
        return within;
    }

    private void copyBytes(List<ColumnView> sources, Runs bytes) {
        byte[] out = new byte[bytes.rows()];
        int at = 0;
        for (int r = 0; r < bytes.size; r += 3) {
            ColumnView source = sources.get(bytes.numbers[r]);
            source.body.get(source.values + bytes.numbers[r + 1], out, at, bytes.numbers[r + 2]);
            at += bytes.numbers[r + 2];
        }
        add(out);
    }

    private void add(byte[] buffer) {
        layout.buffer(buffer.length);
        buffers.add(buffer);
    }

    private static int fits(long size) {
        if (size > Integer.MAX_VALUE - 64) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE,
                    "a column of more than 2 GiB in one record batch; send fewer rows at once");
        }
        return (int) size;
    }
}
