package io.weir.codec.schema;

/**
 * A column of a table. The id is given once and never reused in the table, so a renamed column is still the same one and a column
 * added under a dropped one's name is not.
 */
public record Column(int id, String name, DataType type, boolean nullable) {}
