package io.weir.actors.tiering;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.catalog.CatalogState;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.serialization.EventSerializer;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** The coordinator's rules with a state, a catalog and a clock, as its actor has them, and what it stored. */
final class TieringDesk {
    static final TieringSettings SETTINGS = TieringSettings.DEFAULT;

    private final ActorRef<Tiering.Orders> ordersTo =
            TestInbox.<Tiering.Orders>create().getRef();
    private final ActorRef<Tiering.RoundNoted> notedTo =
            TestInbox.<Tiering.RoundNoted>create().getRef();
    private final EventSerializer serializer = new EventSerializer();
    private final Comparator<TieredTable> order;
    private final Map<String, Long> sequences = new HashMap<>();
    private final TreeMap<Long, TableInfo> tables = new TreeMap<>();
    private final TreeMap<Long, List<PartitionInfo>> partitions = new TreeMap<>();
    private long lastTableId;
    private long catalogVersion;

    final List<TieringEvent> events = new ArrayList<>();
    TieringRules rules;
    TieringState state = TieringState.EMPTY;
    long nowMs = 1_700_000_000_000L;

    TieringDesk() {
        this(TieringQueue.BY_DEADLINE);
    }

    TieringDesk(Comparator<TieredTable> order) {
        this.order = order;
        this.rules = new TieringRules(SETTINGS, nowMs, order);
    }

    /** The coordinator starts again, from its events, or from a snapshot and the events since. */
    void restart(boolean fromSnapshot) throws Exception {
        TieringState recovered = TieringState.EMPTY;
        int from = 0;
        if (fromSnapshot) {
            from = events.size() / 2;
            for (TieringEvent event : events.subList(0, from)) {
                recovered = recovered.with(event);
            }
            recovered = TieringState.of((TieringState.Snapshot) stored(recovered.snapshot()));
        }
        for (TieringEvent event : events.subList(from, events.size())) {
            recovered = recovered.with((TieringEvent) stored(event));
        }
        assertThat(recovered).isEqualTo(state);
        state = recovered;
        rules = new TieringRules(SETTINGS, nowMs, order);
    }

    private Object stored(Object value) throws Exception {
        return serializer.fromBinary(serializer.toBinary(value), serializer.manifest(value));
    }

    <R> @Nullable R apply(TieringDecision<R> decision) {
        for (TieringEvent event : decision.events()) {
            state = state.with(event);
            events.add(event);
        }
        return decision.reply();
    }

    /** Virtual time passes, with a tick each second. */
    void pass(long ms) {
        long end = nowMs + ms;
        while (nowMs < end) {
            nowMs = Math.min(end, nowMs + 1000);
            tick();
        }
    }

    void tick() {
        apply(rules.catalog().changed(state, catalog(), nowMs));
        apply(rules.tick(state, nowMs));
    }

    private CatalogState catalog() {
        return CatalogState.of(new CatalogState.Snapshot(
                lastTableId,
                List.of("db"),
                List.copyOf(tables.values()),
                partitions.values().stream()
                        .flatMap(List::stream)
                        .mapToLong(PartitionInfo::partitionId)
                        .max()
                        .orElse(0),
                partitions.entrySet().stream()
                        .map(entry -> new CatalogState.PartitionsOfTable(entry.getKey(), entry.getValue()))
                        .toList(),
                "",
                catalogVersion));
    }

    /** Creates a table that goes to the lake. */
    long create(String freshness, String... more) {
        long id = lastTableId + 1;
        Map<String, String> properties =
                new HashMap<>(Map.of("datalake.enabled", "true", "datalake.freshness", freshness));
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        put(id, properties);
        return id;
    }

    void put(long id, Map<String, String> properties) {
        lastTableId = Math.max(lastTableId, id);
        catalogVersion++;
        tables.put(
                id,
                new TableInfo(
                        id,
                        "db",
                        "t" + id,
                        List.of(new TableSchema(1, List.of(new Column(1, "day", DataType.Simple.STRING, false)))),
                        List.of(),
                        List.of(),
                        List.of("day"),
                        1,
                        properties,
                        Instant.EPOCH));
        tick();
    }

    void partitions(long id, Long... partitionIds) {
        partitions.put(
                id,
                List.of(partitionIds).stream()
                        .map(partition -> new PartitionInfo(
                                partition, "d" + partition, List.of("d" + partition), Instant.EPOCH))
                        .toList());
        catalogVersion++;
        tick();
    }

    void set(long id, String property, String value) {
        Map<String, String> properties =
                new HashMap<>(tables.getOrDefault(id, tables.get(id)).properties());
        properties.put(property, value);
        put(id, properties);
    }

    void drop(long id) {
        tables.remove(id);
        partitions.remove(id);
        catalogVersion++;
        tick();
    }

    TieredTable table(long id) {
        return state.table(id).orElseThrow();
    }

    Tiering.State stateOf(long id) {
        return table(id).place().state();
    }

    static Tiering.Worker worker(String name) {
        return new Tiering.Worker(name, "host-" + name, "");
    }

    static Tiering.Work reading(Tiering.Attempt attempt) {
        return new Tiering.Work(attempt, Tiering.Phase.READING, 1, 2);
    }

    Tiering.Orders beat(Tiering.Worker worker, int free, Tiering.Attempt... working) {
        return beat(
                worker,
                free,
                List.of(working).stream().map(TieringDesk::reading).toList());
    }

    Tiering.Orders beat(Tiering.Worker worker, int free, List<Tiering.Work> working) {
        return Optional.ofNullable(beat(worker, sequences.merge(worker.id(), 1L, Long::sum), free, working))
                .orElseThrow();
    }

    Tiering.@Nullable Orders beat(Tiering.Worker worker, long sequence, int free, List<Tiering.Work> working) {
        return apply(
                rules.heartbeat(state, new Tiering.Heartbeat(worker, sequence, free, working, ordersTo), nowMs));
    }

    /** The only assignment of a heartbeat. */
    Tiering.Assignment take(Tiering.Worker worker) {
        List<Tiering.Assignment> start = beat(worker, 1).start();
        assertThat(start).hasSize(1);
        return start.get(0);
    }

    boolean end(Tiering.Worker worker, Tiering.Attempt attempt, Tiering.Outcome outcome) {
        Tiering.RoundNoted noted = Optional.ofNullable(apply(rules.roundEnded(
                        state, new Tiering.RoundEnded(worker.id(), attempt, outcome, notedTo), nowMs)))
                .orElseThrow();
        assertThat(noted.attempt()).isEqualTo(attempt);
        return !noted.stale();
    }

    Tiering.Finished finished(boolean complete, Map<String, Long> offsets) {
        return new Tiering.Finished(nowMs, complete, offsets, 10, 100, 1000, 5, 6, 7);
    }

    Tiering.Finished finished() {
        return finished(true, Map.of());
    }

    /** Every table at once: what holds after each step. */
    void check() {
        for (TieredTable table : state.tables()) {
            boolean underWay = table.attempts().underWay() != null;
            assertThat(underWay).isEqualTo(table.place().state() == Tiering.State.TIERING);
            assertThat(table.isPending()).isEqualTo(table.place().pendingMs() > 0);
            if (!table.switches().enabled() || table.switches().quarantined()) {
                assertThat(underWay || table.isPending()).isFalse();
            }
            if (table.switches().paused()) {
                assertThat(table.isPending()).isFalse();
            }
        }
    }
}
