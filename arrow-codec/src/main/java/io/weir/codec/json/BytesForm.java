package io.weir.codec.json;

/** What the bytes of a column have to be, and what one whole number in their place stands for. */
public interface BytesForm {
    /**
     * Checks bytes that a client sent.
     *
     * @return what is stored of them
     * @throws io.weir.codec.WeirException INVALID_ROWS saying what is wrong
     */
    byte[] of(byte[] sent);

    /** @throws io.weir.codec.WeirException INVALID_ROWS where the number stands for none */
    byte[] of(long number);
}
