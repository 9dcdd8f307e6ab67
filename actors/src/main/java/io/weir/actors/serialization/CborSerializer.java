package io.weir.actors.serialization;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.UncheckedIOException;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/** Records as CBOR, each under a manifest that stays when its class is renamed. */
public abstract class CborSerializer extends SerializerWithStringManifest {
    private final int identifier;
    private final MessageNames names;
    private final ObjectMapper mapper;

    /** @param module what the mapper has to know besides records */
    protected CborSerializer(int identifier, MessageNames names, SimpleModule module) {
        this.identifier = identifier;
        this.names = names;
        this.mapper = CborMapper.create(module);
    }

    @Override
    public final int identifier() {
        return identifier;
    }

    @Override
    public final String manifest(Object message) {
        return names.manifestOf(message);
    }

    @Override
    public final byte[] toBinary(Object message) {
        try {
            return mapper.writeValueAsBytes(message);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot serialize " + message, e);
        }
    }

    @Override
    public final Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        try {
            return mapper.readValue(bytes, names.classOf(manifest));
        } catch (IOException | IllegalArgumentException e) {
            NotSerializableException failure =
                    new NotSerializableException("cannot read '" + manifest + "': " + e.getMessage());
            failure.initCause(e);
            throw failure;
        }
    }
}
