package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.TypeUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeleteSetsTest {
    @TempDir
    Path directory;

    @Test
    void keysOfSeveralFilesAreCountedOnceAndMoreThanThereIsRoomForAreRefused() throws IOException {
        try (ReadFixture fixture = new ReadFixture(directory)) {
            KeyedRows rows = new KeyedRows(fixture);
            for (int i = 0; i < 4; i++) {
                rows.upsert(1, 3, 5, 7);
            }
            Table table = fixture.table();
            Schema keys = TypeUtil.select(table.schema(), table.schema().identifierFieldIds());
            List<DeleteFile> deletes = deletes(table);
            assertThat(deletes).hasSize(3);
            int count = (int) deletes.get(0).recordCount();

            assertThat(new DeleteSets(table.io(), 2L * count).loadEqualityDeletes(deletes, keys))
                    .hasSize(count);
            assertThatThrownBy(() -> new DeleteSets(table.io(), 2L * count - 1).loadEqualityDeletes(deletes, keys))
                    .isInstanceOfSatisfying(
                            WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
        }
    }

    /** Those of the file that has the most. */
    private static List<DeleteFile> deletes(Table table) throws IOException {
        List<List<DeleteFile>> all = new ArrayList<>();
        try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
            tasks.forEach(task -> all.add(task.deletes()));
        }
        return all.stream().max(Comparator.comparingInt(List::size)).orElseThrow();
    }
}
