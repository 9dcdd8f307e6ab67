package io.weir.client.join;

/** One of the two tables that are joined. */
public enum JoinSide {
    LEFT,
    RIGHT;

    String text() {
        return this == LEFT ? "left" : "right";
    }
}
