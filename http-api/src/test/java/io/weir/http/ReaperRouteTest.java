package io.weir.http;

import static io.weir.http.ProblemAssert.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.ErrorCode;
import io.weir.sharding.Reaper;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ReaperRouteTest {
    private static ServedStore store;

    @BeforeAll
    static void start() {
        store = new ServedStore();
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @Test
    void withoutAnObjectStoreItIsRefused() {
        store.cluster.reaper = dryRun -> new Reaper.Refused(ErrorCode.NOT_SUPPORTED, "no object store");
        assertProblem(store.send("POST", "/v1/remote:reap", ""), ErrorCode.NOT_SUPPORTED);
    }

    @Test
    void onlyDryRunFalseDeletes() {
        List<Boolean> asked = new ArrayList<>();
        store.cluster.reaper = dryRun -> {
            asked.add(dryRun);
            return new Reaper.Report(dryRun, 9, 4, 3, 2, 200, dryRun ? 0 : 2, 1, List.of("a", "b"), List.of("c"));
        };
        assertThat(store.send("POST", "/v1/remote:reap", "").body())
                .isEqualTo("{\"dry_run\":true,\"scanned\":9,\"live\":4,\"young\":3,\"orphans\":2,\"orphan_bytes\":200,"
                        + "\"deleted\":0,\"unknown\":1,\"examples\":[\"a\",\"b\"],\"problems\":[\"c\"]}");
        store.send("POST", "/v1/remote:reap?dry_run=true", "");
        assertThat(ServedStore.json(store.send("POST", "/v1/remote:reap?dry_run=false", ""))
                        .get("deleted")
                        .asInt())
                .isEqualTo(2);
        assertThat(asked).containsExactly(true, true, false);
        assertProblem(store.send("POST", "/v1/remote:reap?dry_run=no", ""), ErrorCode.INVALID_REQUEST);
        assertThat(asked).hasSize(3);
    }
}
