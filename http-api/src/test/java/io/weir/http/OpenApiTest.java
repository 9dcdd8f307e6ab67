package io.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds the document and the routes together, both ways. */
class OpenApiTest {
    private static final List<String> METHODS = List.of("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private static ServedStore store;
    private static JsonNode document;

    @BeforeAll
    static void start() {
        store = new ServedStore();
        document = ServedStore.json(store.get("/openapi.json"));
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    private static Set<String> documented(JsonNode path) {
        Set<String> methods = new TreeSet<>();
        path.properties().forEach(e -> methods.add(e.getKey().toUpperCase(Locale.ROOT)));
        return methods;
    }

    @Test
    void everyOperationIsDocumentedAndEveryDocumentedOneIsRouted() {
        InFlightBytes inFlight = new InFlightBytes(1);
        Set<String> routed = new TreeSet<>();
        Set<String> inDocument = new TreeSet<>();
        try (RootAllocator allocator = new RootAllocator()) {
            for (Operation operation : HttpServer.operations(
                    store.cluster,
                    HttpSettings.from(ConfigFactory.load()),
                    Clock.systemUTC(),
                    allocator,
                    inFlight,
                    new HttpMetrics(new PrometheusRegistry(), inFlight))) {
                routed.add(operation.method() + " " + operation.path() + " " + new TreeSet<>(operation.parameters()));
            }
        }
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    Set<String> query = new TreeSet<>();
                    operation.getValue().path("parameters").forEach(p -> {
                        if (p.path("in").asText().equals("query")) {
                            query.add(p.get("name").asText());
                        }
                    });
                    inDocument.add(operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey() + " " + query);
                }));
        assertThat(inDocument).isEqualTo(routed);
    }

    @Test
    void everyMethodIsRoutedOverTheWireOrNotAllowedAsTheDocumentSays() {
        document.get("paths").properties().forEach(path -> {
            Set<String> documented = documented(path.getValue());
            String concrete = path.getKey()
                    .replace("{db}", "d")
                    .replace("{table}", "t")
                    .replace("{key}", "k")
                    .replace("{name}", "n");
            for (String method : METHODS) {
                HttpResponse<String> answer =
                        store.send(store.request(concrete).method(method, HttpRequest.BodyPublishers.noBody()));
                if (documented.contains(method)) {
                    JsonNode responses =
                            path.getValue().get(method.toLowerCase(Locale.ROOT)).get("responses");
                    assertThat(responses.has(Integer.toString(answer.statusCode())))
                            .as("%s %s answered %s, which is not documented", method, concrete, answer.statusCode())
                            .isTrue();
                } else {
                    assertThat(answer.statusCode())
                            .as("%s %s", method, concrete)
                            .isEqualTo(405);
                    assertThat(Set.of(answer.headers()
                                    .firstValue("allow")
                                    .orElse("")
                                    .split(", ")))
                            .isEqualTo(documented);
                }
            }
        });
    }

    @Test
    void everyDocumentedPropertyAndColumnTypeIsTakenAsInItsExample() {
        store.send("POST", "/v1/databases", "{\"name\":\"examples\"}");
        Map<String, String> bodies = new java.util.TreeMap<>();
        JsonNode properties = Json.resource("openapi.json").at("/components/schemas/Properties/properties");
        document.at("/components/schemas/Properties/properties").properties().forEach(p -> p.getValue()
                .get("examples")
                .forEach(example -> bodies.put(
                        "p" + bodies.size(),
                        table(p.getKey(), example, properties.path(p.getKey()).path(OpenApi.NEEDS)))));
        assertThat(bodies).hasSizeGreaterThan(15);
        document.at("/components/schemas/ColumnType/examples")
                .forEach(type ->
                        bodies.put("c" + bodies.size(), "\"columns\":[{\"name\":\"a\",\"type\":" + type + "}]"));
        bodies.forEach((name, body) -> {
            HttpResponse<String> created =
                    store.send("POST", "/v1/databases/examples/tables", "{\"name\":\"" + name + "\"," + body + "}");
            assertThat(created.statusCode()).as(body + created.body()).isEqualTo(201);
        });
    }

    /** A table of the kind that has the property, with what else it needs. */
    private static String table(String property, JsonNode example, JsonNode needs) {
        StringBuilder properties = new StringBuilder("\"" + property + "\":" + example);
        String keys = "";
        for (JsonNode need : needs) {
            String[] parts = need.asText().split("=");
            if (parts.length == 2) {
                properties.append(",\"%s\":\"%s\"".formatted(parts[0], parts[1]));
            } else if (parts[0].equals("primary_key")) {
                keys += ",\"primary_key\":[\"a\"]";
            } else {
                keys += ",\"partition_by\":[\"ds\"]";
            }
        }
        return """
                "columns":[{"name":"a","type":"INT","nullable":false},{"name":"ds","type":"STRING","nullable":false},
                {"name":"version","type":"BIGINT"},{"name":"number","type":"BIGINT"}]%s,"properties":{%s}""".formatted(keys, properties);
    }

    @Test
    void whatOnlyTheBuildReadsIsNotServed() {
        assertThat(document.toString()).doesNotContain("x-problems", OpenApi.NEEDS);
    }

    @Test
    void everyReferenceInTheDocumentLeadsSomewhere() {
        Set<String> references = new HashSet<>();
        collect(document, references);
        assertThat(references).isNotEmpty().allSatisfy(reference -> assertThat(
                        document.at(reference.substring(1)).isMissingNode())
                .as(reference)
                .isFalse());
    }

    private static void collect(JsonNode node, Set<String> references) {
        if (node.has("$ref")) {
            references.add(node.get("$ref").asText());
        }
        node.forEach(child -> collect(child, references));
    }

    @Test
    void everyOperationDocumentsItsProblems() {
        document.get("paths")
                .forEach(path -> path.forEach(operation -> {
                    Map<String, JsonNode> problems = new java.util.TreeMap<>();
                    operation.get("responses").properties().forEach(r -> {
                        if (r.getValue()
                                .at("/content/application~1problem+json")
                                .isObject()) {
                            problems.put(r.getKey(), r.getValue());
                        }
                    });
                    assertThat(problems).containsKeys("400", "500", "503");
                    assertThat(problems.get("503").at("/headers/Retry-After").isObject())
                            .isTrue();
                    assertThat(operation.has("x-problems")).isFalse();
                }));
    }
}
