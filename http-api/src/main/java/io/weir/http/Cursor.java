package io.weir.http;

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
 * </pre>
 *
 * The checksum is against slips, not against forgers: a forged cursor reads what a query could read anyway.
 */
record Cursor(long tableId, SortedMap<Integer, Long> offsets) {
    private static final byte VERSION = 1;
    private static final int CRC_BYTES = 4;

    /** As many as a table may have buckets; more is not ours. */
    private static final int BUCKETS_MAX = 1024;

    private static final int TEXT_LENGTH_MAX = 32 << 10;

    String text() {
        ByteBuffer out = ByteBuffer.allocate(1 + 10 + 5 + offsets.size() * 15 + CRC_BYTES);
        out.put(VERSION);
        putVarint(out, tableId);
        putVarint(out, offsets.size());
        for (Map.Entry<Integer, Long> entry : offsets.entrySet()) {
            putVarint(out, entry.getKey());
            putVarint(out, entry.getValue());
        }
        out.putInt(crc(out.array(), out.position()));
        return "c" + Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(out.array(), out.position()));
    }

    /** @throws WeirException INVALID_CURSOR where the text is no cursor, a damaged one, or one of another table */
    static Cursor parse(String text, long tableId, String table) {
        if (text.length() > TEXT_LENGTH_MAX || !text.startsWith("c")) {
            throw invalid("is neither earliest, latest, an offset, timestamp:<time> nor a cursor");
        }
        Cursor cursor;
        try {
            cursor = decode(Base64.getUrlDecoder().decode(text.substring(1)));
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            throw invalid("is no cursor that this server gave");
        }
        if (cursor.tableId != tableId) {
            throw invalid("is a cursor of another table; '" + table + "' may have been dropped and created again");
        }
        return cursor;
    }

    private static Cursor decode(byte[] bytes) {
        int end = bytes.length - CRC_BYTES;
        if (end < 1 || bytes[0] != VERSION || ByteBuffer.wrap(bytes).getInt(end) != crc(bytes, end)) {
            throw new IllegalArgumentException("not a cursor");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, 1, end - 1);
        long tableId = varint(in);
        long count = varint(in);
        if (count < 1 || count > BUCKETS_MAX) {
            throw new IllegalArgumentException("buckets: " + count);
        }
        SortedMap<Integer, Long> offsets = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            offsets.put(Math.toIntExact(Math.min(varint(in), BUCKETS_MAX)), varint(in));
        }
        if (in.hasRemaining() || offsets.size() != count) {
            throw new IllegalArgumentException("more than a cursor");
        }
        return new Cursor(tableId, offsets);
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
