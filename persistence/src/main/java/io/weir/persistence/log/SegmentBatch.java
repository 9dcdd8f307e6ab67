package io.weir.persistence.log;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchHeader;
import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.Projection;
import io.weir.codec.batch.StoredBatch;
import io.weir.codec.schema.TableSchema;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A batch at a place in a segment's file. What the cursor read ahead of it is used before the file is. */
final class SegmentBatch implements LogBatch {
    /** Ranges closer than this are read at once: the bytes between cost less than another system call. */
    private static final int JOINED_BYTES = 4 << 10;

    private final Segment segment;
    private final StoredFile file;
    private final BatchHeader header;
    private final long position;
    private final ByteBuffer ahead;
    private final Supplier<Tiers> log;
    private @Nullable ByteBuffer sections;

    /**
     * @param ahead the first bytes of the batch, as many as are already here
     * @param log what it shows by now
     */
    SegmentBatch(
            Segment segment,
            StoredFile file,
            BatchHeader header,
            long position,
            ByteBuffer ahead,
            Supplier<Tiers> log) {
        this.segment = segment;
        this.file = file;
        this.header = header;
        this.position = position;
        this.ahead = ahead;
        this.log = log;
    }

    @Override
    public BatchHeader header() {
        return header;
    }

    @Override
    public BatchStatistics statistics() throws IOException {
        int length = header.statisticsBytes();
        return length == 0
                ? new BatchStatistics(List.of())
                : BatchStatistics.decode(section(header.statisticsStart(), length));
    }

    @Override
    public @Nullable ByteBuffer changeTypes() throws IOException {
        int length = header.changeTypesBytes();
        return length == 0 ? null : section(header.changeTypesStart(), length);
    }

    @Override
    public ByteBuffer metadata() throws IOException {
        return section(header.metadataStart(), header.metadataBytes());
    }

    private ByteBuffer section(int start, int length) throws IOException {
        ByteBuffer beforeBody = sections;
        if (beforeBody == null) {
            beforeBody = ByteBuffer.allocate(header.bodyStart());
            read(0, beforeBody);
            if (!StoredBatch.frontMatches(beforeBody, header)) {
                throw damaged("the bytes before the rows do not match their checksum");
            }
            sections = beforeBody;
        }
        return beforeBody.slice(start, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Fills the target with bytes of the batch from {@code start} on, and flips it. */
    private void read(int start, ByteBuffer target) throws IOException {
        int wanted = target.remaining();
        int here = Math.min(wanted, Math.max(0, ahead.limit() - start));
        if (here > 0) {
            target.put(ahead.slice(start, here));
        }
        if (here < wanted && readFile(target, position + start + here) != wanted - here) {
            throw damaged("the file ends within the batch");
        }
        target.flip();
    }

    /** An open file of this disk outlives its deletion; an object does not. */
    private int readFile(ByteBuffer target, long from) throws IOException {
        try {
            return file.read(target, from);
        } catch (NoSuchFileException e) {
            long start = log.get().startOffset();
            if (header.nextOffset() <= start) {
                throw deleted(header.baseOffset(), start, header.nextOffset());
            }
            throw e;
        }
    }

    /** @param endOffset up to which the log goes at least */
    static WeirException deleted(long offset, long startOffset, long endOffset) {
        return new WeirException(
                ErrorCode.OFFSET_OUT_OF_RANGE,
                "offset %d was deleted by retention; the log holds [%d, %d)"
                        .formatted(offset, startOffset, Math.max(startOffset, endOffset)));
    }

    @Override
    public StoredBatch readAll() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(header.totalBytes());
        read(0, bytes);
        StoredBatch batch = StoredBatch.of(bytes);
        if (!batch.checksumMatches()) {
            throw damaged("the bytes do not match the checksum");
        }
        return batch;
    }

    private EncodedRows read(Projection projection) throws IOException {
        if (projection.rowCount() != header.rowCount()) {
            throw damaged(
                    "the head says %d rows and the metadata %d".formatted(header.rowCount(), projection.rowCount()));
        }
        ByteBuffer body = ByteBuffer.allocate(
                projection.pieces().stream().mapToInt(Projection.Piece::length).sum());
        List<Projection.Piece> pieces = projection.pieces();
        int i = 0;
        while (i < pieces.size()) {
            if (pieces.get(i) instanceof Projection.Literal literal) {
                body.put(literal.bytes().duplicate());
                i++;
            } else {
                int next = endOfRun(pieces, i);
                readRun(pieces.subList(i, next), body);
                i = next;
            }
        }
        return new EncodedRows(0, projection.rowCount(), projection.metadata(), body.flip());
    }

    @Override
    public EncodedRows read(TableSchema written, Projection projection) throws IOException {
        EncodedRows rows = read(projection);
        try {
            projection.verify(written, statistics(), rows.body());
            return rows;
        } catch (WeirException e) {
            throw damaged(e.detail());
        }
    }

    /** Index past the ranges from {@code first} on that are worth one read: ascending, and close to each other. */
    private static int endOfRun(List<Projection.Piece> pieces, int first) {
        int i = first + 1;
        Projection.Range last = (Projection.Range) pieces.get(first);
        while (i < pieces.size() && pieces.get(i) instanceof Projection.Range next) {
            int distance = next.offset() - (last.offset() + last.length());
            if (distance < 0 || distance >= JOINED_BYTES) {
                break;
            }
            last = next;
            i++;
        }
        return i;
    }

    private void readRun(List<Projection.Piece> run, ByteBuffer body) throws IOException {
        Projection.Range first = (Projection.Range) run.get(0);
        Projection.Range last = (Projection.Range) run.get(run.size() - 1);
        int length = last.offset() + last.length() - first.offset();
        if (first.offset() < 0 || length < 0 || length > header.bodyBytes() - first.offset()) {
            throw damaged("the metadata names bytes outside the body");
        }
        ByteBuffer bytes = run.size() == 1 ? body.slice(body.position(), length) : ByteBuffer.allocate(length);
        read(header.bodyStart() + first.offset(), bytes);
        if (run.size() == 1) {
            body.position(body.position() + length);
            return;
        }
        for (Projection.Piece piece : run) {
            int start = ((Projection.Range) piece).offset() - first.offset();
            body.put(bytes.slice(start, piece.length()));
        }
    }

    private WeirException damaged(String what) throws IOException {
        Gap gap = headLeadsOn()
                ? new Gap(position, position + header.totalBytes(), header.baseOffset(), header.nextOffset())
                : segment.findGap(file, position, header.baseOffset());
        segment.add(gap);
        return new WeirException(
                ErrorCode.CORRUPT_DATA,
                "%s: segment=%d position=%d fromOffset=%d toOffset=%d; read on from toOffset"
                        .formatted(what, segment.baseOffset(), position, gap.fromOffset(), gap.toOffset()));
    }

    /** Whether the head is believable where the batch is not: the next batch, or the segment's end, is where it says. */
    private boolean headLeadsOn() throws IOException {
        SegmentExtent extent = segment.extent();
        long next = position + header.totalBytes();
        boolean atEnd = next == extent.endPosition() && header.nextOffset() == extent.endOffset();
        return atEnd
                || new FileWindow(file, extent.endPosition(), BatchHeader.SIZE).head(next, header.nextOffset()) != null;
    }
}
