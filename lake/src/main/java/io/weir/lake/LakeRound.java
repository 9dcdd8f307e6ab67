package io.weir.lake;

import java.util.Map;

/**
 * The files of one round, and its commit. Nothing of it is seen in the lake before the commit, and all of it at once after. Not
 * thread-safe. Blocking.
 */
public interface LakeRound extends AutoCloseable {
    long GONE = -1;

    /** Rows to be there after the round. Of a primary-key table at most one a key in the whole round. */
    void append(LakeRows rows);

    /**
     * Keys whose rows from before this round are not to be there after it (a row of {@link #append} with the same key stays). At most one a
     * key in the whole round. The rows need hold no more than the key's columns.
     */
    void delete(LakeRows rows);

    /** Rows appended so far. */
    long rows();

    /** About the bytes written so far. */
    long bytes();

    /**
     * Closes the files and commits them in one lake snapshot that names the table, the epoch and the offsets.
     *
     * @param offsets the new lake offset of each bucket that moved; the others keep theirs. {@link #GONE} for one that is never asked for
     *     again, whose offset is named no more. May be called once
     */
    Outcome commit(Map<String, Long> offsets);

    /** What is left of a round that was not committed is removed as far as that can be done now; after a commit, nothing happens. */
    @Override
    void close();

    sealed interface Outcome {}

    record Committed(LakeState state) implements Outcome {}

    /** Nothing of it is in the lake, and never will be. */
    record Refused(String why) implements Outcome {}

    /** It may be in the lake or not, or come there later. Nothing is deleted; who wants to know reads the state later. */
    record Unknown(String why) implements Outcome {}
}
