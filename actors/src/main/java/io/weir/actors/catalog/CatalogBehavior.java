package io.weir.actors.catalog;

import io.weir.actors.catalog.CatalogEvent.CatalogRestored;
import io.weir.actors.catalog.CatalogEvent.ClusterNamed;
import io.weir.actors.catalog.CatalogEvent.DatabaseCreated;
import io.weir.actors.catalog.CatalogEvent.DatabaseDropped;
import io.weir.actors.catalog.CatalogEvent.PartitionsCreated;
import io.weir.actors.catalog.CatalogEvent.TableAltered;
import io.weir.actors.catalog.CatalogEvent.TableCreated;
import io.weir.actors.catalog.CatalogEvent.TableDropped;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalog's actor: checks a command against {@link TableRules} and the state, stores one event, answers. Events are never
 * deleted; snapshots only make its start short.
 */
public final class CatalogBehavior
        extends EventSourcedBehaviorWithEnforcedReplies<Catalog.Command, CatalogEvent, CatalogState> {
    public static final PersistenceId PERSISTENCE_ID = PersistenceId.ofUniqueId("catalog");
    private static final int EVENTS_PER_SNAPSHOT = 100;
    private static final Duration AUTO_PARTITION_INTERVAL = Duration.ofMinutes(1);

    /** Most tables whose partitions change in one step, so that questions get their turn in between. */
    private static final int AUTO_PARTITION_TABLES = 100;

    private static final Logger LOG = LoggerFactory.getLogger(CatalogBehavior.class);

    private final Clock clock;
    private final CatalogMirror mirror;
    private final LakeRounds lakeRounds;
    private final TimerScheduler<Catalog.Command> timers;
    private final ActorRef<Catalog.Command> self;

    private CatalogBehavior(
            Clock clock,
            CatalogMirror mirror,
            LakeRounds lakeRounds,
            TimerScheduler<Catalog.Command> timers,
            ActorRef<Catalog.Command> self) {
        super(
                PERSISTENCE_ID,
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.2));
        this.clock = clock;
        this.mirror = mirror;
        this.lakeRounds = lakeRounds;
        this.timers = timers;
        this.self = self;
    }

    /** Where no table was ever tiered. */
    public static Behavior<Catalog.Command> create(Clock clock, CatalogMirror mirror) {
        return create(clock, mirror, tableId -> 0);
    }

    /**
     * @param mirror shows the state to readers on this node while the catalog runs here
     * @param plannedMs of a table's id: when the last tiering round was planned that took all there was, ms; 0 where there was none, or
     *     while it is not known. Asked by the actor, so it must not block
     */
    public static Behavior<Catalog.Command> create(Clock clock, CatalogMirror mirror, LongUnaryOperator plannedMs) {
        return Behaviors.setup(context -> {
            mirror.clear();
            return Behaviors.withTimers(
                    timers -> new CatalogBehavior(clock, mirror, new LakeRounds(plannedMs), timers, context.getSelf()));
        });
    }

    @Override
    public CatalogState emptyState() {
        return CatalogState.EMPTY;
    }

    @Override
    public EventHandler<CatalogState, CatalogEvent> eventHandler() {
        return CatalogState::apply;
    }

    @Override
    public SignalHandler<CatalogState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), state -> {
                    mirror.publish(state);
                    lakeRounds.start(now());
                    timers.startTimerWithFixedDelay(
                            Catalog.ApplyAutoPartitions.INSTANCE,
                            Catalog.ApplyAutoPartitions.INSTANCE,
                            Duration.ZERO,
                            AUTO_PARTITION_INTERVAL);
                })
                .onSignal(PreRestart.instance(), state -> mirror.clear())
                .onSignal(PostStop.instance(), state -> mirror.clear())
                .build();
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, 2);
    }

    @Override
    public SnapshotAdapter<CatalogState> snapshotAdapter() {
        return new SnapshotAdapter<>() {
            @Override
            public Object toJournal(CatalogState state) {
                return state.snapshot();
            }

            @Override
            public CatalogState fromJournal(Object stored) {
                return CatalogState.of((CatalogState.Snapshot) stored);
            }
        };
    }

    @Override
    public CommandHandlerWithReply<Catalog.Command, CatalogEvent, CatalogState> commandHandler() {
        return newCommandHandlerWithReplyBuilder()
                .forAnyState()
                .onCommand(Catalog.CreateDatabase.class, this::onCreateDatabase)
                .onCommand(Catalog.DropDatabase.class, this::onDropDatabase)
                .onCommand(Catalog.CreateTable.class, this::onCreateTable)
                .onCommand(Catalog.DropTable.class, this::onDropTable)
                .onCommand(Catalog.AlterTable.class, this::onAlterTable)
                .onCommand(
                        Catalog.ListDatabases.class,
                        (state, c) -> answer(c.replyTo(), () -> new Catalog.Databases(state.databaseNames())))
                .onCommand(
                        Catalog.GetDatabase.class,
                        (state, c) -> answer(c.replyTo(), () -> {
                            requireDatabase(state, c.database());
                            return new Catalog.Done();
                        }))
                .onCommand(
                        Catalog.ListTables.class,
                        (state, c) -> answer(c.replyTo(), () -> {
                            requireDatabase(state, c.database());
                            return new Catalog.Tables(state.tableNames(c.database()));
                        }))
                .onCommand(
                        Catalog.GetTable.class,
                        (state, c) -> answer(
                                c.replyTo(), () -> new Catalog.Table(requireTable(state, c.database(), c.table()))))
                .onCommand(
                        Catalog.GetTableById.class,
                        (state, c) -> answer(c.replyTo(), () -> {
                            TableInfo table = requireTable(state, c.tableId());
                            if (c.partitionId() != 0) {
                                requirePartition(state, c.tableId(), c.partitionId());
                            }
                            return new Catalog.Table(table);
                        }))
                .onCommand(
                        Catalog.ListPartitions.class,
                        (state, c) -> answer(
                                c.replyTo(),
                                () -> new Catalog.Partitions(
                                        state.partitions(requireTable(state, c.database(), c.table())
                                                .tableId()))))
                .onCommand(Catalog.CreatePartition.class, this::onCreatePartition)
                .onCommand(Catalog.DropPartition.class, this::onDropPartition)
                .onCommand(Catalog.EnsurePartitions.class, this::onEnsurePartitions)
                .onCommand(Catalog.ApplyAutoPartitions.class, (state, c) -> onApplyAutoPartitions(state))
                .onCommand(Catalog.GetClusterName.class, (state, c) -> Effect()
                        .reply(c.replyTo(), new Catalog.ClusterName(state.clusterId())))
                .onCommand(Catalog.NameCluster.class, this::onNameCluster)
                .onCommand(Catalog.Restore.class, this::onRestore)
                .onCommand(
                        Catalog.ListTableIds.class,
                        (state, c) -> answer(
                                c.replyTo(),
                                () -> new Catalog.TableIds(
                                        state.tableIds(),
                                        state.lastTableId(),
                                        state.partitionIds(),
                                        state.lastPartitionId())))
                .build();
    }

    private ReplyEffect<CatalogEvent, CatalogState> onCreateDatabase(CatalogState state, Catalog.CreateDatabase c) {
        return decide(c.replyTo(), () -> {
            TableRules.checkName("database", c.database());
            if (state.hasDatabase(c.database())) {
                throw new WeirException(ErrorCode.DATABASE_EXISTS, "database '" + c.database() + "' exists already");
            }
            return new Decision(List.of(new DatabaseCreated(c.database())), new Catalog.Done());
        });
    }

    private ReplyEffect<CatalogEvent, CatalogState> onDropDatabase(CatalogState state, Catalog.DropDatabase c) {
        return decide(c.replyTo(), () -> {
            requireDatabase(state, c.database());
            int tables = state.tableNames(c.database()).size();
            if (tables > 0 && !c.cascade()) {
                throw new WeirException(
                        ErrorCode.DATABASE_NOT_EMPTY,
                        "database '%s' holds %d tables; drop them first, or drop with cascade"
                                .formatted(c.database(), tables));
            }
            return new Decision(List.of(new DatabaseDropped(c.database())), new Catalog.Done());
        });
    }

    private ReplyEffect<CatalogEvent, CatalogState> onCreateTable(CatalogState state, Catalog.CreateTable c) {
        return decide(c.replyTo(), () -> {
            TableRules.checkName("database", c.database());
            boolean createsDatabase = !state.hasDatabase(c.database()) && c.createDatabase();
            if (!createsDatabase) {
                requireDatabase(state, c.database());
            }
            Catalog.TableDefinition definition = c.definition();
            if (state.table(c.database(), definition.name()).isPresent()) {
                throw new WeirException(
                        ErrorCode.TABLE_EXISTS,
                        "table '%s' exists already in database '%s'".formatted(definition.name(), c.database()));
            }
            TableInfo table = TableRules.create(state.lastTableId() + 1, c.database(), definition, now());
            return new Decision(
                    withPartitionsByRule(state, new TableCreated(table, createsDatabase), table),
                    new Catalog.Table(table));
        });
    }

    private ReplyEffect<CatalogEvent, CatalogState> onDropTable(CatalogState state, Catalog.DropTable c) {
        return decide(c.replyTo(), () -> {
            TableInfo table = requireTable(state, c.database(), c.table());
            return new Decision(
                    List.of(new TableDropped(c.database(), c.table(), table.tableId())), new Catalog.Done());
        });
    }

    private ReplyEffect<CatalogEvent, CatalogState> onAlterTable(CatalogState state, Catalog.AlterTable c) {
        return decide(c.replyTo(), () -> {
            TableInfo before = requireTable(state, c.database(), c.table());
            TableInfo after = TableRules.change(before, c.change());
            lakeRounds.change(after, now());
            List<CatalogEvent> events =
                    after.equals(before) ? List.of() : withPartitionsByRule(state, new TableAltered(after), after);
            return new Decision(events, new Catalog.Table(after));
        });
    }

    private List<CatalogEvent> withPartitionsByRule(CatalogState state, CatalogEvent event, TableInfo table) {
        List<CatalogEvent> events = new ArrayList<>(List.of(event));
        events.addAll(byRule(state, table));
        return events;
    }

    private List<CatalogEvent> byRule(CatalogState state, TableInfo table) {
        Instant now = now();
        return new PartitionChanges(state, table, now).byRule(lakeRounds.settled(table, now));
    }

    private ReplyEffect<CatalogEvent, CatalogState> onCreatePartition(CatalogState state, Catalog.CreatePartition c) {
        return decide(c.replyTo(), () -> {
            TableInfo table = requireTable(state, c.database(), c.table());
            PartitionsCreated created = new PartitionChanges(state, table, now()).create(c.values());
            return new Decision(
                    List.of(created), new Catalog.Partition(created.partitions().get(0)));
        });
    }

    private ReplyEffect<CatalogEvent, CatalogState> onDropPartition(CatalogState state, Catalog.DropPartition c) {
        return decide(c.replyTo(), () -> {
            TableInfo table = requireTable(state, c.database(), c.table());
            return new Decision(
                    List.of(new PartitionChanges(state, table, now()).drop(c.partition())), new Catalog.Done());
        });
    }

    private ReplyEffect<CatalogEvent, CatalogState> onEnsurePartitions(CatalogState state, Catalog.EnsurePartitions c) {
        return decide(c.replyTo(), () -> {
            TableInfo table = requireTable(state, c.tableId());
            Optional<PartitionsCreated> created = new PartitionChanges(state, table, now()).ensure(c.values());
            CatalogState after = created.map(state::apply).orElse(state);
            List<PartitionInfo> found = c.values().stream()
                    .map(values -> after.partition(c.tableId(), PartitionInfo.name(values))
                            .orElseThrow())
                    .toList();
            return new Decision(
                    created.<List<CatalogEvent>>map(List::of).orElse(List.of()), new Catalog.Partitions(found));
        });
    }

    private ReplyEffect<CatalogEvent, CatalogState> onApplyAutoPartitions(CatalogState state) {
        List<CatalogEvent> events = new ArrayList<>();
        lakeRounds.retain(state.autoPartitioned());
        CatalogState after = state;
        int tables = 0;
        for (Long id : state.autoPartitioned()) {
            TableInfo table = requireTable(state, id);
            List<CatalogEvent> ofTable = byRule(after, table);
            for (CatalogEvent event : ofTable) {
                if (event instanceof CatalogEvent.PartitionsDropped) {
                    LOG.info("retention of table {}.{}: {}", table.database(), table.name(), event);
                }
                after = after.apply(event);
            }
            events.addAll(ofTable);
            tables += ofTable.isEmpty() ? 0 : 1;
            if (tables == AUTO_PARTITION_TABLES) {
                break;
            }
        }
        if (events.isEmpty()) {
            return Effect().noReply();
        }
        boolean more = tables == AUTO_PARTITION_TABLES;
        return Effect()
                .persist(events)
                .thenRun(mirror::publish)
                .thenRun(stored -> {
                    if (more) {
                        self.tell(Catalog.ApplyAutoPartitions.INSTANCE);
                    }
                })
                .thenNoReply();
    }

    private ReplyEffect<CatalogEvent, CatalogState> onNameCluster(CatalogState state, Catalog.NameCluster c) {
        return decide(c.replyTo(), () -> {
            if (!state.clusterId().isEmpty()) {
                return new Decision(List.of(), new Catalog.ClusterName(state.clusterId()));
            }
            TableRules.checkClusterId(c.proposed());
            return new Decision(List.of(new ClusterNamed(c.proposed())), new Catalog.ClusterName(c.proposed()));
        });
    }

    private ReplyEffect<CatalogEvent, CatalogState> onRestore(CatalogState state, Catalog.Restore c) {
        return decide(c.replyTo(), () -> {
            if (!state.isNew()) {
                throw new WeirException(
                        ErrorCode.INVALID_REQUEST,
                        "the journal holds a catalog already (cluster '%s', version %d); only an empty one can be restored"
                                .formatted(state.clusterId(), state.version()));
            }
            return new Decision(List.of(new CatalogRestored(c.snapshot())), new Catalog.Done());
        });
    }

    private record Decision(List<CatalogEvent> events, Catalog.Reply reply) {}

    private ReplyEffect<CatalogEvent, CatalogState> decide(
            ActorRef<Catalog.Reply> replyTo, Supplier<Decision> decision) {
        Decision decided;
        try {
            decided = decision.get();
        } catch (WeirException e) {
            return Effect().reply(replyTo, new Catalog.Refused(e.code(), e.detail()));
        }
        return decided.events().isEmpty()
                ? Effect().reply(replyTo, decided.reply())
                : Effect()
                        .persist(decided.events())
                        .thenRun(mirror::publish)
                        .thenReply(replyTo, state -> decided.reply());
    }

    private ReplyEffect<CatalogEvent, CatalogState> answer(
            ActorRef<Catalog.Reply> replyTo, Supplier<Catalog.Reply> reply) {
        return decide(replyTo, () -> new Decision(List.of(), reply.get()));
    }

    private static void requireDatabase(CatalogState state, String database) {
        if (!state.hasDatabase(database)) {
            throw new WeirException(
                    ErrorCode.DATABASE_NOT_FOUND, "there is no database '" + database + "'; create it first");
        }
    }

    private static TableInfo requireTable(CatalogState state, String database, String table) {
        requireDatabase(state, database);
        return state.table(database, table)
                .orElseThrow(() -> notFound("there is no table '%s' in database '%s'".formatted(table, database)));
    }

    private static TableInfo requireTable(CatalogState state, long tableId) {
        return state.table(tableId).orElseThrow(() -> notFound("there is no table with id " + tableId));
    }

    private static void requirePartition(CatalogState state, long tableId, long partitionId) {
        if (state.partition(tableId, partitionId).isEmpty()) {
            throw new WeirException(
                    ErrorCode.PARTITION_NOT_FOUND,
                    "there is no partition with id %d in table %d".formatted(partitionId, tableId));
        }
    }

    /** As exact as events keep it. */
    private Instant now() {
        return Instant.now(clock).truncatedTo(ChronoUnit.MILLIS);
    }

    private static WeirException notFound(String detail) {
        return new WeirException(ErrorCode.TABLE_NOT_FOUND, detail);
    }
}
