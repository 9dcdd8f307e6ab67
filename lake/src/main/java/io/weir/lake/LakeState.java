package io.weir.lake;

import java.util.Map;

/**
 * How far the lake has a table, as the metadata of its own commit says: the truth, whatever anybody else remembers.
 *
 * @param epoch tiering epoch of the last round or claim; 0 before the first
 * @param offsets lake offset of each bucket, by its entity id: first offset that is not in the lake. A bucket that is not named has none
 * @param snapshotId of the lake's current snapshot; -1 for none
 * @param files data and delete files that are live
 * @param rows of live data files, before deletes
 */
public record LakeState(long epoch, Map<String, Long> offsets, long snapshotId, long files, long rows) {
    public static final LakeState EMPTY = new LakeState(0, Map.of(), -1, 0, 0);

    public LakeState {
        offsets = Map.copyOf(offsets);
    }
}
