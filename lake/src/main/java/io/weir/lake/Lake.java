package io.weir.lake;

import io.weir.codec.schema.TableSchema;
import java.util.Optional;

/**
 * The lake: the copy of tables in an open format, in one catalog. Thread-safe. Every call may block on the network and on disks, so none
 * is made on an actor's dispatcher. What cannot be reached or does not answer is WeirException LAKE_UNAVAILABLE, after which a repetition
 * may succeed.
 */
public interface Lake extends AutoCloseable {
    /**
     * The table for writing: made where it is not there yet, with the schema carried over where it has changed.
     *
     * @throws io.weir.codec.WeirException LAKE_CONFLICT where the lake has a table of that name that is not this one; NOT_SUPPORTED
     *     naming a column that has no type there
     */
    LakeTable open(LakeTableSpec spec);

    /**
     * What the lake has of the table now, pinned: the same rows however often it is read, and whatever rounds and maintenance do
     * meanwhile, for at least the table's snapshot retention. Empty where no round of it was committed yet, also where the lake has
     * another table under its name: reads go on with what the store has, and rounds tell what is wrong.
     *
     * @throws io.weir.codec.WeirException LAKE_CONFLICT where another engine broke what this store notes there
     */
    Optional<LakeSnapshot> snapshot(LakeTableSpec spec);

    /**
     * Whether the format has a type for every column; touches nothing outside.
     *
     * @throws io.weir.codec.WeirException NOT_SUPPORTED naming the first column and type it does not have, or a reserved name
     */
    void check(TableSchema schema);

    /** Where tables are, for people. */
    String describe();

    @Override
    void close();
}
