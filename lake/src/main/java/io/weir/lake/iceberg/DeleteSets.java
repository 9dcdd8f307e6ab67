package io.weir.lake.iceberg;

import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.Schema;
import org.apache.iceberg.data.BaseDeleteLoader;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.util.StructLikeSet;
import org.jspecify.annotations.Nullable;

/**
 * The deletes that apply to a file, in memory. The files of one bucket mostly have the same ones, and come one after another; so the
 * last set of keys is kept for the next file. Not thread-safe.
 */
final class DeleteSets extends BaseDeleteLoader {
    private record Loaded(List<String> files, Schema keys, StructLikeSet set) {}

    private @Nullable Loaded last;

    DeleteSets(FileIO io) {
        super(file -> io.newInputFile(file.location()));
    }

    @Override
    public StructLikeSet loadEqualityDeletes(Iterable<DeleteFile> deletes, Schema keys) {
        List<String> files = new ArrayList<>();
        deletes.forEach(file -> files.add(file.location()));
        Loaded known = last;
        if (known != null && known.files().equals(files) && known.keys().sameSchema(keys)) {
            return known.set();
        }
        last = null; // so that both are not in memory at once
        StructLikeSet set = super.loadEqualityDeletes(deletes, keys);
        last = new Loaded(files, keys, set);
        return set;
    }
}
