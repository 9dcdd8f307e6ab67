package io.weir.lake;

/** One table of a lake, for its tiering worker. Not thread-safe. Blocking. */
public interface LakeTable {
    /** Read from the lake anew. */
    LakeState state();

    /**
     * Makes the lake refuse every round of a lower epoch from now on, by a commit of its own. Needed where an attempt was given up
     * without a word from its worker, which may still be at it.
     *
     * @return the state after it
     * @throws io.weir.codec.WeirException LAKE_CONFLICT where the lake has that epoch or a higher one
     */
    LakeState claim(long epoch);

    /**
     * Starts a round.
     *
     * @param base the state that the round was planned from; the commit is refused where offsets or epoch have moved on since
     * @param epoch above that of every round before it
     */
    LakeRound begin(LakeState base, long epoch);

    /**
     * Compacts small files, folds deletes in, expires old snapshots, removes files that nobody can need. Does no harm beside rounds, and
     * stopped anywhere.
     *
     * @param committedEpoch files of rounds below it that nothing names are removed whatever their age
     */
    MaintenanceReport maintain(long committedEpoch);
}
