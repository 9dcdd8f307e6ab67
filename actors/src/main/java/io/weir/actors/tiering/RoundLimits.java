package io.weir.actors.tiering;

/**
 * What a round may take.
 *
 * @param pieceBytes about how much is read at once, and as much again ahead
 * @param keyBytes about how much the keys of one bucket's changes may take; a bucket with more is moved in several rounds
 */
record RoundLimits(int pieceBytes, long keyBytes) {
    static final RoundLimits DEFAULT = new RoundLimits(4 << 20, 64L << 20);
}
