package io.weir.http;

import static io.weir.http.ProblemAssert.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.weir.actors.tiering.Tiering;
import io.weir.actors.tiering.Tiering.Attempt;
import io.weir.actors.tiering.Tiering.Phase;
import io.weir.actors.tiering.Tiering.State;
import io.weir.actors.tiering.Tiering.TableStatus;
import io.weir.actors.tiering.Tiering.Work;
import io.weir.codec.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TieringRouteTest {
    private static final String TABLES = "/v1/databases/shop/tables";
    private static final long NOW = Instant.parse("2026-11-28T12:00:00Z").toEpochMilli();
    private static ServedStore store;
    private final List<Tiering.Command> told = new ArrayList<>();

    @BeforeAll
    static void start() {
        store = new ServedStore();
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @BeforeEach
    void create() {
        store.send("POST", "/v1/databases", "{\"name\":\"shop\"}");
        store.send("POST", TABLES, """
                {"name":"t","columns":[{"name":"a","type":"INT"}],"properties":{"datalake.enabled":"true"}}""");
        store.send("POST", TABLES, "{\"name\":\"hot\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}]}");
    }

    @AfterEach
    void drop() {
        store.cluster.tiering = command -> new Tiering.Refused(ErrorCode.NOT_SUPPORTED, "no lake here");
        store.delete("/v1/databases/shop?cascade=true");
    }

    private static TableStatus table(long id, String name, State state, long epoch, long plannedMs, String problem) {
        return new TableStatus(
                id,
                "shop",
                name,
                "",
                state,
                false,
                problem != null,
                epoch,
                Duration.ofMinutes(3),
                NOW + 5000,
                state == State.PENDING ? NOW - 2000 : 0,
                state == State.TIERING ? NOW - 1000 : 0,
                "w1",
                state == State.TIERING ? new Work(new Attempt(id, epoch), Phase.READING, 10, 40) : null,
                plannedMs,
                plannedMs == 0 ? 0 : plannedMs + 1500,
                plannedMs == 0 ? 0 : 1500,
                7,
                900,
                3,
                problem == null ? 0 : 5,
                problem,
                0,
                plannedMs == 0 ? -1 : 77,
                4,
                1234,
                Map.of(id + "-0", 12L));
    }

    private static Tiering.Status status(TableStatus... tables) {
        return new Tiering.Status(
                NOW,
                "Iceberg at /lake",
                List.of(tables),
                List.of(
                        new Tiering.WorkerStatus(
                                new Tiering.Worker("w1", "127.0.0.1:1", ""),
                                true,
                                NOW - 300,
                                1,
                                List.of(new Work(new Attempt(1, 4), Phase.COMMITTING, 40, 40))),
                        new Tiering.WorkerStatus(
                                new Tiering.Worker("w2", "127.0.0.1:2", "big"), false, NOW - 300_000, 0, List.of())),
                List.of(2L, 99L));
    }

    private void answer(java.util.function.Function<Tiering.Command, Tiering.Reply> answers) {
        store.cluster.tiering = command -> {
            synchronized (told) {
                told.add(command);
            }
            return answers.apply(command);
        };
    }

    @Test
    void theStatusNamesTablesWorkersAndTheQueue() {
        answer(command -> status(
                table(1, "t", State.TIERING, 4, NOW - 60_000, null),
                table(2, "u", State.PENDING, 0, 0, null),
                table(3, "v", State.FAILED, 9, NOW - 60_000, "the lake is away")));
        HttpResponse<String> answer = store.get("/v1/tiering");
        assertThat(answer.statusCode()).isEqualTo(200);
        JsonNode json = ServedStore.json(answer);
        assertThat(json.get("now").asText()).isEqualTo("2026-11-28T12:00:00Z");
        assertThat(json.get("lake").asText()).isEqualTo("Iceberg at /lake");
        assertThat(json.get("workers_alive").asInt()).isEqualTo(1);
        assertThat(json.get("workers_expected").asInt()).isEqualTo(2);
        assertThat(json.get("queue").toString()).isEqualTo("[\"shop.u\",\"#99\"]");
        JsonNode first = json.at("/tables/0");
        assertThat(first.get("state").asText()).isEqualTo("TIERING");
        assertThat(first.get("lag_ms").asLong()).isEqualTo(60_000);
        assertThat(first.get("freshness_ms").asLong()).isEqualTo(180_000);
        assertThat(first.get("last_duration_ms").asLong()).isEqualTo(1500);
        assertThat(first.get("work").toString())
                .isEqualTo("{\"epoch\":4,\"phase\":\"reading\",\"rows\":10,\"rows_planned\":40}");
        assertThat(first.get("lake_offsets").toString()).isEqualTo("{\"1-0\":12}");
        JsonNode second = json.at("/tables/1");
        assertThat(second.get("pending_ms").asLong()).isEqualTo(2000);
        assertThat(second.get("lag_ms").isNull()).isTrue();
        assertThat(second.get("lake_snapshot").isNull()).isTrue();
        assertThat(json.at("/tables/2/problem").asText()).isEqualTo("the lake is away");
        assertThat(json.at("/workers/0/working_on/0/table").asText()).isEqualTo("shop.t");
        assertThat(json.at("/workers/1/alive").asBoolean()).isFalse();
        JsonNode documented =
                ServedStore.json(store.get("/openapi.json")).at("/components/schemas/TableTiering/properties");
        assertThat(first.fieldNames()).toIterable().containsExactlyElementsOf(documented::fieldNames);
    }

    @Test
    void aTriggerIsTakenAtOnceAndPauseAndResumeAnswerTheTable() {
        answer(command -> command instanceof Tiering.GetStatus
                ? status()
                : new Tiering.Done(table(1, "t", State.PENDING, 4, 0, null)));
        HttpResponse<String> triggered = store.send("POST", TABLES + "/t/tiering:trigger", "");
        assertThat(triggered.statusCode()).as(triggered.body()).isEqualTo(202);
        assertThat(ServedStore.json(triggered).get("state").asText()).isEqualTo("PENDING");
        assertThat(store.send("POST", TABLES + "/t/tiering:pause", "").statusCode())
                .isEqualTo(200);
        assertThat(store.send("POST", TABLES + "/t/tiering:resume", "").statusCode())
                .isEqualTo(200);
        assertThat(told.stream().map(command -> command.getClass().getSimpleName()))
                .containsExactly("GetStatus", "Trigger", "Pause", "Resume");
    }

    @Test
    void aTriggerThatWaitsAnswersWhenARoundPlannedAfterItIsThrough() {
        AtomicReference<List<TableStatus>> later = new AtomicReference<>(List.of(
                // What was under way goes on and ends, the next one ends early, and the one after it is whole.
                table(1, "t", State.TIERING, 4, NOW - 9000, null),
                table(1, "t", State.TIERING, 5, NOW - 500, null),
                table(1, "t", State.SCHEDULED, 5, NOW - 500, null),
                table(1, "t", State.TIERING, 6, NOW - 500, null),
                table(1, "t", State.SCHEDULED, 6, NOW + 10, null)));
        answer(command -> {
            if (command instanceof Tiering.Trigger) {
                return new Tiering.Done(table(1, "t", State.TIERING, 4, NOW - 9000, null));
            }
            long looks =
                    told.stream().filter(t -> t instanceof Tiering.GetStatus).count();
            return status(realId(later.get().get((int) Math.max(0, Math.min(looks - 2, 4)))));
        });
        HttpResponse<String> triggered = store.send("POST", TABLES + "/t/tiering:trigger?wait=30s", "");
        assertThat(triggered.statusCode()).as(triggered.body()).isEqualTo(200);
        assertThat(ServedStore.json(triggered).get("epoch").asLong()).isEqualTo(6);
    }

    /** The table as the catalog numbers it. */
    private TableStatus realId(TableStatus table) {
        long id = told.stream()
                .filter(command -> command instanceof Tiering.Trigger)
                .map(command -> ((Tiering.Trigger) command).tableId())
                .findFirst()
                .orElse(1L);
        return table(id, table.name(), table.state(), table.epoch(), table.plannedMs(), table.problem());
    }

    @Test
    void aWaitEndsWithItsTimeOrWithQuarantine() {
        answer(command -> command instanceof Tiering.Trigger
                ? new Tiering.Done(table(1, "t", State.PENDING, 4, 0, null))
                : status(realId(table(1, "t", State.PENDING, 4, 0, null))));
        assertThat(store.send("POST", TABLES + "/t/tiering:trigger?wait=400ms", "")
                        .statusCode())
                .isEqualTo(202);
        answer(command -> command instanceof Tiering.Trigger
                ? new Tiering.Done(table(1, "t", State.PENDING, 4, 0, null))
                : status(realId(table(1, "t", State.FAILED, 5, 0, "no room"))));
        HttpResponse<String> given = store.send("POST", TABLES + "/t/tiering:trigger?wait=60s", "");
        assertThat(given.statusCode()).isEqualTo(202);
        assertThat(ServedStore.json(given).get("problem").asText()).isEqualTo("no room");
        assertProblem(store.send("POST", TABLES + "/t/tiering:trigger?wait=61s", ""), ErrorCode.INVALID_REQUEST);
    }

    @Test
    void whatCannotBeIsRefused() {
        assertProblem(store.get("/v1/tiering"), ErrorCode.NOT_SUPPORTED);
        assertProblem(store.send("POST", TABLES + "/hot/tiering:trigger", ""), ErrorCode.INVALID_REQUEST);
        assertProblem(store.send("POST", TABLES + "/none/tiering:pause", ""), ErrorCode.TABLE_NOT_FOUND);
        assertProblem(store.send("POST", TABLES + "/t/tiering:resume", ""), ErrorCode.NOT_SUPPORTED);
    }

    @Test
    void theLandingPageShowsTheLakeAndEscapesWhatItSays() {
        answer(command -> status(
                table(1, "t", State.TIERING, 4, NOW - 60_000, null),
                table(3, "v", State.FAILED, 9, NOW - 60_000, "<script>alert(1)</script>")));
        String page = store.get("/").body();
        assertThat(page).contains("Iceberg at /lake", "shop.t", "60.0 s", "1,234", "in quarantine");
        assertThat(page).contains("&lt;script&gt;").doesNotContain("<script>").endsWith("</html>\n");
        answer(command -> new Tiering.Refused(ErrorCode.NOT_SUPPORTED, "none"));
        assertThat(store.get("/").body()).doesNotContain("Lake").endsWith("</html>\n");
    }

    @Test
    void theMetricsAreThereWhereTheCoordinatorIs() throws IOException {
        AtomicReference<Optional<Tiering.Status>> mirror = new AtomicReference<>(Optional.empty());
        PrometheusRegistry registry = new PrometheusRegistry();
        TieringMetrics.register(mirror::get, registry, Clock.fixed(Instant.ofEpochMilli(NOW), ZoneOffset.UTC));
        assertThat(text(registry)).doesNotContain("weir_tiering_workers_alive ", "database=");
        TieringMetrics.registerHeldBack(() -> 4096, registry);
        assertThat(text(registry)).contains("weir_tiering_held_back_bytes 4096.0");
        mirror.set(Optional.of(
                status(table(1, "t", State.TIERING, 4, NOW - 60_000, null), table(2, "u", State.PENDING, 0, 0, null))));
        assertThat(text(registry))
                .contains("weir_tiering_round_seconds{database=\"shop\",table=\"t\"} 1.5")
                .contains("weir_tiering_freshness_seconds{database=\"shop\",table=\"u\"} 180.0")
                .contains("weir_tiering_lag_seconds{database=\"shop\",table=\"t\"} 60.0")
                .doesNotContain("weir_tiering_lag_seconds{database=\"shop\",table=\"u\"}")
                .contains("weir_tiering_lake_files{database=\"shop\",table=\"t\"} 4.0")
                .contains("weir_tiering_pending_tables 2.0")
                .contains("weir_tiering_workers_expected 2.0", "weir_tiering_workers_alive 1.0");
        mirror.set(Optional.of(status(IntStream.range(0, 1200)
                .mapToObj(id -> table(id, "t" + id, State.PENDING, 0, 0, null))
                .toArray(TableStatus[]::new))));
        assertThat(text(registry).lines().filter(line -> line.startsWith("weir_tiering_lake_files{")))
                .hasSize(TieringMetrics.TABLES_MAX);
    }

    private static String text(PrometheusRegistry registry) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create().write(out, registry.scrape());
        return out.toString(StandardCharsets.UTF_8);
    }
}
