package io.weir.codec.schema;

/** Reads the text form of a {@link DataType}. Case does not matter for type names; ROW field names keep theirs. */
public final class TypeParser {
    private TypeParser() {}

    /** @throws io.weir.codec.WeirException INVALID_SCHEMA, saying where in the text and what was expected */
    public static DataType parse(String text) {
        throw new UnsupportedOperationException("spine: " + text);
    }
}
