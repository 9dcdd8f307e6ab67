package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** {@code weir tiering} against a store that answers what the test says. */
class TieringCommandTest {
    private static final String NONE = status("");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    /** Answers of GET /v1/tiering, one after the other; the last one stays. */
    private final List<String> answers = new CopyOnWriteArrayList<>();

    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        asked.add((exchange.getRequestMethod() + " " + path + " " + body).strip());
        String json = path.equals("/v1/tiering")
                ? answers.size() > 1 ? answers.remove(0) : answers.get(0)
                : path.endsWith(":pause")
                        ? table("SCHEDULED", 3, "null", true, "null")
                        : table("PENDING", 3, "null", false, "null");
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(path.endsWith(":trigger") ? 202 : 200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private static String status(String tables) {
        return """
                {"now":"2026-11-28T12:00:00Z","lake":"Iceberg at /lake, catalog sqlite /lake/catalog.db","workers_alive":1,"workers_expected":2,
                "tables":[%s],"workers":[{"id":"w","node":"127.0.0.1:25520","group":"","alive":true,
                "last_heartbeat":"2026-11-28T11:59:59Z","free_slots":1,"working_on":[{"epoch":3,"phase":"reading","rows":10,
                "rows_planned":40,"table":"shop.orders"}]}],"queue":["shop.orders","shop.carts"]}""".formatted(tables);
    }

    private static String table(String state, int epoch, String planned, boolean paused, String problem) {
        return """
                {"database":"shop","table":"orders","state":"%s","epoch":%d,"paused":%b,"quarantined":%b,"freshness_ms":180000,
                "lag_ms":61000,"last_duration_ms":1500,"planned_at":%s,"lake_rows":1234,"lake_files":4,"failures":2,"problem":%s,
                "work":null}""".formatted(state, epoch, paused, !problem.equals("null"), planned, problem);
    }

    private int run(String... arguments) {
        CommandLine command = Main.commandLine();
        command.setErr(new PrintWriter(err, true));
        command.setOut(new PrintWriter(out, true));
        String[] all = new String[arguments.length + 3];
        all[0] = "tiering";
        all[1] = "--server";
        all[2] = "http://127.0.0.1:" + server.getAddress().getPort();
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        return command.execute(all);
    }

    @Test
    void showsTablesWorkersAndTheQueue() {
        answers.add(status(table("FAILED", 3, "null", false, "\"the lake is away\"")));
        assertThat(run()).isZero();
        assertThat(out.toString())
                .contains("lake Iceberg at /lake", "workers 1 alive of 2")
                .containsPattern("shop.orders +FAILED, quarantined +61.0 s +3 min +1.5 s +1,234 +4")
                .contains("shop.orders (2 in a row): the lake is away")
                .containsPattern("127.0.0.1:25520 +- +yes +1.0 s ago +shop.orders \\(reading, 10 of 40 rows\\)")
                .contains("the next one first: shop.orders, shop.carts");
    }

    @Test
    void withoutTablesItSaysHowToBegin() {
        answers.add(NONE);
        assertThat(run()).isZero();
        assertThat(out.toString()).contains("weir tiering --enable DATABASE.TABLE");
    }

    @Test
    void withoutALakeItSaysHowToGetOne() {
        answers.add(NONE.replace("\"Iceberg at /lake, catalog sqlite /lake/catalog.db\"", "null"));
        assertThat(run()).isZero();
        assertThat(out.toString()).contains("WEIR_LAKE_WAREHOUSE").doesNotContain("--enable");
    }

    @Test
    void enableWaitsForTheFirstRoundAndSaysHowToReadIt() {
        answers.add(NONE);
        answers.add(NONE);
        answers.add(status(table("NEW", 3, "null", false, "null")));
        answers.add(status(table("TIERING", 4, "null", false, "null")));
        answers.add(status(table("TIERED", 4, "\"2026-11-28T12:00:01Z\"", false, "null")));
        assertThat(run("--enable", "shop.orders")).as(err.toString()).isZero();
        assertThat(asked.get(1))
                .isEqualTo(
                        "PATCH /v1/databases/shop/tables/orders {\"set_properties\":{\"datalake.enabled\":\"true\"}}");
        assertThat(asked).contains("POST /v1/databases/shop/tables/orders/tiering:trigger");
        assertThat(out.toString())
                .contains("shop.orders is in the lake: 1,234 rows in 4 files")
                .contains("Iceberg at /lake")
                .contains("sqlite:////lake/catalog.db", "load_table('shop.orders')");
    }

    @Test
    void withoutALakeEnableSaysWhatToDo() {
        answers.add(NONE.replace("\"Iceberg at /lake, catalog sqlite /lake/catalog.db\"", "null"));
        assertThat(run("--enable", "shop.orders")).isEqualTo(1);
        assertThat(err.toString()).contains("WEIR_LAKE_WAREHOUSE");
        assertThat(asked).hasSize(1);
    }

    @Test
    void aTableInQuarantineEndsTheWaitWithItsReason() {
        answers.add(status(table("FAILED", 4, "null", false, "\"no room\"")));
        assertThat(run("--trigger", "shop.orders")).isEqualTo(1);
        assertThat(err.toString()).contains("no room", "weir tiering --resume shop.orders");
    }

    @Test
    void pauseSaysWhatTheTableIsThen() {
        answers.add(NONE);
        assertThat(run("--pause", "shop.orders")).isZero();
        assertThat(out.toString()).isEqualTo("shop.orders: SCHEDULED, paused" + System.lineSeparator());
        assertThat(run("--pause", "orders")).isEqualTo(1);
        assertThat(run("--pause", "a.b", "--resume", "a.b")).isEqualTo(2);
    }
}
