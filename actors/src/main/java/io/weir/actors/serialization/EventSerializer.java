package io.weir.actors.serialization;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.catalog.CatalogEvent;
import io.weir.actors.catalog.CatalogState;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.UncheckedIOException;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/** Events and snapshots of the catalog and the bucket manifests, as they lie in the journal. */
public final class EventSerializer extends SerializerWithStringManifest {
    public static final int IDENTIFIER = 74_110_001;

    public static final Manifests MANIFESTS = new Manifests()
            .add("cat.database-created.1", CatalogEvent.DatabaseCreated.class)
            .add("cat.database-dropped.1", CatalogEvent.DatabaseDropped.class)
            .add("cat.table-created.1", CatalogEvent.TableCreated.class)
            .add("cat.table-dropped.1", CatalogEvent.TableDropped.class)
            .add("cat.table-altered.1", CatalogEvent.TableAltered.class)
            .add("cat.snapshot.1", CatalogState.Snapshot.class)
            .add("man.leader-epoch-raised.1", BucketManifest.LeaderEpochRaised.class);

    private final ObjectMapper mapper = CborMapper.create(new SimpleModule("none"));

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object event) {
        return MANIFESTS.manifestOf(event);
    }

    @Override
    public byte[] toBinary(Object event) {
        try {
            return mapper.writeValueAsBytes(event);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot serialize " + event, e);
        }
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        try {
            return mapper.readValue(bytes, MANIFESTS.classOf(manifest));
        } catch (IOException | IllegalArgumentException e) {
            NotSerializableException failure =
                    new NotSerializableException("cannot read '" + manifest + "': " + e.getMessage());
            failure.initCause(e);
            throw failure;
        }
    }
}
