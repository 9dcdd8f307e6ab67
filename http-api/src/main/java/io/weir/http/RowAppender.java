package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Appends checked rows to their buckets, all at the same time, and says honestly what became of them. */
final class RowAppender {
    private final BucketClient buckets;

    RowAppender(BucketClient buckets) {
        this.buckets = buckets;
    }

    /**
     * Offsets by bucket, once all rows are durable. Fails with the first bucket's error; where other buckets stored their part, the
     * error's detail says so.
     */
    CompletionStage<SortedMap<Integer, Bucket.Appended>> append(
            TableInfo table, SortedMap<Integer, List<EncodedRows>> rows, Bucket.@Nullable WriterSequence writer) {
        SortedMap<Integer, CompletableFuture<Bucket.Appended>> answers = new TreeMap<>();
        rows.forEach((bucket, parts) -> answers.put(
                bucket,
                buckets.append(new BucketId(table.tableId(), bucket), parts, writer)
                        .toCompletableFuture()));
        List<CompletableFuture<Bucket.Appended>> all = new ArrayList<>(answers.values());
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).handle((done, failure) -> {
            if (failure != null) {
                throw failed(answers);
            }
            SortedMap<Integer, Bucket.Appended> appended = new TreeMap<>();
            answers.forEach((bucket, answer) -> appended.put(bucket, answer.join()));
            return appended;
        });
    }

    private static RuntimeException failed(SortedMap<Integer, CompletableFuture<Bucket.Appended>> answers) {
        TreeSet<Integer> stored = new TreeSet<>();
        List<Throwable> failures = new ArrayList<>();
        answers.forEach((bucket, answer) -> answer.handle((appended, failure) -> {
                    if (failure == null) {
                        stored.add(bucket);
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
