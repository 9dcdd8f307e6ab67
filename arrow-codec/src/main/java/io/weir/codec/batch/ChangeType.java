package io.weir.codec.batch;

/** What a row of a changelog says; {@link #code} is the byte that stored batches hold for it. */
public enum ChangeType {
    INSERT("insert"),
    UPDATE_BEFORE("update_before"),
    UPDATE_AFTER("update_after"),
    DELETE("delete");

    private final String text;

    ChangeType(String text) {
        this.text = text;
    }

    public byte code() {
        return (byte) ordinal();
    }

    /** As {@code _change_type} shows it. */
    public String text() {
        return text;
    }

    /** @throws IllegalArgumentException for a byte that is none */
    public static ChangeType of(byte code) {
        if (code < 0 || code > 3) {
            throw new IllegalArgumentException("change type " + code);
        }
        return values()[code];
    }
}
