package io.weir.actors.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.merge.Aggregation;
import io.weir.codec.merge.MergeSpec;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TypeParser;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrimaryKeyTablesTest {
    private static final List<Column> COLUMNS = List.of(
            column("k", "INT NOT NULL"),
            column("ds", "STRING NOT NULL"),
            column("n", "INT"),
            column("s", "STRING"),
            column("b", "BYTES"),
            column("f", "DOUBLE NOT NULL"),
            column("version", "BIGINT"),
            column("id", "BIGINT"));

    private static Column column(String name, String type) {
        boolean nullable = !type.endsWith(" NOT NULL");
        return new Column(0, name, TypeParser.parse(type.replace(" NOT NULL", "")), nullable);
    }

    private static TableInfo create(
            List<String> key, List<String> bucketKey, List<String> partitionBy, Map<String, String> properties) {
        return TableRules.create(
                1,
                "db",
                new Catalog.TableDefinition("t", COLUMNS, key, bucketKey, partitionBy, 4, properties),
                Instant.EPOCH);
    }

    /** With key {@code k}, of alternating property names and values. */
    private static TableInfo keyed(String... properties) {
        return create(List.of("k"), List.of(), List.of(), map(properties));
    }

    private static Map<String, String> map(String... properties) {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < properties.length; i += 2) {
            map.put(properties[i], properties[i + 1]);
        }
        return map;
    }

    private static TableInfo rename(TableInfo table, String from, String to) {
        return TableRules.change(
                table, new Catalog.TableChange(List.of(), Map.of(from, to), Map.of(), List.of(), Map.of(), Set.of()));
    }

    private static TableInfo drop(TableInfo table, String column) {
        return TableRules.change(
                table, new Catalog.TableChange(List.of(), Map.of(), Map.of(), List.of(column), Map.of(), Set.of()));
    }

    private static TableInfo widen(TableInfo table, String column, String type) {
        return TableRules.change(
                table,
                new Catalog.TableChange(List.of(), Map.of(), Map.of(column, type), List.of(), Map.of(), Set.of()));
    }

    private static TableInfo set(TableInfo table, String... properties) {
        return TableRules.change(
                table, new Catalog.TableChange(List.of(), Map.of(), Map.of(), List.of(), map(properties), Set.of()));
    }

    private static TableInfo unset(TableInfo table, String property) {
        return TableRules.change(
                table, new Catalog.TableChange(List.of(), Map.of(), Map.of(), List.of(), Map.of(), Set.of(property)));
    }

    private static void assertRefused(ErrorCode code, ThrowingCallable call, String... words) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContainingAll(words);
    }

    @Test
    void theBucketKeyIsFilledIn() {
        assertThat(create(List.of("k", "ds"), List.of(), List.of("ds"), Map.of()))
                .satisfies(table -> {
                    assertThat(table.bucketKey()).containsExactly("k");
                    assertThat(table.keyOrder()).containsExactly("k", "ds");
                });
        assertThat(create(List.of("k", "ds"), List.of(), List.of(), Map.of()).bucketKey())
                .containsExactly("k", "ds");
        assertThat(create(List.of("ds"), List.of(), List.of("ds"), Map.of()).bucketKey())
                .containsExactly("ds");
        assertThat(create(List.of("k", "ds"), List.of("ds"), List.of(), Map.of())
                        .keyOrder())
                .containsExactly("ds", "k");
        assertThat(create(List.of(), List.of(), List.of("ds"), Map.of()).bucketKey())
                .isEmpty();
    }

    @Test
    void keyAndPartitionColumnsAreNeverNullSaidOrNot() {
        assertThat(create(List.of("n"), List.of(), List.of(), Map.of()).schema().column("n"))
                .hasValueSatisfying(column -> assertThat(column.nullable()).isFalse());
        assertThat(create(List.of(), List.of(), List.of("s"), Map.of()).schema().column("s"))
                .hasValueSatisfying(column -> assertThat(column.nullable()).isFalse());
    }

    @Test
    void keysAndPartitionColumnsAreChecked() {
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                () -> create(List.of("zz"), List.of(), List.of(), Map.of()),
                "primary_key",
                "'zz'",
                "not a column");
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                () -> create(List.of("k", "k"), List.of(), List.of(), Map.of()),
                "primary_key names 'k' twice");
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                () -> create(List.of("f"), List.of(), List.of(), Map.of()),
                "'f' is DOUBLE",
                "cannot be a key");
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                () -> create(List.of("k"), List.of("ds"), List.of(), Map.of()),
                "bucket_key column 'ds' is not in primary_key");
        assertRefused(
                ErrorCode.INVALID_SCHEMA,
                () -> create(List.of("k"), List.of(), List.of("ds"), Map.of()),
                "partition_by column 'ds' is not in primary_key");
        assertRefused(
                ErrorCode.INVALID_SCHEMA, () -> create(List.of(), List.of(), List.of("f"), Map.of()), "'f' is DOUBLE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"STRING", "CHAR(3)", "TINYINT", "SMALLINT", "INT", "BIGINT", "BOOLEAN", "DATE"})
    void typesWithOneShortTextMayPartition(String type) {
        Catalog.TableDefinition definition = new Catalog.TableDefinition(
                "t", List.of(column("p", type + " NOT NULL")), List.of(), List.of(), List.of("p"), 1, Map.of());
        assertThat(TableRules.create(1, "db", definition, Instant.EPOCH).partitionBy())
                .containsExactly("p");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DECIMAL(4,2)", "BYTES", "TIMESTAMP(3)", "FLOAT", "ARRAY<INT>"})
    void otherTypesMayNotPartition(String type) {
        Catalog.TableDefinition definition = new Catalog.TableDefinition(
                "t", List.of(column("p", type + " NOT NULL")), List.of(), List.of(), List.of("p"), 1, Map.of());
        assertRefused(
                ErrorCode.INVALID_SCHEMA, () -> TableRules.create(1, "db", definition, Instant.EPOCH), "'p'", type);
    }

    @Test
    void mergePropertiesAreTyped() {
        TableProperties properties = TableProperties.from(keyed(
                        "merge-engine",
                        "aggregation",
                        "fields.n.agg",
                        "sum",
                        "fields.s.agg",
                        "listagg",
                        "fields.s.delimiter",
                        ";",
                        "changelog.image",
                        "after",
                        "auto-increment.column",
                        "id",
                        "auto-increment.cache-size",
                        "7")
                .properties());
        assertThat(properties.merge())
                .isEqualTo(new MergeSpec(
                        MergeSpec.Engine.AGGREGATION,
                        null,
                        Map.of("n", Aggregation.SUM, "s", Aggregation.LISTAGG),
                        Map.of("s", ";")));
        assertThat(properties.changelogImage()).isEqualTo(ChangelogImage.AFTER);
        assertThat(properties.autoIncrement()).isEqualTo(Optional.of(new TableProperties.AutoIncrement("id", 7)));
        assertThat(TableProperties.from(keyed("auto-increment.column", "id").properties())
                        .autoIncrement())
                .isEqualTo(Optional.of(new TableProperties.AutoIncrement("id", 100_000)));
        assertThat(TableProperties.from(keyed("merge-engine", "first-row").properties())
                        .merge()
                        .engine())
                .isEqualTo(MergeSpec.Engine.FIRST_ROW);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "merge-engine=newest|merge-engine",
                "merge-engine=versioned|merge-engine.version-column",
                "merge-engine=versioned,merge-engine.version-column=zz|zz",
                "merge-engine.version-column=version|merge-engine",
                "fields.n.agg=sum|fields.n.agg",
                "merge-engine=aggregation,fields.n.agg=median|bool_and",
                "merge-engine=aggregation,fields.zz.agg=sum|zz",
                "merge-engine=aggregation,fields.k.agg=sum|primary key",
                "merge-engine=aggregation,fields.s.agg=sum|fields.s.agg",
                "merge-engine=aggregation,fields.s.agg=max,fields.s.delimiter=x|listagg",
                "changelog.image=before|changelog.image",
                "auto-increment.column=zz|zz",
                "auto-increment.column=s|INT or BIGINT",
                "auto-increment.column=k|primary key",
                "merge-engine=aggregation,fields.n.agg=sum,auto-increment.column=n|aggregated",
                "merge-engine=versioned,merge-engine.version-column=id,auto-increment.column=id|version column",
                "auto-increment.cache-size=5|auto-increment.column",
                "auto-increment.column=id,auto-increment.cache-size=0|10000000",
                "auto-increment.column=id,auto-increment.cache-size=10000001|10000000",
                "partition.auto.enabled=true|partitioned tables"
            })
    void propertiesThatDoNotFitAreRefused(String properties, String word) {
        assertRefused(ErrorCode.INVALID_PROPERTY, () -> keyed(properties.split("[=,]")), word);
    }

    @ParameterizedTest
    @ValueSource(strings = {"merge-engine", "fields.n.agg", "changelog.image", "auto-increment.column"})
    void logTablesDoNotMerge(String name) {
        String value = Map.of(
                        "merge-engine", "last-row",
                        "fields.n.agg", "sum",
                        "changelog.image", "full",
                        "auto-increment.column", "id")
                .get(name);
        assertRefused(
                ErrorCode.INVALID_PROPERTY,
                () -> create(List.of(), List.of(), List.of(), Map.of(name, value)),
                "'" + name + "'",
                "tables with a primary key");
    }

    @ParameterizedTest
    @CsvSource({
        "fields.n.ag,'fields.n.agg'",
        "fields.n.delimeter,'fields.n.delimiter'",
        "fields.n,'fields.n.agg'",
        "field.n.agg,'fields.n.agg'",
        "fields.a.b.agg,'fields.<column>.agg'",
        "merge-engin,'merge-engine'",
        "auto-increment.cachesize,'auto-increment.cache-size'",
        "partition.auto.precreate,'partition.auto.pre-create'"
    })
    void unknownPropertiesAreAnsweredWithTheNearest(String name, String nearest) {
        assertRefused(ErrorCode.INVALID_PROPERTY, () -> keyed(name, "sum"), "'" + name + "'", nearest);
    }

    @Test
    void columnsThatTheTableNeedsStay() {
        TableInfo table = create(
                List.of("k", "ds"),
                List.of(),
                List.of("ds"),
                map("merge-engine", "aggregation", "fields.n.agg", "sum", "auto-increment.column", "id"));
        assertRefused(ErrorCode.INVALID_SCHEMA, () -> drop(table, "k"), "'k'", "primary key");
        assertRefused(ErrorCode.INVALID_SCHEMA, () -> drop(table, "n"), "'n'", "fields.n.agg");
        assertRefused(ErrorCode.INVALID_SCHEMA, () -> drop(table, "id"), "'id'", "auto-increment.column");
        assertThat(drop(table, "s").schema().column("s")).isEmpty();
        TableInfo log = create(List.of(), List.of(), List.of("ds"), Map.of());
        assertRefused(ErrorCode.INVALID_SCHEMA, () -> drop(log, "ds"), "'ds'", "partition columns");
        TableInfo versioned = keyed("merge-engine", "versioned", "merge-engine.version-column", "version");
        assertRefused(ErrorCode.INVALID_SCHEMA, () -> drop(versioned, "version"), "merge-engine.version-column");
    }

    @Test
    void renamesAreFollowedEverywhere() {
        TableInfo table = create(
                List.of("k", "ds"),
                List.of(),
                List.of("ds"),
                map(
                        "merge-engine",
                        "aggregation",
                        "fields.s.agg",
                        "listagg",
                        "fields.s.delimiter",
                        ";",
                        "auto-increment.column",
                        "id"));
        TableInfo renamed = rename(rename(rename(rename(table, "k", "key"), "ds", "day"), "s", "list"), "id", "uid");
        assertThat(renamed.primaryKey()).containsExactly("key", "day");
        assertThat(renamed.bucketKey()).containsExactly("key");
        assertThat(renamed.partitionBy()).containsExactly("day");
        assertThat(renamed.properties())
                .isEqualTo(map(
                        "merge-engine",
                        "aggregation",
                        "fields.list.agg",
                        "listagg",
                        "fields.list.delimiter",
                        ";",
                        "auto-increment.column",
                        "uid"));
        TableInfo versioned = keyed("merge-engine", "versioned", "merge-engine.version-column", "version");
        assertThat(rename(versioned, "version", "v").properties()).containsEntry("merge-engine.version-column", "v");
    }

    @Test
    void keysMayWiden() {
        assertThat(widen(keyed(), "k", "BIGINT")
                        .schema()
                        .column("k")
                        .orElseThrow()
                        .type())
                .isEqualTo(TypeParser.parse("BIGINT"));
    }

    @Test
    void newColumnsMayComeWithAnAggregation() {
        TableInfo table = keyed("merge-engine", "aggregation");
        Catalog.TableChange change = new Catalog.TableChange(
                List.of(column("more", "BIGINT"), column("plain", "STRING")),
                Map.of(),
                Map.of(),
                List.of(),
                Map.of("fields.more.agg", "sum"),
                Set.of());
        TableInfo changed = TableRules.change(table, change);
        assertThat(TableProperties.from(changed.properties()).merge().aggregations())
                .isEqualTo(Map.of("more", Aggregation.SUM));
        assertRefused(
                ErrorCode.INVALID_PROPERTY,
                () -> set(changed, "fields.plain.agg", "max"),
                "fields.plain.agg",
                "cannot");
    }

    @Test
    void whatRowsWereMergedByStays() {
        TableInfo table = keyed(
                "merge-engine",
                "aggregation",
                "fields.s.agg",
                "listagg",
                "auto-increment.column",
                "id",
                "log.ttl",
                "1d");
        assertRefused(
                ErrorCode.INVALID_PROPERTY,
                () -> unset(keyed("merge-engine", "first-row"), "merge-engine"),
                "cannot change");
        assertRefused(
                ErrorCode.INVALID_PROPERTY, () -> set(table, "fields.s.agg", "max"), "fields.s.agg", "cannot change");
        assertRefused(
                ErrorCode.INVALID_PROPERTY,
                () -> set(table, "fields.s.delimiter", "|"),
                "fields.s.delimiter",
                "cannot");
        assertRefused(
                ErrorCode.INVALID_PROPERTY,
                () -> unset(table, "auto-increment.column"),
                "auto-increment.column",
                "cannot");
        assertRefused(ErrorCode.INVALID_PROPERTY, () -> set(keyed(), "auto-increment.column", "id"), "cannot change");
        assertThat(set(table, "changelog.image", "after", "auto-increment.cache-size", "9", "log.ttl", "2d")
                        .properties())
                .containsEntry("changelog.image", "after")
                .containsEntry("auto-increment.cache-size", "9");
        assertThat(set(table, "fields.s.delimiter", ",").properties()).containsEntry("fields.s.delimiter", ",");
    }

    @Test
    void theAutoPartitionRuleFitsItsColumnAndKeepsItsUnit() {
        TableInfo table = create(
                List.of(),
                List.of(),
                List.of("ds"),
                map("partition.auto.enabled", "true", "partition.auto.unit", "hour", "partition.auto.retention", "3"));
        TableInfo more = set(table, "partition.auto.retention", "5", "partition.auto.pre-create", "4");
        assertThat(TableProperties.from(more.properties()).autoPartition())
                .isEqualTo(Optional.of(new AutoPartition(AutoPartition.Unit.HOUR, 4, 5, java.time.ZoneId.of("UTC"))));
        assertRefused(
                ErrorCode.INVALID_PROPERTY,
                () -> set(table, "partition.auto.unit", "day"),
                "partition.auto.unit",
                "cannot");
        TableInfo off = set(table, "partition.auto.enabled", "false");
        assertThat(TableProperties.from(off.properties()).autoPartition()).isEmpty();
        assertRefused(ErrorCode.INVALID_PROPERTY, () -> unset(off, "partition.auto.unit"), "cannot change");
        assertRefused(
                ErrorCode.INVALID_PROPERTY,
                () -> create(List.of(), List.of(), List.of("k"), map("partition.auto.enabled", "true")),
                "'k'",
                "STRING");
        assertRefused(
                ErrorCode.INVALID_PROPERTY,
                () -> create(List.of(), List.of(), List.of("k", "ds"), map("partition.auto.enabled", "true")),
                "exactly one");
        for (String bad : List.of("unit=week", "pre-create=501", "retention=9001", "time-zone=Mars", "enabled=yes")) {
            String[] parts = ("partition.auto." + bad).split("=");
            assertRefused(
                    ErrorCode.INVALID_PROPERTY,
                    () -> create(List.of(), List.of(), List.of("ds"), map(parts)),
                    parts[0],
                    parts[1]);
        }
    }
}
