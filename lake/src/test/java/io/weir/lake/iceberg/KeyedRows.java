package io.weir.lake.iceberg;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeTableSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A primary-key table in the lake, and what it has to hold. */
final class KeyedRows {
    static final TableSchema SCHEMA = new TableSchema(
            1,
            List.of(
                    new Column(1, "k", DataType.Simple.BIGINT, false),
                    new Column(2, "day", DataType.Simple.STRING, false),
                    new Column(3, "v", DataType.Simple.STRING, true)));

    final ReadFixture fixture;
    final LakeTableSpec spec;
    final Map<List<Object>, List<Object>> model = new LinkedHashMap<>();
    private long epoch;
    private int version;

    KeyedRows(ReadFixture fixture) {
        this.fixture = fixture;
        this.spec = ReadFixture.keyed(SCHEMA, "day");
    }

    long epoch() {
        return epoch;
    }

    /** The next round's epoch, though no round is committed. */
    long nextEpoch() {
        return ++epoch;
    }

    static List<Object> key(long key) {
        return Arrays.asList(key, "d" + Math.floorMod(key, 2));
    }

    List<Object> row(long key) {
        return Arrays.asList(key, key(key).get(1), "v" + ++version);
    }

    void upsert(long... keys) {
        round(keys, new long[0]);
    }

    void delete(long... keys) {
        round(new long[0], keys);
    }

    void round(long[] upserts, long[] deletes) {
        List<List<Object>> appended = new ArrayList<>();
        List<List<Object>> deleted = new ArrayList<>();
        for (long key : upserts) {
            List<Object> row = row(key);
            if (model.put(key(key), row) != null) {
                deleted.add(row);
            }
            appended.add(row);
        }
        for (long key : deletes) {
            model.remove(key(key));
            deleted.add(row(key));
        }
        fixture.commit(spec, ++epoch, appended, deleted);
    }

    Map<List<Object>, Integer> expected() {
        return ReadFixture.counted(new ArrayList<>(model.values()));
    }

    Map<List<Object>, Integer> scanned() {
        return ReadFixture.counted(fixture.scan(spec));
    }
}
