package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.RandomRows;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.predicate.RandomPredicate;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeSnapshot;
import io.weir.lake.LakeTableSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random rows of all types through rounds and back by scans. A failing seed replays alone with -Dweir.sim.seed. */
class ScanPropertyTest {
    private static final int SEEDS = 4;

    @TempDir
    Path directory;

    static List<Long> seeds() {
        Long one = Long.getLong("weir.sim.seed");
        if (one != null) {
            return List.of(one);
        }
        return new SplittableRandom(System.nanoTime()).longs(SEEDS).boxed().toList();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyTypeComesBackInAnyProjection(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TableSchema schema = LakeSchemas.fitted(RandomRows.schema(seed, random.nextInt(4)));
        LakeTableSpec spec = ReadFixture.log(schema);
        List<List<Object>> rows = new ArrayList<>();
        try (ReadFixture fixture = new ReadFixture(directory)) {
            for (int epoch = 1; epoch <= 2; epoch++) {
                List<List<Object>> some = RandomRows.values(schema, seed + epoch, random.nextInt(1, 200));
                rows.addAll(some);
                fixture.commit(spec, epoch, some, List.of());
            }
            for (int i = 0; i < 4; i++) {
                List<Integer> positions = new ArrayList<>();
                for (int column = 0; column < schema.columns().size(); column++) {
                    positions.add(column);
                }
                Collections.shuffle(positions, new Random(random.nextLong()));
                positions = i == 0 ? positions : positions.subList(0, random.nextInt(positions.size()));
                List<Column> columns =
                        positions.stream().map(schema.columns()::get).toList();

                assertThat(ReadFixture.counted(
                                ReadFixture.scan(fixture.snapshot(spec), columns, null, Optional.empty())))
                        .as("seed %d, %s", seed, columns)
                        .isEqualTo(ReadFixture.counted(BatchRows.pick(rows, positions)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aPredicateKeepsTheRowsThatItWouldKeepOfAll(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TableSchema schema = LakeSchemas.fitted(RandomRows.everyLeaf());
        LakeTableSpec spec = ReadFixture.log(schema);
        List<List<Object>> rows = new ArrayList<>();
        try (ReadFixture fixture = new ReadFixture(directory)) {
            for (int epoch = 1; epoch <= 4; epoch++) {
                // Files of few rows have narrow statistics, which is what is to be tested.
                List<List<Object>> some = RandomRows.values(schema, seed + epoch, random.nextInt(1, 6));
                rows.addAll(some);
                fixture.commit(spec, epoch, some, List.of());
            }
            LakeSnapshot snapshot = fixture.snapshot(spec);
            RandomPredicate predicates = new RandomPredicate(schema, rows, random);
            for (int i = 0; i < 30; i++) {
                RandomPredicate.Node node = predicates.next(2);
                int first = random.nextInt(schema.columns().size());
                List<Column> columns = schema.columns()
                        .subList(first, random.nextInt(first, schema.columns().size()) + 1);
                List<Integer> positions =
                        columns.stream().map(c -> schema.indexOf(c.id())).toList();
                List<List<Object>> passing = rows.stream()
                        .filter(row -> Boolean.TRUE.equals(node.test(row)))
                        .toList();

                assertThat(ReadFixture.counted(ReadFixture.scan(
                                snapshot, columns, Predicate.parse(node.text(), schema), Optional.empty())))
                        .as("seed %d, where %s", seed, node.text())
                        .isEqualTo(ReadFixture.counted(BatchRows.pick(passing, positions)));
            }
        }
    }
}
