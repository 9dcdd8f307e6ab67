package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.file.DiskFullException;
import io.weir.persistence.objects.ObjectUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import org.apache.arrow.memory.OutOfMemoryException;

/** Answers that are the same for every question. */
final class Replies {
    static final Bucket.Refused STOPPING =
            new Bucket.Refused(ErrorCode.BUCKET_UNAVAILABLE, "the bucket is moving or stopping; try again");

    private Replies() {}

    /** Answers a caller's command with an error; commands without an asker are dropped. */
    static void refuse(Bucket.Command command, Bucket.Refused refusal) {
        if (command instanceof Bucket.Append append) {
            append.replyTo().tell(refusal);
        } else if (command instanceof Bucket.Upsert upsert) {
            upsert.replyTo().tell(refusal);
        } else if (command instanceof Bucket.Lookup lookup) {
            lookup.replyTo().tell(refusal);
        } else if (command instanceof Bucket.InsertIfMissing insert) {
            insert.replyTo().tell(refusal);
        } else if (command instanceof Bucket.PrefixLookup lookup) {
            lookup.replyTo().tell(refusal);
        } else if (command instanceof Bucket.OpenScan scan) {
            scan.replyTo().tell(refusal);
        } else if (command instanceof Bucket.ReadScan scan) {
            scan.replyTo().tell(refusal);
        } else if (command instanceof Bucket.Fetch fetch) {
            fetch.replyTo().tell(refusal);
        } else if (command instanceof Bucket.Locate locate) {
            locate.replyTo().tell(refusal);
        } else if (command instanceof Bucket.Describe describe) {
            describe.replyTo().tell(refusal);
        }
    }

    /** A write or question that only the other kind of table takes. */
    static Bucket.Refused wrongTable(TableInfo table) {
        return new Bucket.Refused(
                ErrorCode.INVALID_REQUEST,
                table.hasPrimaryKey()
                        ? "table '%s' has a primary key: upsert its rows".formatted(table.name())
                        : "table '%s' has no primary key: append to it and read its log".formatted(table.name()));
    }

    /** Rows that are on the object store only, which does not give them. */
    static Bucket.Refused objectUnavailable(ObjectUnavailableException e) {
        return new Bucket.Refused(
                ErrorCode.BUCKET_UNAVAILABLE,
                "the rows asked for are on the object store, which does not give them now; try again: "
                        + e.getMessage());
    }

    static Bucket.Refused unknownSchema(TableInfo table, WriteQueue.Request request) {
        return new Bucket.Refused(
                ErrorCode.INVALID_REQUEST,
                "table '%s' does not have all of the schema versions %s"
                        .formatted(
                                table.name(),
                                request.schemaIds().distinct().boxed().toList()));
    }

    /** What a question that failed is told. */
    static Bucket.Refused refusal(Throwable failure) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof DiskFullException) {
            return new Bucket.Refused(
                    ErrorCode.DISK_FULL, "the disk is full; nothing was stored, try again when there is space");
        } else if (cause instanceof OutOfMemoryException) {
            return new Bucket.Refused(ErrorCode.OVERLOADED, "the node's Arrow memory is used up; try again");
        } else if (cause instanceof WeirException e) {
            return new Bucket.Refused(e.code(), e.detail());
        } else if (cause instanceof DamagedStoreException) {
            return new Bucket.Refused(ErrorCode.CORRUPT_DATA, "the KV state is damaged: " + cause.getMessage());
        }
        return cause instanceof IOException
                ? new Bucket.Refused(ErrorCode.BUCKET_UNAVAILABLE, "the rows cannot be read now; try again: " + cause)
                : new Bucket.Refused(ErrorCode.INTERNAL, "the bucket failed: " + cause);
    }

    /** The outcome of a commit that failed. */
    static Bucket.Refused commitRefusal(Throwable failure) {
        Throwable cause = unwrapped(failure);
        return cause instanceof IOException && !(cause instanceof DiskFullException)
                ? new Bucket.Refused(
                        ErrorCode.OUTCOME_UNKNOWN,
                        "the write failed on its way to the disk and may be stored or not: " + cause)
                : refusal(cause);
    }

    static Throwable unwrapped(Throwable failure) {
        Throwable inner = failure;
        while ((inner instanceof CompletionException || inner instanceof UncheckedIOException)
                && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }
}
