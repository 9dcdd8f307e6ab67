package io.weir.http;

import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.actors.tiering.Tiering;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.TimeoutAccess;
import org.apache.pekko.pattern.Patterns;

/** {@code GET /v1/tiering}, and what a person may tell the coordinator about one table. */
final class TieringRoute {
    static final String STATUS = "/v1/tiering";
    private static final String TABLE = CatalogRoutes.TABLE + "/tiering:";

    /** How often the coordinator is asked while a request waits for a round. */
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);

    private final CatalogClient catalog;
    private final TieringClient tiering;
    private final ActorSystem<?> system;
    private final Clock clock;
    private final Duration requestTimeout;

    TieringRoute(
            CatalogClient catalog, TieringClient tiering, ActorSystem<?> system, Clock clock, Duration requestTimeout) {
        this.catalog = catalog;
        this.tiering = tiering;
        this.system = system;
        this.clock = clock;
        this.requestTimeout = requestTimeout;
    }

    List<Operation> operations() {
        return List.of(
                new Operation("GET", STATUS, Set.of(), this::status),
                new Operation("POST", TABLE + "trigger", Set.of("wait"), this::trigger),
                new Operation("POST", TABLE + "pause", Set.of(), exchange -> command(exchange, Tiering.Pause::new)),
                new Operation("POST", TABLE + "resume", Set.of(), exchange -> command(exchange, Tiering.Resume::new)));
    }

    private CompletionStage<HttpResponse> status(Exchange exchange) {
        return tiering.status().thenApply(status -> Json.response(StatusCodes.OK, TieringJson.status(status)));
    }

    private CompletionStage<HttpResponse> command(
            Exchange exchange, BiFunction<Long, ActorRef<Tiering.Reply>, Tiering.Command> command) {
        return table(exchange)
                .thenCompose(table -> tiering.command(replyTo -> command.apply(table.tableId(), replyTo)))
                .thenApply(table -> Json.response(StatusCodes.OK, TieringJson.table(table, clock.millis())));
    }

    private CompletionStage<TableInfo> table(Exchange exchange) {
        return catalog.table(exchange.database(), exchange.table()).thenApply(table -> {
            if (!TableProperties.from(table.properties()).lake().enabled()) {
                throw new WeirException(
                        ErrorCode.INVALID_REQUEST,
                        "The table does not go to the lake; set its property datalake.enabled to true with PATCH");
            }
            return table;
        });
    }

    private CompletionStage<HttpResponse> trigger(Exchange exchange) {
        Duration wait = LogQuery.wait(exchange.parameter("wait").orElse("0"));
        exchange.request().getHeader(TimeoutAccess.class).ifPresent(access -> access.timeoutAccess()
                .updateTimeout(requestTimeout.plus(wait)));
        Instant until = clock.instant().plus(wait);
        return table(exchange)
                .thenCompose(table -> tiering.status()
                        // Before the command, since times are those of the coordinator's clock.
                        .thenCompose(before -> tiering.command(replyTo -> new Tiering.Trigger(table.tableId(), replyTo))
                                .thenCompose(now -> wait.isZero()
                                        ? CompletableFuture.completedFuture(new Waited(now, false))
                                        : await(table.tableId(), before.nowMs(), now, until))))
                .thenApply(waited -> Json.response(
                        waited.through() ? StatusCodes.OK : StatusCodes.ACCEPTED,
                        TieringJson.table(waited.table(), clock.millis())));
    }

    private record Waited(Tiering.TableStatus table, boolean through) {}

    /**
     * Looks until a round that was planned after the command has all of it in the lake, time is up, or no round will be.
     *
     * @param at when the command was given
     * @param then the table as it was then; an attempt that was under way does not count
     */
    private CompletionStage<Waited> await(long tableId, long at, Tiering.TableStatus then, Instant until) {
        return Patterns.after(LOOK_EVERY, system.classicSystem(), tiering::status)
                .thenCompose(status -> {
                    Optional<Tiering.TableStatus> found = status.tables().stream()
                            .filter(table -> table.tableId() == tableId)
                            .findFirst();
                    Tiering.TableStatus table = found.orElseThrow(() -> new WeirException(
                            ErrorCode.TABLE_NOT_FOUND, "The table went, or does not go to the lake any more"));
                    boolean through = isThrough(table, at, then);
                    return through
                                    || table.quarantined()
                                    || table.paused()
                                    || clock.instant().isAfter(until)
                            ? CompletableFuture.completedFuture(new Waited(table, through))
                            : await(tableId, at, then, until);
                });
    }

    private static boolean isThrough(Tiering.TableStatus table, long at, Tiering.TableStatus then) {
        long ended = table.state() == Tiering.State.TIERING ? table.epoch() - 1 : table.epoch();
        return ended > then.epoch() && table.plannedMs() >= at;
    }
}
