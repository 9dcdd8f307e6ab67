package io.weir.lake.iceberg;

import io.weir.lake.LakeRound;
import io.weir.lake.LakeRows;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTableSpec;
import java.util.Map;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;

/** One round. */
final class IcebergRound implements LakeRound {
    IcebergRound(TableOperations operations, TableMetadata metadata, LakeTableSpec spec, LakeState base, long epoch) {
        if (epoch < base.epoch()) {
            throw new IllegalArgumentException("epoch " + epoch + metadata + operations + spec);
        }
    }

    @Override
    public void append(LakeRows rows) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void delete(LakeRows rows) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long rows() {
        return 0;
    }

    @Override
    public long bytes() {
        return 0;
    }

    @Override
    public Outcome commit(Map<String, Long> offsets) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
