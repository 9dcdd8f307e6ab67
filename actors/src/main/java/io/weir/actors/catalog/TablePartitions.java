package io.weir.actors.catalog;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import scala.collection.Iterator;
import scala.collection.immutable.HashMap;
import scala.collection.immutable.HashMap$;
import scala.collection.immutable.TreeMap;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.OptionConverters;
import scala.math.Ordering$;

/** The partitions of one table at one moment. Immutable; a change shares all it can with what was before. */
final class TablePartitions {
    static final TablePartitions NONE = new TablePartitions(
            new TreeMap<>(Ordering$.MODULE$.comparatorToOrdering(Comparator.<String>naturalOrder())),
            HashMap$.MODULE$.empty());

    private final TreeMap<String, PartitionInfo> byName;
    private final HashMap<Long, PartitionInfo> byId;

    /** Made when first asked for; two who ask at once make the same. */
    private volatile @Nullable List<PartitionInfo> oldestFirst;

    private TablePartitions(TreeMap<String, PartitionInfo> byName, HashMap<Long, PartitionInfo> byId) {
        this.byName = byName;
        this.byId = byId;
    }

    TablePartitions with(PartitionInfo partition) {
        return new TablePartitions(
                byName.updated(partition.name(), partition), byId.updated(partition.partitionId(), partition));
    }

    TablePartitions without(long partitionId) {
        return find(partitionId)
                .map(gone -> new TablePartitions(byName.removed(gone.name()), byId.removed(partitionId)))
                .orElse(this);
    }

    int size() {
        return byId.size();
    }

    Optional<PartitionInfo> find(String name) {
        return OptionConverters.toJava(byName.get(name));
    }

    Optional<PartitionInfo> find(long partitionId) {
        return OptionConverters.toJava(byId.get(partitionId));
    }

    Set<Long> ids() {
        return CollectionConverters.asJava(byId).keySet();
    }

    List<PartitionInfo> oldestFirst() {
        List<PartitionInfo> sorted = oldestFirst;
        if (sorted == null) {
            sorted = CollectionConverters.asJava(byId).values().stream()
                    .sorted(Comparator.comparingLong(PartitionInfo::partitionId))
                    .toList();
            oldestFirst = sorted;
        }
        return sorted;
    }

    /** Those whose names sort before {@code name}; the work grows with how many these are, not with how many there are. */
    List<PartitionInfo> before(String name) {
        List<PartitionInfo> found = new ArrayList<>();
        Iterator<PartitionInfo> partitions = byName.valuesIterator();
        while (partitions.hasNext()) {
            PartitionInfo next = partitions.next();
            if (next.name().compareTo(name) >= 0) {
                break;
            }
            found.add(next);
        }
        return found;
    }
}
