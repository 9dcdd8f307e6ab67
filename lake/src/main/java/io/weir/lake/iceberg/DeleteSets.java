package io.weir.lake.iceberg;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.BaseDeleteLoader;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.util.StructLikeSet;
import org.jspecify.annotations.Nullable;

/**
 * The deletes that apply to a file, in memory: each key once, and so many that half of the heap has room for them. The files of one
 * bucket mostly have the same ones, and come one after another; so the last set of keys is kept for the next file. Not thread-safe.
 */
final class DeleteSets extends BaseDeleteLoader {
    /** What a short key takes, about: the record, what wraps it, its place in the set. */
    private static final long KEY_BYTES = 250;

    private record Loaded(List<String> files, Schema keys, StructLikeSet set) {}

    private final long keysMax;
    private @Nullable Loaded last;

    DeleteSets(FileIO io) {
        this(io, Runtime.getRuntime().maxMemory() / 2 / KEY_BYTES);
    }

    /** @param keysMax more are refused rather than that the process runs out of memory */
    DeleteSets(FileIO io, long keysMax) {
        super(file -> io.newInputFile(file.location()));
        this.keysMax = keysMax;
    }

    /** @throws WeirException OVERLOADED */
    @Override
    public StructLikeSet loadEqualityDeletes(Iterable<DeleteFile> deletes, Schema keys) {
        List<String> files = new ArrayList<>();
        deletes.forEach(file -> files.add(file.location()));
        Loaded known = last;
        if (known != null && known.files().equals(files) && known.keys().sameSchema(keys)) {
            return known.set();
        }
        last = null; // so that both are not in memory at once
        StructLikeSet set = StructLikeSet.create(keys.asStruct());
        for (DeleteFile file : deletes) {
            if (set.size() + file.recordCount() > keysMax) {
                throw new WeirException(
                        ErrorCode.OVERLOADED,
                        "%d deleted keys and more apply to one file of the lake, and the memory here takes %d: give the process more, or fold deletes in more often by 'datalake.compact-files' and 'datalake.maintenance'"
                                .formatted(set.size() + file.recordCount(), keysMax));
            }
            // One file after the other, since all of each is in memory before its keys are in the set.
            set.addAll(super.loadEqualityDeletes(List.of(file), keys));
        }
        last = new Loaded(files, keys, set);
        return set;
    }
}
