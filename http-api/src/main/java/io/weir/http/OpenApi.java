package io.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.codec.ErrorCode;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The OpenAPI document: a resource file in which each operation lists its error codes as {@code x-problems}, from which its problem
 * responses are made here. So the statuses and codes are those of {@link ErrorCode}, and a code that is not there fails the start.
 */
final class OpenApi {
    private static final String PROBLEMS = "x-problems";

    /** What else a table needs to have a property; for the test that makes such tables, and not served. */
    static final String NEEDS = "x-needs";

    private OpenApi() {}

    static JsonNode document() {
        ObjectNode document = (ObjectNode) Json.resource("openapi.json");
        document.at("/components/schemas/Properties/properties")
                .forEach(property -> ((ObjectNode) property).remove(NEEDS));
        ArrayNode codes = ((ObjectNode) document.at("/components/schemas/Problem/properties/code")).putArray("enum");
        for (ErrorCode code : ErrorCode.values()) {
            codes.add(code.code());
        }
        document.get("paths")
                .forEach(path -> path.forEach(operation -> {
                    if (operation instanceof ObjectNode object && object.has("responses")) {
                        addProblems(object);
                        addRequestIds(object);
                    }
                }));
        return document;
    }

    private static void addProblems(ObjectNode operation) {
        Map<Integer, TreeSet<String>> byStatus = new TreeMap<>();
        operation.withArray(PROBLEMS).forEach(code -> add(byStatus, code.textValue()));
        for (String any : new String[] {"invalid-request", "internal", "timeout"}) {
            add(byStatus, any);
        }
        ObjectNode responses = (ObjectNode) operation.get("responses");
        byStatus.forEach((status, codes) -> {
            ObjectNode response = responses.putObject(Integer.toString(status));
            response.put("description", "One of " + String.join(", ", codes));
            response.putObject("content")
                    .putObject("application/problem+json")
                    .putObject("schema")
                    .put("$ref", "#/components/schemas/Problem");
            if (status == 429 || status == 503) {
                response.putObject("headers")
                        .putObject("Retry-After")
                        .put("description", "Seconds to wait before the request is sent again")
                        .put("required", true)
                        .putObject("schema")
                        .put("type", "integer");
            }
        });
        operation.remove(PROBLEMS);
    }

    private static void add(Map<Integer, TreeSet<String>> byStatus, String name) {
        ErrorCode code = ErrorCode.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
        byStatus.computeIfAbsent(code.httpStatus(), s -> new TreeSet<>()).add(code.code());
    }

    private static void addRequestIds(ObjectNode operation) {
        operation.get("responses").forEach(response -> ((ObjectNode) response)
                .withObject("/headers")
                .putObject(Router.REQUEST_ID)
                .put("description", "The request's id: the client's own, or one made here")
                .put("required", true)
                .putObject("schema")
                .put("type", "string"));
    }
}
