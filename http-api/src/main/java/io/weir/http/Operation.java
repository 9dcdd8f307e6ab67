package io.weir.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * One call of the interface: what the router finds, what the Allow header lists, what metrics are labelled with, and what the
 * OpenAPI document is held against.
 * The path is as in the OpenAPI document, e.g. {@code /v1/databases/{db}}; the parameters are those of the query that it knows.
 */
final class Operation {
    private final String method;
    private final String path;
    private final Set<String> parameters;
    private final Handler handler;
    private final String[] template;

    /** Answers a request; errors are thrown, or fail the stage, as WeirException or ProblemException. */
    interface Handler {
        CompletionStage<HttpResponse> handle(Exchange exchange);
    }

    Operation(String method, String path, Set<String> parameters, Handler handler) {
        this.method = method;
        this.path = path;
        this.parameters = Set.copyOf(parameters);
        this.handler = handler;
        this.template = path.substring(1).split("/", -1);
    }

    String method() {
        return method;
    }

    String path() {
        return path;
    }

    Set<String> parameters() {
        return parameters;
    }

    Handler handler() {
        return handler;
    }

    /** The path parameters, where these segments are a path of this operation; else null. */
    @Nullable
    Map<String, String> match(List<String> segments) {
        if (template.length != segments.size()) {
            return null;
        }
        for (int i = 0; i < template.length; i++) {
            boolean fits = isVariable(i) ? !segments.get(i).isEmpty() : template[i].equals(segments.get(i));
            if (!fits) {
                return null;
            }
        }
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < template.length; i++) {
            if (isVariable(i)) {
                values.put(template[i].substring(1, template[i].length() - 1), segments.get(i));
            }
        }
        return values;
    }

    private boolean isVariable(int i) {
        return template[i].startsWith("{");
    }

    /** The decoded segments of a path; empty ones are kept, so that {@code //} and a slash at the end match nothing. */
    static List<String> segments(org.apache.pekko.http.scaladsl.model.Uri.Path path) {
        List<String> segments = new ArrayList<>();
        boolean afterSlash = false;
        for (var rest = path; !rest.isEmpty(); rest = rest.tail()) {
            if (rest.startsWithSlash()) {
                if (afterSlash) {
                    segments.add("");
                }
                afterSlash = true;
            } else {
                segments.add(String.valueOf(rest.head()));
                afterSlash = false;
            }
        }
        if (afterSlash) {
            segments.add("");
        }
        return segments;
    }
}
