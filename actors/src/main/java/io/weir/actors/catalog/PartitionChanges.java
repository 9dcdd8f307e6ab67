package io.weir.actors.catalog;

import io.weir.actors.catalog.CatalogEvent.PartitionsCreated;
import io.weir.actors.catalog.CatalogEvent.PartitionsDropped;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which events make the partitions of a table what is asked. Plain functions of the state and the time. */
final class PartitionChanges {
    static final int PARTITIONS_MAX = 10_000;

    private final CatalogState state;
    private final TableInfo table;
    private final Instant now;
    private final Optional<AutoPartition> rule;

    /** Computed when first needed. */
    private @Nullable String oldestKept;

    /** @param now of whole milliseconds */
    PartitionChanges(CatalogState state, TableInfo table, Instant now) {
        this.state = state;
        this.table = table;
        this.now = now;
        this.rule = TableProperties.from(table.properties()).autoPartition();
    }

    /** @throws WeirException INVALID_REQUEST, PARTITION_EXISTS */
    PartitionsCreated create(List<String> values) {
        PartitionValues.check(table, values);
        String name = PartitionInfo.name(values);
        if (partitions().find(name).isPresent()) {
            throw new WeirException(
                    ErrorCode.PARTITION_EXISTS,
                    "partition '%s' exists already in table '%s'".formatted(name, table.name()));
        }
        checkRule(name);
        return created(List.of(values));
    }

    /** @throws WeirException PARTITION_NOT_FOUND */
    PartitionsDropped drop(String name) {
        return partitions()
                .find(name)
                .map(partition -> new PartitionsDropped(table.tableId(), List.of(partition.partitionId())))
                .orElseThrow(() -> new WeirException(
                        ErrorCode.PARTITION_NOT_FOUND,
                        "there is no partition '%s' in table '%s'"
                                .formatted(
                                        name.length() <= 128 ? name : name.substring(0, 128) + "...", table.name())));
    }

    /**
     * What creates those that are missing; nothing where none is.
     *
     * @throws WeirException INVALID_REQUEST; then none is to be created
     */
    Optional<PartitionsCreated> ensure(List<List<String>> wanted) {
        if (wanted.size() > PARTITIONS_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "%d partitions at once are more than a table can have, %d; write fewer in one request"
                            .formatted(wanted.size(), PARTITIONS_MAX));
        }
        Map<String, List<String>> missing = new LinkedHashMap<>();
        for (List<String> values : wanted) {
            String name = PartitionInfo.name(values);
            boolean exists = partitions()
                    .find(name)
                    .filter(partition -> partition.values().equals(values))
                    .isPresent();
            if (!exists) {
                PartitionValues.check(table, values);
                checkRule(name);
                missing.put(name, values);
            } else {
                checkAge(name);
            }
        }
        return missing.isEmpty() ? Optional.empty() : Optional.of(created(List.copyOf(missing.values())));
    }

    /**
     * What the table's rule asks for now, as far as there is room; nothing where it has none or all is as it asks.
     *
     * @param settled as {@link LakeRounds#settled}
     */
    List<CatalogEvent> byRule(Instant settled) {
        if (rule.isEmpty()) {
            return List.of();
        }
        AutoPartitions.Plan plan = AutoPartitions.plan(rule.get(), partitions(), now, settled);
        List<CatalogEvent> events = new ArrayList<>();
        if (!plan.drop().isEmpty()) {
            events.add(new PartitionsDropped(
                    table.tableId(),
                    plan.drop().stream().map(PartitionInfo::partitionId).toList()));
        }
        int room = PARTITIONS_MAX - partitions().size() + plan.drop().size();
        List<List<String>> values =
                plan.create().stream().limit(Math.max(0, room)).map(List::of).toList();
        if (!values.isEmpty()) {
            events.add(numbered(values));
        }
        return events;
    }

    private TablePartitions partitions() {
        return state.partitionsOf(table.tableId());
    }

    private PartitionsCreated created(List<List<String>> values) {
        int count = partitions().size();
        if (count + values.size() > PARTITIONS_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "table '%s' has %d partitions and would get %d more, but %d is the most; drop some, or partition by something coarser"
                            .formatted(table.name(), count, values.size(), PARTITIONS_MAX));
        }
        return numbered(values);
    }

    private PartitionsCreated numbered(List<List<String>> values) {
        List<PartitionInfo> partitions = new ArrayList<>();
        for (List<String> each : values) {
            partitions.add(new PartitionInfo(
                    state.lastPartitionId() + 1 + partitions.size(), PartitionInfo.name(each), each, now));
        }
        return new PartitionsCreated(table.tableId(), partitions);
    }

    private void checkRule(String name) {
        if (rule.isPresent() && !AutoPartitions.isOfForm(rule.get(), name)) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "partition value '%s' is not a time in the form that unit %s of the table's auto-partition rule has, such as %s"
                            .formatted(
                                    name,
                                    PropertyRules.text(rule.get().unit()),
                                    AutoPartitions.valueAt(rule.get(), now)));
        }
        checkAge(name);
    }

    private void checkAge(String name) {
        if (rule.isEmpty() || rule.get().retention() == 0 || !AutoPartitions.isOfForm(rule.get(), name)) {
            return;
        }
        String oldest = oldestKept;
        if (oldest == null) {
            oldest = AutoPartitions.oldestKept(rule.get(), now);
            oldestKept = oldest;
        }
        if (name.compareTo(oldest) < 0) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "partition '%s' is older than 'partition.auto.retention' keeps; the oldest that takes rows is '%s'"
                            .formatted(name, oldest));
        }
    }
}
