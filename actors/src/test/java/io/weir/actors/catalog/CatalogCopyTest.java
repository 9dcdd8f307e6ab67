package io.weir.actors.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatalogCopyTest {
    private static final Instant CREATED = Instant.ofEpochMilli(1_700_000_000_123L);
    private static final TableInfo KEYED = new TableInfo(
            7,
            "db",
            "k",
            List.of(
                    schema(1, new Column(1, "id", DataType.Simple.INT, false), day(2)),
                    schema(
                            2,
                            new Column(1, "id", DataType.Simple.BIGINT, false),
                            day(2),
                            new Column(
                                    3, "tags", TypeParser.parse("MAP<STRING, ROW<a INT, `b c` DECIMAL(9,2)>>"), true))),
            List.of("id", "day"),
            List.of("id"),
            List.of("day"),
            4,
            Map.of("log.ttl", "1d", "merge-engine", "first-row", "kv.snapshot-interval", "0"),
            CREATED);
    private static final TableInfo LOG = new TableInfo(
            3,
            "db",
            "l",
            List.of(schema(1, new Column(1, "x", DataType.Simple.DOUBLE, true))),
            List.of(),
            List.of(),
            List.of(),
            1,
            Map.of(),
            CREATED);

    private static final String COPY = """
            {"format":1,"cluster_id":"c-1","version":6,"last_table_id":9,"last_partition_id":8,"databases":["db","empty"],"tables":[\
            {"table_id":3,"database":"db","name":"l","schemas":[{"schema_id":1,"columns":[{"id":1,"name":"x","type":"DOUBLE","nullable":true}]}],\
            "primary_key":[],"bucket_key":[],"partition_by":[],"buckets":1,"properties":{},"created_at_ms":1700000000123,"partitions":[]},\
            {"table_id":7,"database":"db","name":"k","schemas":[{"schema_id":1,"columns":[{"id":1,"name":"id","type":"INT","nullable":false},\
            {"id":2,"name":"day","type":"DATE","nullable":false}]},{"schema_id":2,"columns":[{"id":1,"name":"id","type":"BIGINT","nullable":false},\
            {"id":2,"name":"day","type":"DATE","nullable":false},{"id":3,"name":"tags","type":"MAP<STRING, ROW<a INT, `b c` DECIMAL(9,2)>>",\
            "nullable":true}]}],"primary_key":["id","day"],"bucket_key":["id"],"partition_by":["day"],"buckets":4,\
            "properties":{"kv.snapshot-interval":"0","log.ttl":"1d","merge-engine":"first-row"},"created_at_ms":1700000000123,\
            "partitions":[{"partition_id":5,"values":["2026-11-23"],"created_at_ms":1700000000123},\
            {"partition_id":8,"values":["2026-11-24"],"created_at_ms":1700000000123}]}]}""";

    private static TableSchema schema(int id, Column... columns) {
        return new TableSchema(id, List.of(columns));
    }

    private static Column day(int id) {
        return new Column(id, "day", DataType.Simple.DATE, false);
    }

    private static PartitionInfo partition(long id, String day) {
        return new PartitionInfo(id, day, List.of(day), CREATED);
    }

    private static CatalogState catalog() {
        CatalogState state = CatalogState.EMPTY;
        for (CatalogEvent event : List.of(
                new CatalogEvent.ClusterNamed("c-1"),
                new CatalogEvent.DatabaseCreated("empty"),
                new CatalogEvent.TableCreated(KEYED, true),
                new CatalogEvent.PartitionsCreated(7, List.of(partition(8, "2026-11-24"), partition(5, "2026-11-23"))),
                new CatalogEvent.TableCreated(
                        new TableInfo(
                                9, "db", "gone", LOG.schemas(), List.of(), List.of(), List.of(), 1, Map.of(), CREATED),
                        false),
                new CatalogEvent.TableDropped("db", "gone", 9))) {
            state = state.apply(event);
        }
        CatalogState.Snapshot old = state.snapshot();
        List<TableInfo> tables = new ArrayList<>(old.tables());
        tables.add(LOG);
        return CatalogState.of(new CatalogState.Snapshot(
                old.lastTableId(),
                old.databases(),
                tables,
                old.lastPartitionId(),
                old.partitions(),
                old.clusterId(),
                old.version()));
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    /** The copy is what a later version has to read. */
    @Test
    void theCopyIsPinned() {
        assertThat(new String(CatalogCopy.encode(catalog()), StandardCharsets.UTF_8))
                .isEqualTo(COPY);
    }

    @Test
    void whatWasCopiedComesBack() {
        CatalogState back = CatalogState.of(CatalogCopy.decode(bytes(COPY)));
        assertThat(CatalogCopy.encode(back)).isEqualTo(bytes(COPY));
        assertThat(back.table("db", "k")).contains(KEYED);
        assertThat(back.table(3)).contains(LOG);
        assertThat(back.partition(7, "2026-11-23")).contains(partition(5, "2026-11-23"));
        assertThat(back.clusterId()).isEqualTo("c-1");
        assertThat(List.of(back.version(), back.lastTableId(), back.lastPartitionId()))
                .containsExactly(6L, 9L, 8L);
        assertThat(CatalogState.of(CatalogCopy.decode(CatalogCopy.encode(CatalogState.EMPTY)))
                        .snapshot())
                .isEqualTo(CatalogState.EMPTY.snapshot());
    }

    @Test
    void theOrderInWhichTablesCameDoesNotShow() {
        CatalogState.Snapshot one = catalog().snapshot();
        List<TableInfo> turned = new ArrayList<>(one.tables());
        Collections.reverse(turned);
        CatalogState.Snapshot other = new CatalogState.Snapshot(
                one.lastTableId(),
                one.databases(),
                turned,
                one.lastPartitionId(),
                one.partitions(),
                one.clusterId(),
                one.version());
        assertThat(CatalogCopy.encode(CatalogState.of(other))).isEqualTo(bytes(COPY));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '~',
            value = {
                "\"format\":1;\"format\":2;use a newer version",
                "\"format\":1,;;format",
                "\"version\":6;\"version\":-1;version",
                "\"version\":6;\"version\":6.5;6.5",
                "\"version\":6;\"version\":\"6\";String",
                "\"version\":6;\"version\":null;null",
                "\"version\":6,;;version",
                "\"version\":6;\"version\":6,\"version\":6;version",
                "\"version\":6;\"version\":6,\"more\":1;more",
                "\"version\":6;\"version\":99999999999999999999;range",
                "\"cluster_id\":\"c-1\";\"cluster_id\":\"../c\";cluster id",
                "\"last_table_id\":9;\"last_table_id\":6;table id 7",
                "\"last_table_id\":9;\"last_table_id\":1000000000000000000;last table id",
                "\"last_partition_id\":8;\"last_partition_id\":7;partition id 8",
                "\"table_id\":3;\"table_id\":7;twice",
                "\"table_id\":3;\"table_id\":0;table id 0",
                "\"databases\":[\"db\",\"empty\"];\"databases\":[\"empty\"];no database 'db'",
                "\"databases\":[\"db\",\"empty\"];\"databases\":[\"db\",\"db\"];twice",
                "\"databases\":[\"db\",\"empty\"];\"databases\":[\"db\",null];null",
                "\"databases\":[\"db\",\"empty\"];\"databases\":[\"db\",\"a/b\"];database name",
                "\"databases\":[\"db\",\"empty\"];\"databases\":[\"db\",5];String",
                "\"name\":\"l\";\"name\":\"k\";twice",
                "\"name\":\"l\";\"name\":\"..\";table name",
                "\"buckets\":1;\"buckets\":0;buckets",
                "\"buckets\":1;\"buckets\":1025;buckets",
                "\"schema_id\":2;\"schema_id\":3;schema id 3",
                "\"type\":\"DOUBLE\";\"type\":\"DOUBEL\";DOUBEL",
                "{\"id\":2,\"name\":\"day\";{\"id\":1,\"name\":\"day\";column id 1",
                "\"nullable\":true;\"nullable\":1;boolean",
                "\"bucket_key\":[\"id\"];\"bucket_key\":[\"idd\"];idd",
                "\"partition_by\":[\"day\"];\"partition_by\":[];not partitioned",
                "\"values\":[\"2026-11-23\"];\"values\":[\"../2026\"];partition value",
                "\"values\":[\"2026-11-23\"];\"values\":[\"2026-11-24\"];twice",
                "\"partition_id\":5;\"partition_id\":8;partition id 8",
                "\"log.ttl\":\"1d\";\"log.ttl\":null;null",
            })
    void whatDoesNotFitIsRefused(String what, String instead, String why) {
        String changed = COPY.replace(what, instead == null ? "" : instead);
        assertThat(changed).isNotEqualTo(COPY);
        assertThatThrownBy(() -> CatalogCopy.decode(bytes(changed))).isInstanceOfSatisfying(WeirException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT_DATA);
            assertThat(e.detail()).startsWith("the copy of the catalog").contains(why);
        });
    }

    @Test
    void aCopyThatIsCutIsRefused() {
        byte[] whole = bytes(COPY);
        for (int length = 0; length < whole.length; length += 7) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> CatalogCopy.decode(cut)).isInstanceOf(WeirException.class);
        }
        assertThatThrownBy(() -> CatalogCopy.decode(bytes(COPY + "{}"))).isInstanceOf(WeirException.class);
        assertThatThrownBy(() -> CatalogCopy.decode(bytes("[".repeat(100_000)))).isInstanceOf(WeirException.class);
    }

    /** Any byte may be another: it is refused, or it is a catalog that can be copied again. */
    @Test
    void aCopyWithWrongBytesIsRefusedOrWhole() {
        long seed = 20_261_123L;
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            byte[] wrong = bytes(COPY);
            wrong[random.nextInt(wrong.length)] = (byte) random.nextInt(256);
            try {
                CatalogState state = CatalogState.of(CatalogCopy.decode(wrong));
                assertThat(CatalogState.of(CatalogCopy.decode(CatalogCopy.encode(state)))
                                .snapshot())
                        .as("seed %d try %d", seed, i)
                        .isEqualTo(state.snapshot());
            } catch (WeirException e) {
                assertThat(e.code()).as("seed %d try %d", seed, i).isEqualTo(ErrorCode.CORRUPT_DATA);
            }
        }
    }
}
