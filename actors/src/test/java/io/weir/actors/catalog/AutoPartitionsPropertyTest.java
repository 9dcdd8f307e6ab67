package io.weir.actors.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.catalog.AutoPartition.Unit;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
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

    private static List<String> created(AutoPartition rule, String now) {
        return AutoPartitions.plan(rule, TablePartitions.NONE, Instant.parse(now))
                .create();
    }

    private static List<String> dropped(AutoPartition rule, String now, String... existing) {
        return AutoPartitions.plan(rule, partitions(existing), Instant.parse(now)).drop().stream()
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
        assertThat(AutoPartitions.plan(rule, partitions(existing), Instant.parse("2026-03-01T12:00:00Z"))
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
            partitions = applied(AutoPartitions.plan(rule, partitions, now), partitions);
            NavigableSet<String> after = names(partitions);

            String current = AutoPartitions.valueAt(rule, now);
            assertThat(after).contains(current);
            assertThat(after.tailSet(current, false)).hasSizeGreaterThanOrEqualTo(preCreate);
            assertThat(after.tailSet(current)).as("the future stays").containsAll(before.tailSet(current));
            assertThat(after.headSet(current))
                    .as("the %s before %s that are kept", retention, current)
                    .isEqualTo(kept(rule, now, before.headSet(current, false)));
            AutoPartitions.Plan again = AutoPartitions.plan(rule, partitions, now);
            assertThat(again).isEqualTo(new AutoPartitions.Plan(List.of(), List.of()));
            now = now.plus(step(unit).multipliedBy(random.nextInt(4))).plusSeconds(random.nextInt(3000));
        }
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
