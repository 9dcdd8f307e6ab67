package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.pekko.stream.SystemMaterializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PrefixedObjectStoreTest extends ObjectStoreContract {
    private SimObjectStore all;
    private ObjectStore store;

    @BeforeEach
    void open() {
        all = new SimObjectStore(1, SystemMaterializer.get(system).materializer());
        // What lies beside the prefix is not seen.
        all.store(new ObjectName("a"), new byte[1]);
        all.store(new ObjectName("stores/weirder"), new byte[1]);
        all.store(new ObjectName("stores/weir-x/a"), new byte[1]);
        store = new PrefixedObjectStore(all, new ObjectName("stores/weir"));
    }

    @Override
    ObjectStore store() {
        return store;
    }

    @Test
    void allNamesBeginWithThePrefix() {
        putSmall(name("a"));
        assertThat(all.names()).contains(new ObjectName("stores/weir/" + name("a")));
        assertThat(listAll("", 2)).containsExactly(name("a").value());
        await(store.delete(name("a")));
        assertThat(all.names()).hasSize(3);
    }
}
