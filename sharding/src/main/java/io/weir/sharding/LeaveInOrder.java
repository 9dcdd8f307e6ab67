package io.weir.sharding;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node does between stopping its buckets and leaving the cluster: it asks another node to wake every bucket whose log lies
 * here, and waits until somebody leads it, which includes that its log was fetched. Bounded in time; a node alone skips it.
 */
final class LeaveInOrder {
    private static final Logger LOG = LoggerFactory.getLogger(LeaveInOrder.class);
    private static final int BUCKETS_AT_ONCE = 8;
    private static final Duration STEP_TIMEOUT = Duration.ofSeconds(20);

    private final ActorSystem<?> system;
    private final ClusterView cluster;
    private final DroppedTables disk;
    private final Duration timeout;

    LeaveInOrder(ActorSystem<?> system, ClusterView cluster, DroppedTables disk, Duration timeout) {
        this.system = system;
        this.cluster = cluster;
        this.disk = disk;
        this.timeout = timeout;
    }

    CompletionStage<Done> run() {
        Optional<Member> other = otherMember();
        if (other.isEmpty()) {
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        List<String> buckets =
                disk.onDisk().stream().map(bucket -> bucket.entityId()).toList();
        if (buckets.isEmpty()) {
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        LOG.info("leaving: {} buckets go to other nodes", buckets.size());
        return step(cluster.agentOf(other.get()), buckets, 0)
                .toCompletableFuture()
                .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(failure -> {
                    LOG.warn(
                            "leaving without hand-over of all buckets ({}); those left can be read again when this node is back",
                            failure.toString());
                    return Done.getInstance();
                });
    }

    private Optional<Member> otherMember() {
        Cluster self = Cluster.get(system);
        for (Member member : self.state().getMembers()) {
            boolean up = member.status().equals(MemberStatus.up());
            boolean reachable = !self.state().getUnreachable().contains(member);
            if (up
                    && reachable
                    && !member.uniqueAddress().equals(self.selfMember().uniqueAddress())) {
                return Optional.of(member);
            }
        }
        return Optional.empty();
    }

    private CompletionStage<Done> step(ActorRef<NodeAgent.Command> agent, List<String> buckets, int from) {
        if (from >= buckets.size()) {
            LOG.info("leaving: all {} buckets were handed over", buckets.size());
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        int to = Math.min(buckets.size(), from + BUCKETS_AT_ONCE);
        org.apache.pekko.japi.function.Function<ActorRef<NodeAgent.TakenOver>, NodeAgent.Command> question =
                replyTo -> new NodeAgent.TakeOver(buckets.subList(from, to), replyTo);
        return AskPattern.ask(agent, question, STEP_TIMEOUT, system.scheduler()).thenCompose(reply -> {
            reply.failures().forEach(problem -> LOG.info("leaving: not yet taken over, {}", problem));
            if (!reply.failures().isEmpty()) {
                return step(agent, buckets, from);
            }
            LOG.info("leaving: {} of {} buckets handed over", to, buckets.size());
            return step(agent, buckets, to);
        });
    }
}
