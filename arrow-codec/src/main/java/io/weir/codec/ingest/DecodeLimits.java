package io.weir.codec.ingest;

/**
 * Bounds on what one request may make of itself.
 *
 * @param decodedBytes most bytes that the body may have after decompression
 * @param rows most rows
 * @param batchBytes rows of one request are cut into record batches of about this size where they must be built here, and a
 *     client's record batch larger than this is cut
 */
public record DecodeLimits(long decodedBytes, int rows, int batchBytes) {
    /** A few bytes of JSON can stand for a row of many null slots; decoded rows lie on the heap, which must hold several requests'. */
    public static final DecodeLimits DEFAULT =
            new DecodeLimits(Math.min(256L << 20, Runtime.getRuntime().maxMemory() / 16), 4_000_000, 4 << 20);
}
