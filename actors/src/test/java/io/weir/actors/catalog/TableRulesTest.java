package io.weir.actors.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.Compression;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TypeParser;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TableRulesTest {
    private static Column column(String name, String type) {
        return new Column(0, name, TypeParser.parse(type), true);
    }

    private static Catalog.TableDefinition definition(List<String> key, int buckets, Column... columns) {
        return new Catalog.TableDefinition("t", List.of(columns), key, buckets, Map.of());
    }

    private static TableInfo create(Catalog.TableDefinition definition) {
        return TableRules.create(1, "db", definition, Instant.EPOCH);
    }

    private static TableInfo table(List<String> key, Column... columns) {
        return create(new Catalog.TableDefinition("t", List.of(columns), key, 1, Map.of("log.ttl", "1d")));
    }

    private static void checkProperties(Map<String, String> properties) {
        create(new Catalog.TableDefinition("t", List.of(column("a", "INT")), List.of(), 1, properties));
    }

    private static Catalog.TableChange change(
            List<Column> add, Map<String, String> renames, Map<String, String> widenings, String... drop) {
        return new Catalog.TableChange(add, renames, widenings, List.of(drop), Map.of(), Set.of());
    }

    private static void assertRefused(
            ErrorCode code, String word, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(word);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", "a b", "a$b", "ä", "a/b", "a\n"})
    void namesOutsideTheContractAreRefused(String name) {
        assertRefused(ErrorCode.INVALID_REQUEST, "table name", () -> TableRules.checkName("table", name));
    }

    @Test
    void namesHaveALongestLength() {
        TableRules.checkName("table", "a".repeat(128));
        assertRefused(ErrorCode.INVALID_REQUEST, "128", () -> TableRules.checkName("table", "a".repeat(129)));
    }

    @Test
    void definitionsAreChecked() {
        create(definition(List.of("a"), 1024, column("a", "INT"), column("b", "ARRAY<FLOAT>(3)")));
        assertRefused(ErrorCode.INVALID_SCHEMA, "columns", () -> create(definition(List.of(), 1)));
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                "2001",
                () -> create(definition(
                        List.of(),
                        1,
                        IntStream.range(0, 2001)
                                .mapToObj(i -> column("c" + i, "INT"))
                                .toArray(Column[]::new))));
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                "twice",
                () -> create(definition(List.of(), 1, column("a", "INT"), column("a", "INT"))));
        assertRefused(
                ErrorCode.INVALID_SCHEMA, "reserved", () -> create(definition(List.of(), 1, column("_offset", "INT"))));
        for (int buckets : new int[] {0, 1025, -1}) {
            assertRefused(
                    ErrorCode.INVALID_SCHEMA,
                    "buckets",
                    () -> create(definition(List.of(), buckets, column("a", "INT"))));
        }
    }

    @Test
    void aTableThatGoesToTheLakeHasOnlyColumnsThatTheLakeCanHave() {
        Map<String, String> enabled = Map.of("datalake.enabled", "true");
        Column fine = column("fine", "TIMESTAMP(6)");
        Column nanos = column("nanos", "ROW<at TIMESTAMP(9)>");
        assertRefused(
                ErrorCode.NOT_SUPPORTED,
                "column 'nanos' is TIMESTAMP(9)",
                () -> create(new Catalog.TableDefinition("t", List.of(fine, nanos), List.of(), 1, enabled)));
        TableInfo outside = create(definition(List.of(), 1, fine, nanos));
        Catalog.TableChange enable =
                new Catalog.TableChange(List.of(), Map.of(), Map.of(), List.of(), enabled, Set.of());
        assertRefused(ErrorCode.NOT_SUPPORTED, "'nanos'", () -> TableRules.change(outside, enable));
        TableInfo inside = TableRules.change(
                outside, new Catalog.TableChange(List.of(), Map.of(), Map.of(), List.of("nanos"), enabled, Set.of()));
        assertThat(TableProperties.from(inside.properties()).lake().enabled()).isTrue();
        assertRefused(
                ErrorCode.NOT_SUPPORTED,
                "'nanos'",
                () -> TableRules.change(inside, change(List.of(nanos), Map.of(), Map.of())));
        assertRefused(
                ErrorCode.NOT_SUPPORTED,
                "'__offset'",
                () -> TableRules.change(inside, change(List.of(), Map.of("fine", "__offset"), Map.of())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"FLOAT", "DOUBLE", "ARRAY<INT>", "MAP<INT, INT>", "ROW<a INT>", "ARRAY<FLOAT>(3)"})
    void nestedAndFloatingTypesCannotBeBucketKeys(String type) {
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                "cannot be a key",
                () -> create(definition(List.of("a"), 1, column("a", type))));
    }

    @Test
    void bucketKeyMustNameColumnsOnce() {
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                "not a column",
                () -> create(definition(List.of("x"), 1, column("a", "INT"))));
        assertRefused(
                ErrorCode.INVALID_SCHEMA, "twice", () -> create(definition(List.of("a", "a"), 1, column("a", "INT"))));
    }

    @Test
    void propertiesAreTypedWithDefaults() {
        TableProperties defaults = TableProperties.from(Map.of());
        assertThat(defaults)
                .isEqualTo(new TableProperties(
                        Duration.ofDays(7),
                        1L << 30,
                        Duration.ofDays(7),
                        0,
                        Compression.ZSTD,
                        Duration.ZERO,
                        2,
                        Duration.ofMinutes(10),
                        io.weir.codec.merge.MergeSpec.LAST_ROW,
                        ChangelogImage.FULL,
                        java.util.Optional.empty(),
                        java.util.Optional.empty(),
                        new Datalake(
                                false,
                                Duration.ofMinutes(3),
                                "",
                                new io.weir.lake.LakeMaintenance(
                                        128L << 20, 8, Duration.ofHours(1), Duration.ofDays(1)),
                                Duration.ofMinutes(10))));
        TableProperties set = TableProperties.from(Map.of(
                "durability",
                "local",
                "log.ttl",
                "0",
                "log.segment-size",
                "64MiB",
                "log.segment-age",
                "12h",
                "log.compression",
                "lz4",
                "log.linger",
                "5ms",
                "log.retained-size",
                "10gb"));
        assertThat(set.logSettings().retainedBytes()).isEqualTo(10L << 30);
        assertThat(set.logSettings().segmentBytes()).isEqualTo(64L << 20);
        assertThat(set.logSettings().ttl()).isEqualTo(Duration.ZERO);
        assertThat(set.linger()).isEqualTo(Duration.ofMillis(5));
    }

    @ParameterizedTest
    @CsvSource({
        "log.ttl,soon",
        "log.ttl,-1d",
        "log.ttl,999999999999999999d",
        "log.ttl,10ms",
        "log.segment-size,1kb",
        "log.segment-size,2gb",
        "log.segment-size,999999999999999999gb",
        "log.segment-age,0",
        "log.compression,gzip",
        "log.linger,2s",
        "log.retained-size,1kb",
        "log.retained-size,1.5",
        "log.local-segments,-1",
        "log.local-segments,100001",
        "log.local-segments,some",
        "kv.snapshot-interval,500ms",
        "kv.snapshot-interval,366d",
        "kv.snapshot-interval,often",
        "durability,none",
        "datalake.enabled,x",
        "datalake.freshness,0",
        "datalake.freshness,31d",
        "datalake.group,a b",
        "datalake.target-file-size,1kb",
        "datalake.compact-files,1",
        "datalake.snapshot-retention,0",
        "datalake.orphan-grace,0",
        "datalake.maintenance,10ms"
    })
    void badValuesAreRefusedByName(String name, String value) {
        assertRefused(ErrorCode.INVALID_PROPERTY, name, () -> checkProperties(Map.of(name, value)));
    }

    @Test
    void otherLakeFormatsAreNotSupported() {
        assertRefused(ErrorCode.NOT_SUPPORTED, "paimon", () -> checkProperties(Map.of("datalake.format", "paimon")));
    }

    @Test
    void remoteDurabilityIsNotSupported() {
        assertRefused(ErrorCode.NOT_SUPPORTED, "remote", () -> checkProperties(Map.of("durability", "remote")));
    }

    @Test
    void unknownPropertiesAreAnsweredWithTheNearest() {
        assertRefused(ErrorCode.INVALID_PROPERTY, "'log.ttl'", () -> checkProperties(Map.of("log.tll", "1d")));
        assertRefused(ErrorCode.INVALID_PROPERTY, "'durability'", () -> checkProperties(Map.of("durabilty", "local")));
    }

    @Test
    void columnIdsAreNeverReused() {
        TableInfo table = table(List.of(), column("a", "INT"), column("b", "INT"));
        TableInfo dropped = TableRules.change(table, change(List.of(), Map.of(), Map.of(), "b"));
        TableInfo added = TableRules.change(dropped, change(List.of(column("b", "STRING")), Map.of(), Map.of()));
        assertThat(added.schema().column("b").orElseThrow().id()).isEqualTo(3);
        assertThat(added.schema().schemaId()).isEqualTo(3);
        assertThat(added.schemas()).hasSize(3);
    }

    @Test
    void renamesKeepIdsAndMaySwap() {
        TableInfo table = table(List.of("a"), column("a", "INT"), column("b", "INT"));
        TableInfo swapped = TableRules.change(table, change(List.of(), Map.of("a", "b", "b", "a"), Map.of()));
        assertThat(swapped.schema().columns()).extracting(Column::name).containsExactly("b", "a");
        assertThat(swapped.schema().columns()).extracting(Column::id).containsExactly(1, 2);
        assertThat(swapped.bucketKey()).containsExactly("b");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TINYINT|BIGINT",
                "INT|BIGINT",
                "FLOAT|DOUBLE",
                "DECIMAL(5,2)|DECIMAL(9,2)",
                "CHAR(3)|CHAR(9)",
                "CHAR(3)|STRING"
            })
    void typesMayGrow(String from, String to) {
        TableInfo widened =
                TableRules.change(table(List.of(), column("a", from)), change(List.of(), Map.of(), Map.of("a", to)));
        assertThat(widened.schema().columns().get(0).type()).isEqualTo(TypeParser.parse(to));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BIGINT|INT",
                "INT|DOUBLE",
                "DOUBLE|FLOAT",
                "DECIMAL(5,2)|DECIMAL(9,3)",
                "DECIMAL(5,2)|DECIMAL(4,2)",
                "STRING|CHAR(3)",
                "CHAR(9)|CHAR(3)",
                "INT|STRING"
            })
    void typesDoNotShrinkOrTurn(String from, String to) {
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                "cannot become",
                () -> TableRules.change(
                        table(List.of(), column("a", from)), change(List.of(), Map.of(), Map.of("a", to))));
    }

    @Test
    void keysAndTheLastColumnStay() {
        TableInfo table = table(List.of("a"), column("a", "INT"), column("b", "INT"));
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                "bucket key",
                () -> TableRules.change(table, change(List.of(), Map.of(), Map.of(), "a")));
        TableInfo one = table(List.of(), column("a", "INT"));
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                "1 to",
                () -> TableRules.change(one, change(List.of(), Map.of(), Map.of(), "a")));
        assertRefused(
                ErrorCode.COLUMN_NOT_FOUND,
                "'zz'",
                () -> TableRules.change(one, change(List.of(), Map.of("zz", "y"), Map.of())));
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                "NOT NULL",
                () -> TableRules.change(
                        one, change(List.of(new Column(0, "n", DataType.Simple.INT, false)), Map.of(), Map.of())));
    }

    @Test
    void propertiesAreSetAndUnset() {
        TableInfo table = table(List.of(), column("a", "INT"));
        TableInfo changed = TableRules.change(
                table,
                new Catalog.TableChange(
                        List.of(), Map.of(), Map.of(), List.of(), Map.of("log.linger", "1ms"), Set.of("log.ttl")));
        assertThat(changed.properties()).isEqualTo(Map.of("log.linger", "1ms"));
        assertThat(changed.schemas()).isEqualTo(table.schemas());
        assertThat(Arrays.asList(changed)).doesNotContain(table);
    }
}
