package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

/** Random rounds of upserts and deletes, some of them given up or late, against a map. */
class RoundPropertyTest {
    private static final TableSchema SCHEMA = LakeFixture.schema(
            1,
            new Column(1, "v", DataType.Simple.STRING, true),
            new Column(2, "part", DataType.Simple.STRING, false),
            new Column(3, "id", DataType.Simple.BIGINT, false),
            new Column(4, "sub", new DataType.Decimal(20, 3), false));

    private Path directory;

    @BeforeProperty
    void makeDirectory() throws IOException {
        directory = Files.createTempDirectory("weir-rounds");
    }

    @AfterProperty
    void removeDirectory() throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Property(tries = 4, shrinking = ShrinkingMode.OFF)
    void theLakeHasWhatTheMapHas(@ForAll long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> partitionBy = random.nextBoolean() ? List.of("part") : List.of();
        List<String> bucketKey = random.nextBoolean() ? List.of("id") : List.of("id", "sub");
        LakeTableSpec spec = new LakeTableSpec(
                7, "db", "t", SCHEMA, List.of("part", "id", "sub"), bucketKey, partitionBy, 3, LakeFixture.MAINTENANCE);
        Map<List<Object>, String> model = new HashMap<>();
        try (LakeFixture fixture = new LakeFixture(Files.createTempDirectory(directory, "lake"))) {
            long epoch = 0;
            for (int round = 0; round < 6; round++) {
                epoch += 1 + random.nextInt(3);
                LakeTable table = fixture.lake.open(spec);
                LakeRound late = random.nextInt(3) == 0 ? table.begin(table.state(), epoch) : null;
                if (late != null) {
                    fill(late, random, new HashMap<>(model));
                    epoch++;
                }
                Map<List<Object>, String> next = new HashMap<>(model);
                try (LakeRound current = fixture.lake.open(spec).begin(table.state(), epoch)) {
                    fill(current, random, next);
                    if (random.nextInt(5) > 0) {
                        assertThat(current.commit(Map.of("b", (long) round + 1)))
                                .isInstanceOf(LakeRound.Committed.class);
                        model.clear();
                        model.putAll(next);
                        if (late != null) {
                            assertThat(late.commit(Map.of("b", 99L))).isInstanceOf(LakeRound.Refused.class);
                        }
                    }
                }
                if (late != null) {
                    late.close();
                }
                assertThat(read(fixture, spec))
                        .as("seed %d round %d", seed, round)
                        .isEqualTo(model);
            }
        }
    }

    /** A key's bucket is a function of it. */
    private static void fill(LakeRound round, SplittableRandom random, Map<List<Object>, String> model) {
        List<List<List<Object>>> upserts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        List<List<List<Object>>> deletes = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        Set<List<Object>> keys = new LinkedHashSet<>();
        for (int i = random.nextInt(40); i > 0; i--) {
            keys.add(List.of(
                    "p/" + random.nextInt(3),
                    (long) random.nextInt(8) - 4,
                    java.math.BigDecimal.valueOf(random.nextInt(3) * 1234567L - 1, 3)));
        }
        for (List<Object> key : keys) {
            int bucket = Math.floorMod(key.hashCode(), 3);
            String value = random.nextInt(4) == 0 ? null : "v" + random.nextInt(1000);
            List<Object> row = new ArrayList<>();
            row.add(value);
            row.addAll(key);
            int kind = random.nextInt(3);
            if (model.containsKey(key) || kind > 0) {
                deletes.get(bucket).add(row);
            }
            model.remove(key);
            if (kind < 2) {
                upserts.get(bucket).add(row);
                model.put(key, String.valueOf(value));
            }
        }
        for (int bucket = 0; bucket < 3; bucket++) {
            if (!upserts.get(bucket).isEmpty()) {
                round.append(LakeFixture.rows(SCHEMA, bucket, 0, upserts.get(bucket)));
            }
            if (!deletes.get(bucket).isEmpty()) {
                round.delete(LakeFixture.rows(SCHEMA, bucket, 0, deletes.get(bucket)));
            }
        }
    }

    private static Map<List<Object>, String> read(LakeFixture fixture, LakeTableSpec spec) {
        Map<List<Object>, String> rows = new HashMap<>();
        fixture.read(spec).forEach(r -> {
            String former = rows.put(
                    List.of(r.getField("part"), r.getField("id"), r.getField("sub")), String.valueOf(r.getField("v")));
            assertThat(former).as("a key twice").isNull();
        });
        return rows;
    }
}
