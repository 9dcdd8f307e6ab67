package io.weir.actors.tiering;

import io.weir.actors.bucket.BucketId;
import io.weir.lake.LakeRound;

/** One bucket's part of a round. Used by one thread at a time. */
interface Split {
    BucketId bucket();

    /**
     * One bounded piece of reading and writing; not called any more when it is {@link #isDone}.
     *
     * @param round where rows go
     */
    void step(LakeRound round);

    /** No more than what cannot be left out: the round is to be committed soon. */
    void finishEarly();

    /** The bucket is gone. @return whether the split is done where it is; else what it wrote is only a part, and must not be committed */
    boolean endWhereItIs();

    boolean isDone();

    /** First offset that the lake does not have yet. */
    long start();

    /** About the rows that it was planned to read. */
    long planned();

    /** When done: first offset that is not in what was written. */
    long reached();

    /** When done: whether that is all that was planned. */
    boolean isComplete();

    /** Lets go of what it holds, done or not. */
    void close();
}
