package io.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.codec.ErrorCode;
import java.net.http.HttpResponse;

/** Says that an answer is a whole problem of a code. */
final class ProblemAssert {
    private ProblemAssert() {}

    static JsonNode assertProblem(HttpResponse<String> response, ErrorCode code) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(code.httpStatus());
        assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("application/problem+json");
        JsonNode problem = ServedStore.json(response);
        assertThat(problem.get("code").asText()).as(response.body()).isEqualTo(code.code());
        assertThat(problem.get("type").asText()).isEqualTo("/problems/" + code.code());
        assertThat(problem.get("title").asText()).isEqualTo(code.title());
        assertThat(problem.get("status").asInt()).isEqualTo(code.httpStatus());
        assertThat(problem.get("retryable").asBoolean()).isEqualTo(code.retryable());
        assertThat(problem.get("detail").asText()).isNotBlank();
        assertThat(problem.get("request_id").asText())
                .isEqualTo(response.headers().firstValue("x-request-id").orElse("no header"));
        if (code.httpStatus() == 429 || code.httpStatus() == 503) {
            assertThat(response.headers().firstValue("retry-after")).isPresent();
        }
        return problem;
    }
}
