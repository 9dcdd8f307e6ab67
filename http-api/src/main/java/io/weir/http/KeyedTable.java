package io.weir.http;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.ingest.RowRouter;
import io.weir.codec.json.RowJson;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.row.RowVersions;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/** What lookups need to know of one version of a primary-key table; made once, since many are small. Thread-safe. */
final class KeyedTable {
    private final TableInfo info;
    private final RowVersions versions;
    private final TableSchema keySchema;
    private final KeyEncoder keys;
    private final RowRouter router;
    private final AtomicReference<Optional<RowJson>> spare = new AtomicReference<>(Optional.empty());

    private KeyedTable(TableInfo info) {
        this.info = info;
        this.versions = new RowVersions(info.schemas());
        this.keySchema = new TableSchema(
                info.schema().schemaId(),
                info.keyOrder().stream()
                        .map(name -> info.schema().column(name).orElseThrow())
                        .map(c -> new Column(c.id(), c.name(), c.type(), false))
                        .toList());
        this.keys = KeyEncoder.of(keySchema.columns(), info.keyOrder());
        this.router = new RowRouter(keySchema, info.partitionBy(), info.bucketKey(), info.buckets());
    }

    /** One for each table that is looked up in, as long as the table stays as it is. */
    static final class Cache {
        /** More tables than a node looks up in at a time; past it the cache begins again. */
        private static final int TABLES_MAX = 4096;

        private final ConcurrentHashMap<Long, KeyedTable> tables = new ConcurrentHashMap<>();

        /** @throws WeirException INVALID_REQUEST where the table has no primary key */
        KeyedTable of(TableInfo info) {
            KeyedTable known = tables.get(info.tableId());
            if (known != null && known.info.equals(info)) {
                return known;
            }
            TableColumns.requirePrimaryKey(info);
            if (tables.size() >= TABLES_MAX) {
                tables.clear();
            }
            KeyedTable made = new KeyedTable(info);
            tables.put(info.tableId(), made);
            return made;
        }
    }

    TableInfo info() {
        return info;
    }

    RowVersions versions() {
        return versions;
    }

    /** The key's columns in the order of KV keys, none of them nullable. */
    TableSchema keySchema() {
        return keySchema;
    }

    /** Of rows that hold {@link #keySchema}. */
    KeyEncoder keys() {
        return keys;
    }

    /** Of rows that hold {@link #keySchema}. */
    RowRouter router() {
        return router;
    }

    /** The column of a key that a URL can name. */
    Column singleKey() {
        if (info.primaryKey().size() != 1) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "The table's key has the columns " + info.primaryKey()
                            + ", and a path can name one value only; use POST T/rows:lookup or T/rows:delete");
        }
        return keySchema.columns().get(0);
    }

    /** A writer of whole rows, which is this caller's until {@link #giveBack}. */
    RowJson rowJson() {
        return spare.getAndSet(Optional.empty())
                .orElseGet(() -> new RowJson(info.schema(), info.schema().columns()));
    }

    void giveBack(RowJson json) {
        spare.set(Optional.of(json));
    }
}
