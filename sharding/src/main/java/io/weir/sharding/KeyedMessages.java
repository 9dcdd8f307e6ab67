package io.weir.sharding;

import static io.weir.sharding.BulkBytes.allocate;
import static io.weir.sharding.BulkBytes.bytes;
import static io.weir.sharding.BulkBytes.count;
import static io.weir.sharding.BulkBytes.put;
import static io.weir.sharding.BulkBytes.required;
import static io.weir.sharding.BulkBytes.requiredArray;
import static io.weir.sharding.BulkBytes.rows;
import static io.weir.sharding.BulkBytes.sizeOf;
import static io.weir.sharding.BulkBytes.text;
import static io.weir.sharding.BulkBytes.utf8;
import static io.weir.sharding.BulkBytes.writer;

import io.weir.actors.bucket.Bucket;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.row.Key;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.jspecify.annotations.Nullable;

/**
 * The bulk messages of primary-key tables; parts as in {@link BulkSerializer}.
 *
 * <pre>
 * bkt.upsert.1            text reply-to, text writer id, i64 sequence, u8 check only, i32 n,
 *                         n x (u8 kind: 0 upsert, 1 patch, 2 delete; rows; bytes present)
 * bkt.lookup.1            text reply-to, i32 n, n x bytes key
 * bkt.insert-if-missing.1 text reply-to, rows
 * bkt.prefix-lookup.1     text reply-to, bytes prefix, bytes after, i32 most rows, i32 most bytes
 * bkt.looked-up.1         i32 n, n x bytes row
 * bkt.prefix-rows.1       i32 n, n x bytes row, bytes next
 * bkt.scan-read.1         u8 end, i32 n, n x rows
 * </pre>
 */
final class KeyedMessages {
    static final String UPSERT = "bkt.upsert.1";
    static final String LOOKUP = "bkt.lookup.1";
    static final String INSERT_IF_MISSING = "bkt.insert-if-missing.1";
    static final String PREFIX_LOOKUP = "bkt.prefix-lookup.1";
    static final String LOOKED_UP = "bkt.looked-up.1";
    static final String PREFIX_ROWS = "bkt.prefix-rows.1";
    static final String SCAN_READ = "bkt.scan-read.1";

    private final ActorRefResolver resolver;

    KeyedMessages(ActorRefResolver resolver) {
        this.resolver = resolver;
    }

    byte[] toBytes(Object message) {
        if (message instanceof Bucket.Upsert upsert) {
            return upsert(upsert);
        } else if (message instanceof Bucket.Lookup lookup) {
            return lookup(lookup);
        } else if (message instanceof Bucket.InsertIfMissing insert) {
            ByteBuffer replyTo = reference(insert.replyTo());
            ByteBuffer out = allocate(sizeOf(replyTo) + sizeOf(insert.rows()));
            put(out, replyTo);
            put(out, insert.rows());
            return out.array();
        } else if (message instanceof Bucket.PrefixLookup lookup) {
            return prefixLookup(lookup);
        } else if (message instanceof Bucket.LookedUp found) {
            ByteBuffer out = allocate(4 + sizeOfAll(found.rows()));
            putAll(out, found.rows());
            return out.array();
        } else if (message instanceof Bucket.PrefixRows found) {
            byte[] next = found.next() == null ? null : found.next().bytes();
            ByteBuffer out = allocate(8 + sizeOfAll(found.rows()) + (next == null ? 0 : next.length));
            putAll(out, found.rows());
            put(out, next);
            return out.array();
        } else if (message instanceof Bucket.ScanRead read) {
            return scanRead(read);
        }
        throw new IllegalArgumentException("not a bulk message: " + message.getClass());
    }

    /** @throws IllegalArgumentException or BufferUnderflowException where the bytes are no such message */
    Object read(ByteBuffer in, String manifest) {
        return switch (manifest) {
            case UPSERT -> readUpsert(in);
            case LOOKUP -> readLookup(in);
            case INSERT_IF_MISSING -> {
                ActorRef<Bucket.LookupReply> replyTo = reference(in);
                yield new Bucket.InsertIfMissing(rows(in), replyTo);
            }
            case PREFIX_LOOKUP -> {
                ActorRef<Bucket.PrefixReply> replyTo = reference(in);
                Key prefix = new Key(requiredArray(in));
                yield new Bucket.PrefixLookup(prefix, key(in), in.getInt(), in.getInt(), replyTo);
            }
            case LOOKED_UP -> new Bucket.LookedUp(arrays(in));
            case PREFIX_ROWS -> readPrefixRows(in);
            case SCAN_READ -> readScanRead(in);
            default -> throw new IllegalArgumentException("unknown manifest");
        };
    }

    private ByteBuffer reference(ActorRef<?> ref) {
        return utf8(resolver.toSerializationFormat(ref));
    }

    private <T> ActorRef<T> reference(ByteBuffer in) {
        return resolver.resolveActorRef(text(required(bytes(in))));
    }

