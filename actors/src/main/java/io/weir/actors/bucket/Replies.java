package io.weir.actors.bucket;

import io.weir.codec.ErrorCode;

/** Answers that are the same for every question. */
final class Replies {
    static final Bucket.Refused STOPPING =
            new Bucket.Refused(ErrorCode.BUCKET_UNAVAILABLE, "the bucket is moving or stopping; try again");

    private Replies() {}

    /** Answers a caller's command with an error; commands without an asker are dropped. */
    static void refuse(Bucket.Command command, Bucket.Refused refusal) {
        if (command instanceof Bucket.Append append) {
            append.replyTo().tell(refusal);
        } else if (command instanceof Bucket.Fetch fetch) {
            fetch.replyTo().tell(refusal);
        } else if (command instanceof Bucket.Locate locate) {
            locate.replyTo().tell(refusal);
        } else if (command instanceof Bucket.Describe describe) {
            describe.replyTo().tell(refusal);
        }
    }
}
