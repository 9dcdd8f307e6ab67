package io.weir.http;

import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Where a reader goes on: the next offset in each bucket that it reads. Its text is opaque to clients, fit for URLs and headers,
 * and never all digits, so that it cannot be taken for an offset. It is the letter {@code c} and, in base64url,
 *
 * <pre>
 * u8 version (1) | varint table id | varint buckets | (varint bucket, varint offset) per bucket, ascending | i32 CRC-32C of all before
 * u8 version (2) | varint table id | varint partitions | per partition, ascending:
 *     varint its id less the one before | varint buckets | (varint bucket, varint offset) per bucket, ascending | i32 CRC-32C of all before
 * </pre>
 *
 * Version 2 is that of partitioned tables; it may hold no partition at all. The checksum is against slips, not against forgers: a forged
 * cursor reads what a query could read anyway.
 */
record Cursor(long tableId, SortedMap<BucketId, Long> offsets) {
    private static final byte WHOLE = 1;
    private static final byte PARTITIONED = 2;
    private static final int CRC_BYTES = 4;

    /** As many as one read may have, and a table without partitions; more is not ours. */
    private static final int BUCKETS_MAX = ReadPartitions.BUCKETS_MAX;

    private static final int TABLE_BUCKETS_MAX = 1024;

    /** Fits a URL and a header with what else they hold. */
    private static final int TEXT_LENGTH_MAX = 44 << 10;

    String text() {
        ByteBuffer out = ByteBuffer.allocate(1 + 10 + 5 + offsets.size() * 30 + CRC_BYTES);
        boolean partitioned = offsets.isEmpty() || offsets.firstKey().partitionId() != 0;
        out.put(partitioned ? PARTITIONED : WHOLE);
        putVarint(out, tableId);
        if (partitioned) {
            putPartitions(out);
        } else {
            putBuckets(out, offsets);
        }
        out.putInt(crc(out.array(), out.position()));
        return "c" + Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(out.array(), out.position()));
    }

    private void putPartitions(ByteBuffer out) {
        SortedMap<Long, SortedMap<BucketId, Long>> partitions = new TreeMap<>();
        offsets.forEach((bucket, offset) -> partitions
                .computeIfAbsent(bucket.partitionId(), id -> new TreeMap<>())
                .put(bucket, offset));
        putVarint(out, partitions.size());
        long former = 0;
        for (Map.Entry<Long, SortedMap<BucketId, Long>> partition : partitions.entrySet()) {
            putVarint(out, partition.getKey() - former);
            former = partition.getKey();
            putBuckets(out, partition.getValue());
        }
    }

    private static void putBuckets(ByteBuffer out, SortedMap<BucketId, Long> offsets) {
        putVarint(out, offsets.size());
        for (Map.Entry<BucketId, Long> entry : offsets.entrySet()) {
            putVarint(out, entry.getKey().bucket());
            putVarint(out, entry.getValue());
        }
    }

    /** @throws WeirException INVALID_CURSOR where the text is no cursor, a damaged one, or one of another table */
    static Cursor parse(String text, long tableId, String table) {
        if (text.length() > TEXT_LENGTH_MAX || !text.startsWith("c")) {
            throw invalid("is neither earliest, latest, an offset, timestamp:<time> nor a cursor");
        }
        Cursor cursor;
        try {
            cursor = decode(Base64.getUrlDecoder().decode(text.substring(1)));
        } catch (IllegalArgumentException | ArithmeticException | BufferUnderflowException e) {
            throw invalid("is no cursor that this server gave");
        }
        if (cursor.tableId != tableId) {
            throw invalid("is a cursor of another table; '" + table + "' may have been dropped and created again");
        }
        return cursor;
    }

    private static Cursor decode(byte[] bytes) {
        int end = bytes.length - CRC_BYTES;
        boolean known = end >= 1 && (bytes[0] == WHOLE || bytes[0] == PARTITIONED);
        if (!known || ByteBuffer.wrap(bytes).getInt(end) != crc(bytes, end)) {
            throw new IllegalArgumentException("not a cursor");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, 1, end - 1);
        long tableId = varint(in);
        SortedMap<BucketId, Long> offsets = new TreeMap<>();
        if (bytes[0] == WHOLE) {
            getBuckets(in, tableId, 0, offsets);
        } else {
            long partitions = count(in, 0);
            long id = 0;
            for (int i = 0; i < partitions; i++) {
                long step = varint(in);
                if (step == 0) {
                    throw new IllegalArgumentException("partitions do not ascend");
                }
                id = Math.addExact(id, step);
                getBuckets(in, tableId, id, offsets);
            }
        }
        if (in.hasRemaining()) {
            throw new IllegalArgumentException("more than a cursor");
        }
        return new Cursor(tableId, offsets);
    }

    private static void getBuckets(ByteBuffer in, long tableId, long partitionId, SortedMap<BucketId, Long> offsets) {
        long count = count(in, 1);
        int expected = offsets.size() + (int) count;
        for (int i = 0; i < count; i++) {
            int bucket = Math.toIntExact(Math.min(varint(in), TABLE_BUCKETS_MAX));
            offsets.put(new BucketId(tableId, partitionId, bucket), varint(in));
        }
        if (offsets.size() != expected || expected > BUCKETS_MAX) {
            throw new IllegalArgumentException("a bucket twice, or too many");
        }
    }

    private static long count(ByteBuffer in, int min) {
        long count = varint(in);
        if (count < min || count > BUCKETS_MAX) {
            throw new IllegalArgumentException("count: " + count);
        }
        return count;
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    private static void putVarint(ByteBuffer out, long value) {
        long rest = value;
        while (rest >= 0x80) {
            out.put((byte) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    /** Not negative; nine bytes hold 63 bits. */
    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            byte b = in.get();
            value |= (b & 0x7fL) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("number too long");
    }

    private static WeirException invalid(String what) {
        return new WeirException(ErrorCode.INVALID_CURSOR, "The value of 'from' (or Last-Event-ID) " + what);
    }
}
