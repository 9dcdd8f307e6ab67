package io.weir.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.util.ByteString;

/** JSON documents of the interface: small requests in, answers out. Rows do not come through here. */
final class Json {
    /** Deeper than any request of ours; a hostile one must not exhaust the stack. */
    private static final int DEPTH_MAX = 32;

    private static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEPTH_MAX)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static byte[] bytes(JsonNode json) {
        try {
            return MAPPER.writeValueAsBytes(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode resource(String name) {
        try (var in = Json.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("missing resource " + name);
            }
            return MAPPER.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonGenerator generator(OutputStream out) throws IOException {
        return MAPPER.createGenerator(out);
    }

    static HttpResponse response(StatusCode status, JsonNode json) {
        return HttpResponse.create()
                .withStatus(status)
                .withEntity(HttpEntities.create(Media.JSON.contentType(), ByteString.fromArrayUnsafe(bytes(json))));
    }

    /** Refuses what is nested deeper than any request of ours, and members that are there twice. */
    static JsonParser parser(byte[] bytes, int offset, int length) throws IOException {
        return MAPPER.getFactory().createParser(bytes, offset, length);
    }

    /** The one object that a request body is. */
    static ObjectNode parseObject(ByteBuffer body) {
        JsonNode json;
        try {
            json = MAPPER.readTree(
                    new com.fasterxml.jackson.databind.util.ByteBufferBackedInputStream(body.duplicate()));
        } catch (JsonProcessingException e) {
            throw new WeirException(
                    ErrorCode.INVALID_JSON,
                    "The body is not valid JSON: " + e.getOriginalMessage()
                            + (e.getLocation() == null
                                    ? ""
                                    : " at line " + e.getLocation().getLineNr() + ", column "
                                            + e.getLocation().getColumnNr()),
                    e);
        } catch (IOException e) {
            throw new WeirException(ErrorCode.INVALID_JSON, "The body is not valid JSON: " + e.getMessage(), e);
        }
        if (json instanceof ObjectNode object) {
            return object;
        }
        throw new WeirException(
                ErrorCode.INVALID_REQUEST,
                "The body must be one JSON object, and is "
                        + (json.isMissingNode() ? "empty" : "of type " + json.getNodeType()));
    }
}
