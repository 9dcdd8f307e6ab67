package io.weir.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pekko.util.ByteString;

/**
 * Where the changelogs of buckets end: a page of {@code T/buckets}.
 *
 * @param offsets high watermarks by bucket
 * @param next page token; empty on the last page
 */
record BucketEnds(Map<Integer, Long> offsets, String next) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** @throws WeirException BUCKET_UNAVAILABLE where one of the buckets did not say */
    static BucketEnds parse(ByteString body, TableDescription table) {
        JsonNode page;
        try {
            page = JSON.readTree(body.toArrayUnsafe());
        } catch (IOException e) {
            throw new WeirException(ErrorCode.INVALID_JSON, "the store's list of buckets: " + e, e);
        }
        Map<Integer, Long> offsets = new TreeMap<>();
        for (JsonNode bucket : page.path("buckets")) {
            if (!bucket.path("high_watermark").isIntegralNumber()) {
                throw new WeirException(
                        ErrorCode.BUCKET_UNAVAILABLE,
                        "bucket %s of %s: %s"
                                .formatted(
                                        bucket.path("bucket").asText(),
                                        table.fullName(),
                                        bucket.path("problem").asText()));
            }
            offsets.put(
                    bucket.path("bucket").asInt(), bucket.path("high_watermark").asLong());
        }
        return new BucketEnds(offsets, page.path("next_page_token").asText(""));
    }
}
