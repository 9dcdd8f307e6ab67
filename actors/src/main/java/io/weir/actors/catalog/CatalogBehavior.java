package io.weir.actors.catalog;

import io.weir.actors.catalog.CatalogEvent.DatabaseCreated;
import io.weir.actors.catalog.CatalogEvent.DatabaseDropped;
import io.weir.actors.catalog.CatalogEvent.TableAltered;
import io.weir.actors.catalog.CatalogEvent.TableCreated;
import io.weir.actors.catalog.CatalogEvent.TableDropped;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/**
 * The catalog's actor: checks a command against {@link TableRules} and the state, stores one event, answers. Events are never
 * deleted; snapshots only make its start short.
 */
public final class CatalogBehavior
        extends EventSourcedBehaviorWithEnforcedReplies<Catalog.Command, CatalogEvent, CatalogState> {
    public static final PersistenceId PERSISTENCE_ID = PersistenceId.ofUniqueId("catalog");
    private static final int EVENTS_PER_SNAPSHOT = 100;

    private final Clock clock;
    private final CatalogMirror mirror; // spine: published nowhere yet

    private CatalogBehavior(Clock clock, CatalogMirror mirror) {
        super(
                PERSISTENCE_ID,
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.2));
        this.clock = clock;
        this.mirror = mirror;
    }

    /** @param mirror shows the state to readers on this node while the catalog runs here */
    public static Behavior<Catalog.Command> create(Clock clock, CatalogMirror mirror) {
        mirror.clear();
        return new CatalogBehavior(clock, mirror);
    }

    @Override
    public CatalogState emptyState() {
        return CatalogState.EMPTY;
    }

    @Override
    public EventHandler<CatalogState, CatalogEvent> eventHandler() {
        return (state, event) -> {
            CatalogState after = state.apply(event);
            mirror.publish(after); // spine: too early, the event may not be stored; and not cleared at the end
            return after;
        };
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
                        (state, c) -> answer(c.replyTo(), () -> state.table(c.tableId())
                                .<Catalog.Reply>map(Catalog.Table::new)
                                .orElseThrow(() -> notFound("there is no table with id " + c.tableId()))))
                .onCommand(
                        Catalog.ListTableIds.class,
                        (state, c) -> answer(
                                c.replyTo(),
                                () -> new Catalog.TableIds(
                                        state.tableIds(), state.lastTableId(), java.util.Set.of(), 0)))
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
            TableInfo table = TableRules.create(
                    state.lastTableId() + 1,
                    c.database(),
                    definition,
                    Instant.now(clock).truncatedTo(ChronoUnit.MILLIS));
            return new Decision(List.of(new TableCreated(table, createsDatabase)), new Catalog.Table(table));
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
            List<CatalogEvent> events = after.equals(before) ? List.of() : List.of(new TableAltered(after));
            return new Decision(events, new Catalog.Table(after));
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
                : Effect().persist(decided.events()).thenReply(replyTo, state -> decided.reply());
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

    private static WeirException notFound(String detail) {
        return new WeirException(ErrorCode.TABLE_NOT_FOUND, detail);
    }
}
