package io.weir.codec.ingest;

import io.weir.codec.json.BytesForm;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.merge.Bitmaps;
import java.nio.ByteBuffer;

/** Bytes that are a bitmap, kept in canonical form; a number is the bitmap that holds it alone. */
record BitmapForm(BitmapKind kind) implements BytesForm {
    @Override
    public byte[] of(byte[] sent) {
        return Bitmaps.canonical(kind, ByteBuffer.wrap(sent));
    }

    @Override
    public byte[] of(long number) {
        return Bitmaps.of(kind, number);
    }
}