    private byte[] upsert(Bucket.Upsert upsert) {
        ByteBuffer replyTo = reference(upsert.replyTo());
        long size = 5 + sizeOf(replyTo) + sizeOf(upsert.writer());
        for (ChangedRows changes : upsert.changes()) {
            size += 1 + sizeOf(changes.rows()) + sizeOf(changes.present());
        }
        ByteBuffer out = allocate(size);
        put(out, replyTo);
        put(out, upsert.writer());
        out.put((byte) (upsert.checkOnly() ? 1 : 0));
        out.putInt(upsert.changes().size());
        for (ChangedRows changes : upsert.changes()) {
            out.put(code(changes.kind()));
            put(out, changes.rows());
            put(out, changes.present());
        }
        return out.array();
    }

    private static byte code(ChangeKind kind) {
        return switch (kind) {
            case UPSERT -> 0;
            case PATCH -> 1;
            case DELETE -> 2;
        };
    }

    private static ChangeKind kind(byte code) {
        return switch (code) {
            case 0 -> ChangeKind.UPSERT;
            case 1 -> ChangeKind.PATCH;
            case 2 -> ChangeKind.DELETE;
            default -> throw new IllegalArgumentException("kind of change " + code);
        };
    }

    private Bucket.Upsert readUpsert(ByteBuffer in) {
        ActorRef<Bucket.AppendReply> replyTo = reference(in);
        Bucket.WriterSequence writer = writer(in);
        boolean checkOnly = in.get() != 0;
        int count = count(in, 21);
        List<ChangedRows> changes = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ChangeKind kind = kind(in.get());
            EncodedRows rows = rows(in);
            ByteBuffer present = bytes(in);
            if ((kind == ChangeKind.PATCH) != (present != null)) {
                throw new IllegalArgumentException("a patch, and only a patch, says which columns are present");
            }
            changes.add(new ChangedRows(kind, rows, present));
        }
        return new Bucket.Upsert(changes, writer, checkOnly, replyTo);
    }

    private byte[] lookup(Bucket.Lookup lookup) {
        ByteBuffer replyTo = reference(lookup.replyTo());
        long size = 4 + sizeOf(replyTo);
        for (Key key : lookup.keys()) {
            size += 4L + key.bytes().length;
        }
        ByteBuffer out = allocate(size);
        put(out, replyTo);
        out.putInt(lookup.keys().size());
        lookup.keys().forEach(key -> put(out, key.bytes()));
        return out.array();
    }

    private Bucket.Lookup readLookup(ByteBuffer in) {
        ActorRef<Bucket.LookupReply> replyTo = reference(in);
        int count = count(in, 4);
        List<Key> keys = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            keys.add(new Key(requiredArray(in)));
        }
        return new Bucket.Lookup(keys, replyTo);
    }

    private byte[] prefixLookup(Bucket.PrefixLookup lookup) {
        ByteBuffer replyTo = reference(lookup.replyTo());
        byte[] prefix = lookup.prefix().bytes();
        byte[] after = lookup.after() == null ? null : lookup.after().bytes();
        ByteBuffer out = allocate(sizeOf(replyTo) + 16L + prefix.length + (after == null ? 0 : after.length));
        put(out, replyTo);
        put(out, prefix);
        put(out, after);
        out.putInt(lookup.rowsMax()).putInt(lookup.bytesMax());
        return out.array();
    }

    private static @Nullable Key key(ByteBuffer in) {
        byte[] bytes = BulkBytes.array(in);
        return bytes == null ? null : new Key(bytes);
    }

    private static Bucket.PrefixRows readPrefixRows(ByteBuffer in) {
        int count = count(in, 4);
        List<byte[]> rows = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rows.add(requiredArray(in));
        }
        return new Bucket.PrefixRows(rows, key(in));
    }

    private static byte[] scanRead(Bucket.ScanRead read) {
        long size = 5;
        for (EncodedRows rows : read.rows()) {
            size += sizeOf(rows);
        }
        ByteBuffer out = allocate(size).put((byte) (read.end() ? 1 : 0));
        out.putInt(read.rows().size());
        read.rows().forEach(rows -> put(out, rows));
        return out.array();
    }

    private static Bucket.ScanRead readScanRead(ByteBuffer in) {
        boolean end = in.get() != 0;
        int count = count(in, 16);
        List<EncodedRows> rows = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rows.add(rows(in));
        }
        return new Bucket.ScanRead(rows, end);
    }

    private static long sizeOfAll(List<? extends byte @Nullable []> rows) {
        long size = 0;
        for (byte[] row : rows) {
            size += 4L + (row == null ? 0 : row.length);
        }
        return size;
    }

    private static void putAll(ByteBuffer out, List<? extends byte @Nullable []> rows) {
        out.putInt(rows.size());
        for (byte[] row : rows) {
            put(out, row);
        }
    }

    private static List<byte @Nullable []> arrays(ByteBuffer in) {
        int count = count(in, 4);
        List<byte @Nullable []> rows = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rows.add(BulkBytes.array(in));
        }
        return rows;
    }
}
