package io.weir.actors.serialization;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TypeParser;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;

/**
 * The one way our records become CBOR: component names as keys, types of columns in their text form, an Instant as milliseconds
 * since the epoch, a Duration as nanoseconds; a list that is not there is empty. Class names never appear in the bytes.
 */
public final class CborMapper {
    private CborMapper() {}

    /** @param additions mappings of the caller's own; may be empty */
    public static ObjectMapper create(SimpleModule additions) {
        SimpleModule types = new SimpleModule("weir-types")
                .addSerializer(DataType.class, new TextSerializer<>(DataType.class, DataType::toString))
                .addDeserializer(DataType.class, new TextDeserializer<>(DataType.class, TypeParser::parse))
                .addSerializer(Instant.class, new LongSerializer<>(Instant.class, Instant::toEpochMilli))
                .addDeserializer(Instant.class, new LongDeserializer<>(Instant.class, Instant::ofEpochMilli))
                .addSerializer(Duration.class, new LongSerializer<>(Duration.class, Duration::toNanos))
                .addDeserializer(Duration.class, new LongDeserializer<>(Duration.class, Duration::ofNanos));
        return CBORMapper.builder(new CBORFactory())
                .addModule(types)
                .addModule(additions)
                .visibility(PropertyAccessor.GETTER, Visibility.NONE)
                .visibility(PropertyAccessor.IS_GETTER, Visibility.NONE)
                .visibility(PropertyAccessor.FIELD, Visibility.ANY)
                // An older version did not write the lists that came later.
                .withConfigOverride(
                        List.class, list -> list.setSetterInfo(JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY)))
                // A newer node may say more than this one understands.
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
                .build();
    }

    /** A value that has one text form. */
    public static final class TextSerializer<T> extends StdSerializer<T> {
        private static final long serialVersionUID = 1L;
        private final transient Function<T, String> toText;

        public TextSerializer(Class<T> type, Function<T, String> toText) {
            super(type);
            this.toText = toText;
        }

        @Override
        public void serialize(T value, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeString(toText.apply(value));
        }
    }

    /** Reads what {@link TextSerializer} writes. */
    public static final class TextDeserializer<T> extends StdDeserializer<T> {
        private static final long serialVersionUID = 1L;
        private final transient Function<String, T> fromText;

        public TextDeserializer(Class<?> type, Function<String, T> fromText) {
            super(type);
            this.fromText = fromText;
        }

        @Override
        public T deserialize(JsonParser in, DeserializationContext context) throws IOException {
            return fromText.apply(in.getText());
        }
    }

    private static final class LongSerializer<T> extends StdSerializer<T> {
        private static final long serialVersionUID = 1L;
        private final transient Function<T, Long> toLong;

        LongSerializer(Class<T> type, Function<T, Long> toLong) {
            super(type);
            this.toLong = toLong;
        }

        @Override
        public void serialize(T value, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeNumber(toLong.apply(value));
        }
    }

    private static final class LongDeserializer<T> extends StdDeserializer<T> {
        private static final long serialVersionUID = 1L;
        private final transient Function<Long, T> fromLong;

        LongDeserializer(Class<T> type, Function<Long, T> fromLong) {
            super(type);
            this.fromLong = fromLong;
        }

        @Override
        public T deserialize(JsonParser in, DeserializationContext context) throws IOException {
            return fromLong.apply(in.getLongValue());
        }
    }
}
