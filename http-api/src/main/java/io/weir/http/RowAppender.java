package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.WeirException;
import io.weir.codec.ingest.ChangedRows;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Writes checked rows to their buckets, all at the same time, and says honestly what became of them. */
final class RowAppender {
    private final BucketClient buckets;

    RowAppender(BucketClient buckets) {
        this.buckets = buckets;
    }

    /**
     * Offsets by bucket, once all rows are durable. Fails with the first bucket's error; where other buckets stored their part, the
     * error's detail says so.
     *
     * @param mayBeRefused whether all buckets are asked before one is told, where there are several
     */
    CompletionStage<SortedMap<NamedBucket, Bucket.Appended>> append(
            TableInfo table,
            SortedMap<NamedBucket, List<ChangedRows>> rows,
            Bucket.@Nullable WriterSequence writer,
            boolean mayBeRefused) {
        if (!table.hasPrimaryKey()) {
            return all(
                    rows,
                    (bucket, parts) -> buckets.append(
                            bucket.id(), parts.stream().map(ChangedRows::rows).toList(), writer));
        }
        CompletionStage<?> checked =
                mayBeRefused && rows.size() > 1 ? allowed(rows, writer) : CompletableFuture.completedFuture(rows);
        return checked.thenCompose(done -> all(rows, (bucket, parts) -> buckets.upsert(bucket.id(), parts, writer)));
    }

    /** Fails with a bucket's refusal; nothing is stored by asking. */
    private CompletionStage<?> allowed(
            SortedMap<NamedBucket, List<ChangedRows>> rows, Bucket.@Nullable WriterSequence writer) {
        List<CompletableFuture<Bucket.Appended>> asked = new ArrayList<>();
        rows.forEach((bucket, parts) ->
                asked.add(buckets.check(bucket.id(), parts, writer).toCompletableFuture()));
        return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new));
    }

    private static CompletionStage<SortedMap<NamedBucket, Bucket.Appended>> all(
            SortedMap<NamedBucket, List<ChangedRows>> rows,
            BiFunction<NamedBucket, List<ChangedRows>, CompletionStage<Bucket.Appended>> question) {
        SortedMap<NamedBucket, CompletableFuture<Bucket.Appended>> answers = new TreeMap<>();
        rows.forEach((bucket, parts) ->
                answers.put(bucket, question.apply(bucket, parts).toCompletableFuture()));
        List<CompletableFuture<Bucket.Appended>> all = new ArrayList<>(answers.values());
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).handle((done, failure) -> {
            if (failure != null) {
                throw failed(answers);
            }
            SortedMap<NamedBucket, Bucket.Appended> appended = new TreeMap<>();
            answers.forEach((bucket, answer) -> appended.put(bucket, answer.join()));
            return appended;
        });
    }

    private static RuntimeException failed(SortedMap<NamedBucket, CompletableFuture<Bucket.Appended>> answers) {
        List<String> stored = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        answers.forEach((bucket, answer) -> answer.handle((appended, failure) -> {
                    if (failure == null) {
                        stored.add(bucket.text());
                    } else {
                        failures.add(Problem.unwrapped(failure));
                    }
                    return bucket;
                })
                .join());
        Throwable first = failures.get(0);
        if (!(first instanceof WeirException known)) {
            return new IllegalStateException("append failed", first);
        }
        if (stored.isEmpty()) {
            return known;
        }
        return new WeirException(
                known.code(),
                known.detail() + " Of the " + answers.size() + " buckets of this request, " + stored
                        + " did store their rows. To repeat the request is safe with the same " + WriteRequest.WRITER_ID
                        + " and " + WriteRequest.WRITER_SEQUENCE + "; without them it stores those rows again.",
                known);
    }
}
