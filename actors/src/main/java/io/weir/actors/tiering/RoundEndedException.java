package io.weir.actors.tiering;

/** A round cannot go on, for a reason that a person can read. */
final class RoundEndedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean passing;

    /** @param passing whether a later attempt may well succeed, without anybody doing anything */
    RoundEndedException(String reason, boolean passing) {
        super(reason);
        this.passing = passing;
    }

    String reason() {
        return String.valueOf(getMessage());
    }

    boolean isPassing() {
        return passing;
    }
}
