package io.weir.sharding;

import static io.weir.sharding.BulkBytes.allocate;
import static io.weir.sharding.BulkBytes.bytes;
import static io.weir.sharding.BulkBytes.count;
import static io.weir.sharding.BulkBytes.put;
import static io.weir.sharding.BulkBytes.required;
import static io.weir.sharding.BulkBytes.rows;
import static io.weir.sharding.BulkBytes.sizeOf;
import static io.weir.sharding.BulkBytes.text;
import static io.weir.sharding.BulkBytes.utf8;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.serialization.MessageNames;
import io.weir.codec.batch.EncodedRows;
import java.io.NotSerializableException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * Messages that carry rows or file contents, between nodes. Little-endian; {@code text} and {@code bytes} are an i32 length, -1 for
 * null, and that many bytes; {@code rows} is i32 schema id, i32 row count, bytes metadata, bytes body.
 *
 * <pre>
 * bkt.append.1   text reply-to, text writer id, i64 sequence, i32 n, n x rows
 * bkt.*          of primary-key tables: {@link KeyedMessages}
 * bkt.fetched.1  i64 next offset, i64 high watermark, i32 n,
 *                n x (rows, i64 base offset, i32 d (-1: dense), d x i32 distance, i64 commit timestamp, bytes change types)
 * hov.chunk.1    i32 CRC-32C, bytes
 * </pre>
 */
public final class BulkSerializer extends SerializerWithStringManifest {
    public static final int IDENTIFIER = 74_110_003;
    static final String APPEND = "bkt.append.1";
    static final String FETCHED = "bkt.fetched.1";
    static final String CHUNK = "hov.chunk.1";

    public static final MessageNames MANIFESTS = new MessageNames()
            .add(APPEND, Bucket.Append.class)
            .add(FETCHED, Bucket.Fetched.class)
            .add(KeyedMessages.UPSERT, Bucket.Upsert.class)
            .add(KeyedMessages.LOOKUP, Bucket.Lookup.class)
            .add(KeyedMessages.INSERT_IF_MISSING, Bucket.InsertIfMissing.class)
            .add(KeyedMessages.PREFIX_LOOKUP, Bucket.PrefixLookup.class)
            .add(KeyedMessages.LOOKED_UP, Bucket.LookedUp.class)
            .add(KeyedMessages.PREFIX_ROWS, Bucket.PrefixRows.class)
            .add(KeyedMessages.SCAN_READ, Bucket.ScanRead.class)
            .add(CHUNK, LogHandover.Chunk.class);

    private final ActorRefResolver resolver;
    private final KeyedMessages keyed;

    public BulkSerializer(ExtendedActorSystem system) {
        this.resolver = ActorRefResolver.get(Adapter.toTyped(system));
        this.keyed = new KeyedMessages(resolver);
    }

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object message) {
        return MANIFESTS.manifestOf(message);
    }

    @Override
    public byte[] toBinary(Object message) {
        if (message instanceof Bucket.Append append) {
            return appendBytes(append);
        } else if (message instanceof Bucket.Fetched fetched) {
            return fetchedBytes(fetched);
        } else if (message instanceof LogHandover.Chunk chunk) {
            ByteBuffer out = allocate(8L + chunk.bytes().remaining()).putInt(chunk.crc());
            put(out, chunk.bytes());
            return out.array();
        }
        return keyed.toBytes(message);
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            return switch (manifest) {
                case APPEND -> readAppend(in);
                case FETCHED -> readFetched(in);
                case CHUNK -> new LogHandover.Chunk(in.getInt(), required(bytes(in)));
                default -> keyed.read(in, manifest);
            };
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            NotSerializableException failure = new NotSerializableException("cannot read '" + manifest + "': " + e);
            failure.initCause(e);
            throw failure;
        }
    }

    private byte[] appendBytes(Bucket.Append append) {
        ByteBuffer replyTo = utf8(resolver.toSerializationFormat(append.replyTo()));
        long size = 4 + sizeOf(replyTo) + sizeOf(append.writer());
        for (EncodedRows rows : append.rows()) {
            size += sizeOf(rows);
        }
        ByteBuffer out = allocate(size);
        put(out, replyTo);
        put(out, append.writer());
        out.putInt(append.rows().size());
        append.rows().forEach(rows -> put(out, rows));
        return out.array();
    }

    private Bucket.Append readAppend(ByteBuffer in) {
        String replyTo = text(required(bytes(in)));
        Bucket.WriterSequence writer = BulkBytes.writer(in);
        int count = count(in, 16);
        List<EncodedRows> rows = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rows.add(rows(in));
        }
        return new Bucket.Append(rows, writer, resolver.resolveActorRef(replyTo));
    }

    private static byte[] fetchedBytes(Bucket.Fetched fetched) {
        long size = 20;
        for (Bucket.FetchedRows batch : fetched.batches()) {
            Bucket.RowOffsets offsets = batch.offsets();
            ByteBuffer changeTypes = batch.changeTypes();
            size += sizeOf(batch.rows())
                    + 24
                    + (offsets == null ? 0 : 4L * offsets.size())
                    + (changeTypes == null ? 0 : changeTypes.remaining());
        }
        ByteBuffer out = allocate(size);
        out.putLong(fetched.nextOffset()).putLong(fetched.highWatermark());
        out.putInt(fetched.batches().size());
        for (Bucket.FetchedRows batch : fetched.batches()) {
            put(out, batch.rows());
            out.putLong(batch.baseOffset());
            Bucket.RowOffsets offsets = batch.offsets();
            out.putInt(offsets == null ? -1 : offsets.size());
            for (int i = 0; offsets != null && i < offsets.size(); i++) {
                out.putInt(offsets.at(i));
            }
            out.putLong(batch.commitTimestampMs());
            put(out, batch.changeTypes());
        }
        return out.array();
    }

    private static Bucket.Fetched readFetched(ByteBuffer in) {
        long nextOffset = in.getLong();
        long highWatermark = in.getLong();
        int count = count(in, 40);
        List<Bucket.FetchedRows> batches = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            EncodedRows rows = rows(in);
            long baseOffset = in.getLong();
            int distances = in.getInt();
            Bucket.RowOffsets offsets = distances < 0 ? null : offsets(in, distances);
            batches.add(new Bucket.FetchedRows(rows, baseOffset, offsets, in.getLong(), bytes(in)));
        }
        return new Bucket.Fetched(batches, nextOffset, highWatermark);
    }

    private static Bucket.RowOffsets offsets(ByteBuffer in, int count) {
        if (count > in.remaining() / 4) {
            throw new IllegalArgumentException(count + " offsets in " + in.remaining() + " bytes");
        }
        int[] distances = new int[count];
        for (int i = 0; i < count; i++) {
            distances[i] = in.getInt();
        }
        return new Bucket.RowOffsets(distances);
    }
}
