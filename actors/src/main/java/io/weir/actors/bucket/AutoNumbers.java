package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.DataType;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;

/**
 * The numbers that a bucket has taken from its table's sequence for the auto-increment column. More are asked for before a commit that
 * might need them, so that the commit itself never waits. What is left when the bucket ends is lost: a hole, never a number twice.
 *
 * <p>Used by one thread at a time: the actor's between two commits, the committing one within.
 */
final class AutoNumbers implements Numbers {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final ActorRef<Sequence.Command> sequences;
    private final Scheduler scheduler;
    private final Duration timeout;
    private final ArrayDeque<Sequence.Reserved> ranges = new ArrayDeque<>();
    private long next;
    private long left;
    private @Nullable WeirException whyNone;

    AutoNumbers(ActorRef<Sequence.Command> sequences, Scheduler scheduler) {
        this(sequences, scheduler, TIMEOUT);
    }

    AutoNumbers(ActorRef<Sequence.Command> sequences, Scheduler scheduler, Duration timeout) {
        this.sequences = sequences;
        this.scheduler = scheduler;
        this.timeout = timeout;
    }

    /**
     * Done when so many numbers are here, or when there are no more to get; then {@link #next} says why.
     *
     * @param count most that the coming commit may take
     */
    CompletionStage<?> ensure(long count, TableInfo table, TableProperties properties) {
        TableProperties.AutoIncrement auto = properties.autoIncrement().orElse(null);
        if (auto == null || count <= left) {
            return CompletableFuture.completedFuture(null);
        }
        whyNone = null;
        return reserve(table, auto.column(), Math.max(auto.cacheSize(), count), count)
                .handle((done, failure) -> {
                    whyNone = failure == null
                            ? whyNone
                            : new WeirException(
                                    ErrorCode.BUCKET_UNAVAILABLE,
                                    "no numbers for column '%s' came from the table's sequence in time; try again"
                                            .formatted(auto.column()));
                    return done;
                });
    }

    private CompletionStage<?> reserve(TableInfo table, String column, long wanted, long needed) {
        long highest = highest(table, column);
        return AskPattern.<Sequence.Command, Sequence.Reply>ask(
                        sequences,
                        replyTo -> new Sequence.Reserve(table.tableId(), wanted, highest, replyTo),
                        timeout,
                        scheduler)
                .thenCompose(reply -> {
                    if (reply instanceof Sequence.Reserved range) {
                        ranges.add(range);
                        left += range.to() - range.from();
                        return CompletableFuture.completedFuture(null);
                    }
                    long first = ((Sequence.Exhausted) reply).next();
                    long rest = highest - first + 1;
                    if (rest > 0 && rest < wanted) {
                        return reserve(table, column, rest, needed);
                    }
                    whyNone = new WeirException(
                            ErrorCode.INVALID_ROWS,
                            "column '%s' has used up its numbers, up to %d; no row can be inserted that needs one"
                                    .formatted(column, highest));
                    return CompletableFuture.completedFuture(null);
                });
    }

    private static long highest(TableInfo table, String column) {
        DataType type = table.schema().columns().stream()
                .filter(c -> c.name().equals(column))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no column " + column + " in " + table.name()))
                .type();
        return type.equals(DataType.Simple.INT) ? Integer.MAX_VALUE : Long.MAX_VALUE - 1;
    }

    @Override
    public long next() {
        if (left == 0) {
            WeirException why = whyNone;
            throw why == null
                    ? new WeirException(ErrorCode.INTERNAL, "a row needs a number that was not reserved")
                    : new WeirException(why.code(), why.detail());
        }
        Sequence.Reserved range = ranges.element();
        long number = Math.max(next, range.from());
        next = number + 1;
        left--;
        if (next == range.to()) {
            ranges.remove();
            next = 0;
        }
        return number;
    }
}
