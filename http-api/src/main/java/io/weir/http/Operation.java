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
 *
 * @param path as in the OpenAPI document, e.g. {@code /v1/databases/{db}}
 * @param parameters the query parameters it knows
 */
record Operation(String method, String path, Set<String> parameters, Handler handler) {
    /** Answers a request; errors are thrown, or fail the stage, as WeirException or ProblemException. */
    interface Handler {
        CompletionStage<HttpResponse> handle(Exchange exchange);
    }

    Operation {
        parameters = Set.copyOf(parameters);
    }

    /** The path parameters, where these segments are a path of this operation; else null. */
    @Nullable
    Map<String, String> match(List<String> segments) {
        List<String> template = List.of(path.substring(1).split("/", -1));
        if (template.size() != segments.size()) {
            return null;
        }
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < template.size(); i++) {
            String part = template.get(i);
            if (part.startsWith("{") && !segments.get(i).isEmpty()) {
                values.put(part.substring(1, part.length() - 1), segments.get(i));
            } else if (!part.equals(segments.get(i))) {
                return null;
            }
        }
        return values;
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
