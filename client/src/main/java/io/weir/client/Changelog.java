package io.weir.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.japi.function.Creator;
import org.apache.pekko.stream.javadsl.Source;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A table's changelog, bucket by bucket: each over a connection of its own, which is made anew where it breaks and read on from. */
final class Changelog {
    private static final Logger LOG = LoggerFactory.getLogger(Changelog.class);

    private final Requests requests;
    private final Paths paths;
    private final TableDescription table;
    private final BufferAllocator allocator;
    private final boolean follow;

    Changelog(Requests requests, Paths paths, TableDescription table, BufferAllocator allocator, boolean follow) {
        this.requests = requests;
        this.paths = paths;
        this.table = table;
        this.allocator = allocator;
        this.follow = follow;
    }

    Source<ChangeBatch, NotUsed> read(ChangelogCursor from, List<String> columns) {
        List<Source<ChangeBatch, NotUsed>> buckets = new ArrayList<>();
        for (int bucket = 0; bucket < table.buckets(); bucket++) {
            buckets.add(bucket(bucket, from, columns));
        }
        Source<ChangeBatch, NotUsed> first = buckets.get(0);
        Source<ChangeBatch, NotUsed> all =
                buckets.size() == 1 ? first : first.mergeAll(buckets.subList(1, buckets.size()), false);
        return all.statefulMap(
                () -> from,
                (cursor, batch) -> {
                    ChangelogCursor behind = cursor.moved(batch.bucket(), batch.nextOffset());
                    return Pair.create(behind, batch.withCursor(behind));
                },
                cursor -> Optional.empty());
    }

    private Source<ChangeBatch, NotUsed> bucket(int bucket, ChangelogCursor from, List<String> columns) {
        return Source.fromMaterializer((materializer, attributes) -> {
                    AtomicLong position = new AtomicLong(from.offset(bucket));
                    return restarting(bucket, position, () -> once(bucket, position.get(), from, columns))
                            .map(batch -> {
                                position.set(batch.nextOffset());
                                return batch;
                            });
                })
                .mapMaterializedValue(ignored -> NotUsed.getInstance());
    }

    private Source<ChangeBatch, NotUsed> restarting(
            int bucket, AtomicLong position, Creator<Source<ChangeBatch, ?>> once) {
        Consumer<Throwable> brokeOff = failure -> LOG.info(
                "changelog of {} broke off, reading on: bucket={} offset={}: {}",
                table.fullName(),
                bucket,
                position,
                failure.getMessage());
        return follow
                ? requests.endless(once, brokeOff)
                : requests.repeated(once, requests.settings().retryFor(), brokeOff);
    }

    private Source<ChangeBatch, NotUsed> once(int bucket, long from, ChangelogCursor start, List<String> columns) {
        String query = "/changelog?bucket=%d&from=%d&columns=%s%s"
                .formatted(bucket, from, Paths.columns(columns), follow ? "&follow=true" : "");
        HttpRequest request = HttpRequest.GET(paths.of(query)).addHeader(WeirTable.ACCEPT_ARROW);
        return requests.stream(request)
                .via(new ArrowFraming(requests.settings().batchBytesMax()))
                .statefulMapConcat(() -> new ChangeDecoder(bucket, start, table.columns(columns), allocator)::decode);
    }
}
