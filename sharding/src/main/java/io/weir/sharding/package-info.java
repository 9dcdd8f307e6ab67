/** Cluster start-up, the entity types, allocation, wire serializers, and the hand-over of logs between nodes. */
@NullMarked
package io.weir.sharding;

import org.jspecify.annotations.NullMarked;
