package io.weir.http;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.batch.BatchStatistics.ColumnStatistics;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Which partitions, and so which buckets, a read has to look at. */
final class ReadPartitions {
    /**
     * Most buckets of one read: each is open at the same time, and the cursor that names them all has to fit a header and a URL.
     */
    static final int BUCKETS_MAX = 4096;

    private final CatalogClient catalog;

    ReadPartitions(CatalogClient catalog) {
        this.catalog = catalog;
    }

    /**
     * The partition of that name, or all that the predicate may match; for a table without partitions, what stands for all of it.
     *
     * @throws WeirException PARTITION_NOT_FOUND; INVALID_REQUEST for a name where the table has no partitions; or the stage fails so
     */
    CompletionStage<List<Part>> chosen(TableInfo table, Optional<String> name, @Nullable Predicate where) {
        if (!table.isPartitioned()) {
            if (name.isPresent()) {
                throw new WeirException(
                        ErrorCode.INVALID_REQUEST, "The table is not partitioned; leave out 'partition'");
            }
            return CompletableFuture.completedFuture(List.of(Part.WHOLE));
        }
        return catalog.partitions(table).thenApply(all -> chosen(table, all, name, where));
    }

    /**
     * The same, but none where only the lake may have the partition of that name, which is to be looked up there then.
     *
     * @throws WeirException as above; PARTITION_NOT_FOUND only for what can be no partition's name
     */
    CompletionStage<List<Part>> chosenWithLake(TableInfo table, Optional<String> name, @Nullable Predicate where) {
        if (!table.isPartitioned() || name.isEmpty()) {
            return chosen(table, name, where);
        }
        if (values(name.get()).size() != table.partitionBy().size()) {
            return CompletableFuture.failedFuture(notFound());
        }
        return catalog.partitions(table).thenApply(all -> all.stream()
                .filter(p -> p.name().equals(name.get()))
                .map(Part::of)
                .toList());
    }

    /** The texts of a partition's values, of which its name is made. */
    static List<String> values(String name) {
        return List.of(name.split("\\$", -1));
    }

    static WeirException notFound() {
        return new WeirException(
                ErrorCode.PARTITION_NOT_FOUND,
                "The table has no partition of the name given; T/partitions lists those it has");
    }

    private static List<Part> chosen(
            TableInfo table, List<PartitionInfo> all, Optional<String> name, @Nullable Predicate where) {
        if (name.isPresent()) {
            return List.of(all.stream()
                    .filter(p -> p.name().equals(name.get()))
                    .findFirst()
                    .map(Part::of)
                    .orElseThrow(ReadPartitions::notFound));
        }
        return all.stream()
                .filter(p -> where == null || mayMatch(table, p, where))
                .map(Part::of)
                .toList();
    }

    /** A partition as a read names it; id 0 and no name for all of a table that has none. */
    record Part(long id, @Nullable String name) {
        static final Part WHOLE = new Part(0, null);

        /** Texts of the partition columns' values; none for all of a table without partitions. */
        List<String> values() {
            return name == null ? List.of() : ReadPartitions.values(name);
        }

        static Part of(PartitionInfo partition) {
            return new Part(partition.partitionId(), partition.name());
        }
    }

    /**
     * The buckets of these partitions, with the name of the partition of each.
     *
     * @throws WeirException INVALID_REQUEST where they are too many for one read
     */
    static SortedMap<BucketId, Part> buckets(TableInfo table, List<Part> parts, OptionalInt bucket) {
        long count = (long) parts.size() * (bucket.isPresent() ? 1 : table.buckets());
        if (count > BUCKETS_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "This would read " + count + " buckets in " + parts.size() + " partitions at once; at most "
                            + BUCKETS_MAX + " are. Choose fewer with 'where' over " + table.partitionBy()
                            + ", or one with 'partition'");
        }
        SortedMap<BucketId, Part> buckets = new TreeMap<>();
        for (Part part : parts) {
            int first = bucket.orElse(0);
            int end = bucket.isPresent() ? first + 1 : table.buckets();
            for (int b = first; b < end; b++) {
                buckets.put(new BucketId(table.tableId(), part.id(), b), part);
            }
        }
        return buckets;
    }

    /** False only where no row of the partition can pass: all of them have its values in the partition columns. */
    static boolean mayMatch(TableInfo table, PartitionInfo partition, Predicate where) {
        List<ColumnStatistics> columns = new ArrayList<>();
        for (Column column : table.schema().columns()) {
            int at = table.partitionBy().indexOf(column.name());
            Object value =
                    at < 0 ? null : value(column.type(), partition.values().get(at));
            // Of two rows, one null and one not: nothing is known of the other columns.
            columns.add(new ColumnStatistics(at < 0 ? 1 : 0, value, value, 0));
        }
        return where.mayMatch(table.schema(), new BatchStatistics(columns), 2);
    }

    /** The text as statistics hold a value of the type; null, which excludes nothing, for types and texts not known here. */
    private static @Nullable Object value(DataType type, String text) {
        try {
            if (type == DataType.Simple.STRING || type instanceof DataType.Char) {
                return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            }
            if (type instanceof DataType.Simple simple) {
                return switch (simple) {
                    case TINYINT, SMALLINT, INT, BIGINT -> Long.parseLong(text);
                    case DATE -> LocalDate.parse(text).toEpochDay();
                    default -> null;
                };
            }
            return null;
        } catch (NumberFormatException | DateTimeException e) {
            return null;
        }
    }
}
