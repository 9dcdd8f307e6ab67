package io.weir.actors.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.catalog.AutoPartition.Unit;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class AutoPartitionsPropertyTest {
    private static final List<String> ZONES = List.of(
            "UTC",
            "America/New_York",
            "Europe/Berlin",
            "Australia/Lord_Howe",
            "Pacific/Apia",
            "Asia/Kathmandu",
            "America/Sao_Paulo");

    private static AutoPartition rule(Unit unit, int preCreate, int retention, String zone) {
        return new AutoPartition(unit, preCreate, retention, ZoneId.of(zone));
    }

    private static TablePartitions partitions(String... names) {
        TablePartitions partitions = TablePartitions.NONE;
        for (String name : names) {
            partitions = with(partitions, name);
        }
        return partitions;
    }

    private static TablePartitions with(TablePartitions partitions, String name) {
        return partitions.with(new PartitionInfo(partitions.size() + 1000L, name, List.of(name), Instant.EPOCH));
    }

    /** Of a table that does not go to the lake. */
    private static AutoPartitions.Plan plan(AutoPartition rule, TablePartitions existing, Instant now) {
        return AutoPartitions.plan(rule, existing, now, now);
    }

    private static List<String> created(AutoPartition rule, String now) {
        return plan(rule, TablePartitions.NONE, Instant.parse(now)).create();
    }

    private static List<String> dropped(AutoPartition rule, String now, String... existing) {
        return plan(rule, partitions(existing), Instant.parse(now)).drop().stream()
                .map(PartitionInfo::name)
                .toList();
    }

    @Test
    void unitsHaveTheFormOfTheirCalendar() {
        assertThat(created(rule(Unit.YEAR, 1, 0, "UTC"), "2026-11-23T17:45:00Z"))
                .containsExactly("2026", "2027");
        assertThat(created(rule(Unit.MONTH, 2, 0, "UTC"), "2026-11-30T17:45:00Z"))
                .containsExactly("2026-11", "2026-12", "2027-01");
        assertThat(created(rule(Unit.DAY, 2, 0, "UTC"), "2024-02-28T23:59:59.999Z"))
                .containsExactly("2024-02-28", "2024-02-29", "2024-03-01");
        assertThat(created(rule(Unit.DAY, 1, 0, "UTC"), "2026-02-28T00:00:00Z"))
                .containsExactly("2026-02-28", "2026-03-01");
        assertThat(created(rule(Unit.HOUR, 1, 0, "UTC"), "2026-12-31T23:10:00Z"))
                .containsExactly("2026-12-31-23", "2027-01-01-00");
        assertThat(created(rule(Unit.DAY, 0, 0, "Asia/Kathmandu"), "2026-11-23T18:20:00Z"))
                .containsExactly("2026-11-24");
    }

    @Test
    void hoursFollowTheClocksOfTheZone() {
        AutoPartition newYork = rule(Unit.HOUR, 2, 1, "America/New_York");
        assertThat(created(newYork, "2026-03-08T06:30:00Z"))
                .as("02 is skipped")
                .containsExactly("2026-03-08-01", "2026-03-08-03", "2026-03-08-04");
        assertThat(dropped(newYork, "2026-03-08T07:30:00Z", "2026-03-08-00", "2026-03-08-01", "2026-03-08-03"))
                .as("the hour before 03 is 01")
                .containsExactly("2026-03-08-00");
        assertThat(created(newYork, "2026-11-01T05:30:00Z"))
                .as("01 comes twice")
                .isEqualTo(created(newYork, "2026-11-01T06:30:00Z"))
                .containsExactly("2026-11-01-01", "2026-11-01-02", "2026-11-01-03");
        assertThat(created(rule(Unit.DAY, 1, 0, "Pacific/Apia"), "2011-12-29T20:00:00Z"))
                .as("the 30th was left out")
                .containsExactly("2011-12-29", "2011-12-31");
    }

    @Test
    void whatIsOlderGoesAndTheRestStays() {
        AutoPartition rule = rule(Unit.DAY, 1, 2, "UTC");
        String[] existing = {
            "2026-02-26",
            "2026-02-27",
            "2026-02-28",
            "2026-03-01",
            "2030-01-01",
            "2026-01",
            "2025-02-30",
            "archive",
            "-"
        };
        assertThat(dropped(rule, "2026-03-01T12:00:00Z", existing)).containsExactly("2026-02-26");
        assertThat(dropped(rule(Unit.DAY, 1, 0, "UTC"), "2026-03-01T12:00:00Z", existing))
                .as("retention 0 keeps all")
                .isEmpty();
        assertThat(plan(rule, partitions(existing), Instant.parse("2026-03-01T12:00:00Z"))
                        .create())
                .containsExactly("2026-03-02");
    }

    /** A clock that moves by random steps, writers that make partitions of any time: the rule holds after every step. */
    @Property(tries = 120)
    void theRuleHoldsWhileTheClockMoves(
            @ForAll Unit unit,
            @ForAll @IntRange(max = 5) int preCreate,
            @ForAll @IntRange(max = 6) int retention,
            @ForAll @IntRange(max = 6) int zone,
            @ForAll @LongRange(min = 1_300_000_000, max = 1_900_000_000) long start,
            @ForAll long seed) {
        AutoPartition rule = rule(unit, preCreate, retention, ZONES.get(zone));
        Random random = new Random(seed);
        Instant now = Instant.ofEpochSecond(start);
        TablePartitions partitions = TablePartitions.NONE;
        for (int step = 0; step < 30; step++) {
            String written = AutoPartitions.valueAt(rule, now.plus(step(unit).multipliedBy(random.nextInt(21) - 10)));
            if (partitions.find(written).isEmpty()) {
                partitions = with(partitions, written);
            }
            NavigableSet<String> before = names(partitions);
            partitions = applied(plan(rule, partitions, now), partitions);
            NavigableSet<String> after = names(partitions);

            String current = AutoPartitions.valueAt(rule, now);
            assertThat(after).contains(current);
            assertThat(after.tailSet(current, false)).hasSizeGreaterThanOrEqualTo(preCreate);
            assertThat(after.tailSet(current)).as("the future stays").containsAll(before.tailSet(current));
            assertThat(after.headSet(current))
                    .as("the %s before %s that are kept", retention, current)
                    .isEqualTo(kept(rule, now, before.headSet(current, false)));
            AutoPartitions.Plan again = plan(rule, partitions, now);
            assertThat(again).isEqualTo(new AutoPartitions.Plan(List.of(), List.of()));
            now = now.plus(step(unit).multipliedBy(random.nextInt(4))).plusSeconds(random.nextInt(3000));
        }
    }

    private static final Duration WRITE = Duration.ofSeconds(59);

    private static TableInfo inLake(String enabled) {
        return new TableInfo(
                7,
                "db",
                "t",
                List.of(new TableSchema(1, List.of(new Column(1, "ds", DataType.Simple.STRING, false)))),
                List.of(),
                List.of(),
                List.of("ds"),
                1,
                Map.of("datalake.enabled", enabled),
                Instant.EPOCH);
    }

    /**
     * Writers that ask for a partition and write to it a while later, rounds at any time, changes of the rule, restarts of the catalog: no
     * partition goes with a row that came after the last round was planned; and all that are too old go once nobody writes any more.
     */
    @Property(tries = 200)
    void noPartitionGoesBeforeItsRowsAreInTheLake(
            @ForAll Unit unit,
            @ForAll @IntRange(min = 1, max = 4) int retention,
            @ForAll @IntRange(max = 6) int zone,
            @ForAll @LongRange(min = 1_300_000_000, max = 1_900_000_000) long start,
            @ForAll long seed) {
        AutoPartition rule = rule(unit, 0, retention, ZONES.get(zone));
        Random random = new Random(seed);
        Instant now = Instant.ofEpochSecond(start);
        AtomicLong planned = new AtomicLong();
        LakeRounds rounds = new LakeRounds(tableId -> planned.get());
        rounds.start(now);
        Map<String, Instant> lastWrites = new HashMap<>();
        TablePartitions partitions = TablePartitions.NONE;
        for (int step = 0; step < 60; step++) {
            switch (random.nextInt(8)) {
                case 0, 1 -> planned.set(now.toEpochMilli());
                case 2 ->
                    now = now.plus(step(unit).multipliedBy(random.nextInt(3))).plusSeconds(random.nextInt(3000));
                case 3 -> {
                    Instant near = atNextUnit(rule, now).plusSeconds(random.nextInt(240) - 120);
                    now = near.isAfter(now) ? near : now;
                }
                case 4 -> {
                    if (random.nextInt(4) == 0) {
                        rule = rule(unit, 0, 1 + random.nextInt(4), rule.zone().getId());
                        rounds.change(inLake("true"), now);
                    }
                }
                case 5 -> {
                    if (random.nextInt(4) == 0) {
                        rounds.start(now);
                    }
                }
                default -> {
                    String value =
                            AutoPartitions.valueAt(rule, now.minus(step(unit).multipliedBy(random.nextInt(6))));
                    if (value.compareTo(AutoPartitions.oldestKept(rule, now)) >= 0) {
                        partitions = partitions.find(value).isEmpty() ? with(partitions, value) : partitions;
                        lastWrites.put(value, now.plus(WRITE));
                    }
                }
            }
            now = now.plusSeconds(random.nextInt(100));
            partitions = dropOnlyWhatIsInTheLake(rule, partitions, now, rounds, planned.get(), lastWrites);
        }
        now = now.plus(LakeRounds.WRITES_END);
        planned.set(now.toEpochMilli());
        partitions = dropOnlyWhatIsInTheLake(rule, partitions, now, rounds, planned.get(), lastWrites);
        assertThat(names(partitions).headSet(AutoPartitions.oldestKept(rule, now.minus(LakeRounds.WRITES_END))))
                .as("too old, and in the lake")
                .isEmpty();
    }

    private static TablePartitions dropOnlyWhatIsInTheLake(
            AutoPartition rule,
            TablePartitions partitions,
            Instant now,
            LakeRounds rounds,
            long planned,
            Map<String, Instant> lastWrites) {
        AutoPartitions.Plan plan = AutoPartitions.plan(rule, partitions, now, rounds.settled(inLake("true"), now));
        for (PartitionInfo gone : plan.drop()) {
            assertThat(gone.name()).as("too old").isLessThan(AutoPartitions.oldestKept(rule, now));
            assertThat(lastWrites.get(gone.name()))
                    .as("last row of %s, dropped at %s", gone.name(), now)
                    .isBefore(Instant.ofEpochMilli(planned));
        }
        assertThat(AutoPartitions.plan(rule, partitions, now, rounds.settled(inLake("false"), now))
                        .drop())
                .as("without the lake")
                .isEqualTo(plan(rule, partitions, now).drop());
        return applied(new AutoPartitions.Plan(List.of(), plan.drop()), partitions);
    }

    private static Instant atNextUnit(AutoPartition rule, Instant now) {
        Duration small = Duration.ofMinutes(rule.unit() == Unit.HOUR || rule.unit() == Unit.DAY ? 15 : 60);
        Instant moment = now.truncatedTo(ChronoUnit.HOURS);
        String current = AutoPartitions.valueAt(rule, now);
        while (AutoPartitions.valueAt(rule, moment).compareTo(current) <= 0) {
            moment = moment.plus(small);
        }
        return moment;
    }

    @Test
    void beforeTheFirstRoundNothingGoesHoweverOld() {
        LakeRounds rounds = new LakeRounds(tableId -> 0);
        Instant now = Instant.parse("2026-03-01T12:00:00Z");
        rounds.start(Instant.EPOCH);
        assertThat(AutoPartitions.plan(
                                rule(Unit.YEAR, 0, 1, "UTC"),
                                partitions("1950", "2020"),
                                now,
                                rounds.settled(inLake("true"), now))
                        .drop())
                .isEmpty();
    }

    /** An independent reckoning: walk back in small steps of real time and note the values that come by. */
    private static NavigableSet<String> kept(AutoPartition rule, Instant now, NavigableSet<String> older) {
        if (rule.retention() == 0) {
            return older;
        }
        NavigableSet<String> kept = new TreeSet<>();
        Instant moment = now;
        String current = AutoPartitions.valueAt(rule, now);
        Duration small =
                switch (rule.unit()) {
                    case HOUR -> Duration.ofMinutes(15);
                    case DAY -> Duration.ofHours(6);
                    case MONTH -> Duration.ofDays(5);
                    case YEAR -> Duration.ofDays(60);
                };
        while (true) {
            moment = moment.minus(small);
            String value = text(rule, moment);
            if (value.compareTo(current) < 0) {
                kept.add(value);
            }
            if (kept.size() > rule.retention()) {
                kept.pollFirst();
                kept.retainAll(older);
                return kept;
            }
        }
    }

    private static String text(AutoPartition rule, Instant moment) {
        String iso = LocalDateTime.ofInstant(moment, rule.zone())
                .truncatedTo(ChronoUnit.HOURS)
                .toString()
                .replace('T', '-');
        return iso.substring(0, rule.unit().textLength());
    }

    private static Duration step(Unit unit) {
        return switch (unit) {
            case HOUR -> Duration.ofHours(1);
            case DAY -> Duration.ofDays(1);
            case MONTH -> Duration.ofDays(30);
            case YEAR -> Duration.ofDays(365);
        };
    }

    private static NavigableSet<String> names(TablePartitions partitions) {
        NavigableSet<String> names = new TreeSet<>();
        partitions.oldestFirst().forEach(partition -> names.add(partition.name()));
        return names;
    }

    private static TablePartitions applied(AutoPartitions.Plan plan, TablePartitions partitions) {
        List<PartitionInfo> left = new ArrayList<>(partitions.oldestFirst());
        left.removeAll(plan.drop());
        return partitions(Stream.concat(left.stream().map(PartitionInfo::name), plan.create().stream())
                .toArray(String[]::new));
    }
}
