package io.weir.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.util.ByteString;

/**
 * A write that is durable.
 *
 * @param rows as the store counts them
 * @param ranges per bucket that was written, the log offsets that the write took
 */
public record WriteResult(long rows, List<Range> ranges) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public WriteResult {
        ranges = List.copyOf(ranges);
    }

    /** @param nextOffset exclusive */
    public record Range(int bucket, long baseOffset, long nextOffset) {}

    static WriteResult parse(ByteString body) {
        try {
            JsonNode json = JSON.readTree(body.toArrayUnsafe());
            List<Range> ranges = new ArrayList<>();
            for (JsonNode bucket : json.path("buckets")) {
                ranges.add(new Range(
                        bucket.path("bucket").asInt(),
                        bucket.path("base_offset").asLong(),
                        bucket.path("next_offset").asLong()));
            }
            return new WriteResult(json.path("rows").asLong(), ranges);
        } catch (IOException e) {
            throw new WeirException(ErrorCode.INVALID_JSON, "the store's answer to a write: " + e, e);
        }
    }
}
