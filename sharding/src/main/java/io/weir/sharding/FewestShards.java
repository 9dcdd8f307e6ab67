package io.weir.sharding;

import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.cluster.sharding.ShardCoordinator;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;
import scala.concurrent.Future$;

/** Gives a new shard to the node with the fewest, and never moves one by itself: the logs of its buckets lie on the node's disk. */
final class FewestShards extends ShardCoordinator.AbstractShardAllocationStrategy {
    @Override
    public Future<ActorRef> allocateShard(
            ActorRef requester, String shardId, Map<ActorRef, IndexedSeq<String>> shardsByRegion) {
        ActorRef region = shardsByRegion.entrySet().stream()
                .min(Comparator.<Map.Entry<ActorRef, IndexedSeq<String>>>comparingInt(
                                entry -> entry.getValue().size())
                        .thenComparing(entry -> entry.getKey().path().toString()))
                .map(Map.Entry::getKey)
                .orElse(requester);
        return Future$.MODULE$.successful(region);
    }

    @Override
    public Future<Set<String>> rebalance(
            Map<ActorRef, IndexedSeq<String>> shardsByRegion, Set<String> rebalanceInProgress) {
        return Future$.MODULE$.successful(Set.of());
    }
}
