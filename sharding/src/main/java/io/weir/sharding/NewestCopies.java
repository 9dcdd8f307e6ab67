package io.weir.sharding;

import io.weir.persistence.objects.ObjectInfo;
import java.util.ArrayDeque;
import java.util.Optional;

/** Of copies that come in the order of their versions, the two newest are kept. */
final class NewestCopies {
    /** The newest may turn out to be damaged. */
    static final int KEPT = 2;

    private final ArrayDeque<ObjectInfo> newest = new ArrayDeque<>();

    /** @param copy newer than those before @return the one that need not be kept any more */
    Optional<ObjectInfo> add(ObjectInfo copy) {
        newest.addLast(copy);
        return newest.size() > KEPT ? Optional.of(newest.removeFirst()) : Optional.empty();
    }

    int kept() {
        return newest.size();
    }
}
