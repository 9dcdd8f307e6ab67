package io.weir.codec.row;

/** DECIMALs that take eight bytes in a row and sixteen in a record batch. */
final class ShortDecimalColumnBuilder extends FixedColumnBuilder {
    ShortDecimalColumnBuilder() {
        super(Long.BYTES);
    }

    @Override
    void add(byte[] row, int start, int length) {
        validity.addValid();
        long low = (long) GrowingBytes.LONGS.get(row, start);
        data.putLong(low);
        data.putLong(low >> 63);
    }

    @Override
    void addEmpty() {
        data.putZeros(2 * Long.BYTES);
    }
}
