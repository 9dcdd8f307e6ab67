package io.weir.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.sharding.Reaper;
import io.weir.sharding.WeirCluster;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/** {@code POST /v1/remote:reap}: looks for objects that nothing names any more, and deletes them where it is told to. */
final class ReaperRoute {
    static final String REAP = "/v1/remote:reap";

    private final WeirCluster cluster;
    private final Duration timeout;

    /** @param requestTimeout after which a request is answered in any case; the reaper is given up a little before */
    ReaperRoute(WeirCluster cluster, Duration requestTimeout) {
        this.cluster = cluster;
        this.timeout = requestTimeout.multipliedBy(9).dividedBy(10);
    }

    List<Operation> operations() {
        return List.of(new Operation("POST", REAP, Set.of("dry_run"), this::reap));
    }

    private CompletionStage<HttpResponse> reap(Exchange exchange) {
        boolean dryRun = exchange.parameter("dry_run").isEmpty() || exchange.flag("dry_run");
        return cluster.askReaper(dryRun, timeout).thenApply(reply -> {
            if (reply instanceof Reaper.Refused refused) {
                throw new WeirException(refused.code(), refused.detail());
            }
            if (reply instanceof Reaper.Report report) {
                return Json.response(StatusCodes.OK, json(report));
            }
            throw new WeirException(ErrorCode.INTERNAL, "The reaper answered " + reply);
        });
    }

    private static ObjectNode json(Reaper.Report report) {
        ObjectNode json = Json.object()
                .put("dry_run", report.dryRun())
                .put("scanned", report.scanned())
                .put("live", report.live())
                .put("young", report.young())
                .put("orphans", report.orphans())
                .put("orphan_bytes", report.orphanBytes())
                .put("deleted", report.deleted())
                .put("unknown", report.unknown());
        ArrayNode examples = json.putArray("examples");
        report.examples().forEach(examples::add);
        ArrayNode problems = json.putArray("problems");
        report.problems().forEach(problems::add);
        return json;
    }
}
