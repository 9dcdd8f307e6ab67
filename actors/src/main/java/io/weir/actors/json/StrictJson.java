package io.weir.actors.json;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Records as JSON objects that name their format: components in their order, in snake case. What is read has each component exactly
 * once, of its own type and not null, and nothing else. Thread-safe.
 */
public final class StrictJson {
    private static final int DEPTH_MAX = 20;
    private static final int TEXT_MAX = 2 << 20;

    private static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEPTH_MAX)
                            .maxStringLength(TEXT_MAX)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .visibility(PropertyAccessor.GETTER, Visibility.NONE)
            .visibility(PropertyAccessor.IS_GETTER, Visibility.NONE)
            .visibility(PropertyAccessor.FIELD, Visibility.ANY)
            .defaultSetterInfo(JsonSetter.Value.construct(Nulls.FAIL, Nulls.FAIL))
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(
                    DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                    DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .withCoercionConfig(
                    LogicalType.Textual, text -> text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();

    private StrictJson() {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    private record Format(int format) {}

    /** @param value a record whose first component is {@code int format} */
    public static byte[] encode(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The format that the bytes name. @throws WeirException CORRUPT_DATA where they are no such record */
    public static int format(String what, byte[] json, int bytesMax) {
        if (json.length > bytesMax) {
            throw corrupt(what, "it has %d bytes, and at most %d are read".formatted(json.length, bytesMax));
        }
        return read(what, json, Format.class).format();
    }

    /**
     * @param what is read, for people: "the copy of the catalog"
     * @param format that this version knows
     * @throws WeirException CORRUPT_DATA where the bytes are no such record, or of another format
     */
    public static <T> T decode(String what, byte[] json, int bytesMax, int format, Class<T> type) {
        int found = format(what, json, bytesMax);
        if (found != format) {
            throw corrupt(
                    what, "its format is %d, and this version reads %d; use a newer version".formatted(found, format));
        }
        return read(what, json, type);
    }

    private static <T> T read(String what, byte[] json, Class<T> type) {
        try {
            return MAPPER.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw corrupt(what, e.getOriginalMessage());
        } catch (IOException e) {
            throw corrupt(what, String.valueOf(e.getMessage()));
        }
    }

    /** @return CORRUPT_DATA */
    public static WeirException corrupt(String what, String why) {
        return new WeirException(ErrorCode.CORRUPT_DATA, what + " cannot be read: " + why);
    }
}
