package io.weir.actors.catalog;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What an {@link AutoPartition} asks for at a moment. A unit is one of the zone's calendar: where clocks are put forward over an hour
 * there is no such hour, and where they are put back the hour that comes twice is one partition. Values of one unit have one length and
 * sort as their times do.
 */
final class AutoPartitions {
    private AutoPartitions() {}

    /**
     * @param create values without a partition, from the current one on
     * @param drop partitions older than the rule keeps, of which nothing would be lost to the lake
     */
    record Plan(List<String> create, List<PartitionInfo> drop) {
        Plan {
            create = List.copyOf(create);
            drop = List.copyOf(drop);
        }
    }

    /** @param settled partitions that were too old at this time too may be dropped: {@link LakeRounds} */
    static Plan plan(AutoPartition rule, TablePartitions existing, Instant now, Instant settled) {
        List<String> create = new ArrayList<>();
        LocalDateTime unit = current(rule, now);
        for (int ahead = 0; ahead <= rule.preCreate(); ahead++) {
            String value = text(rule, unit);
            if (existing.find(value).isEmpty()) {
                create.add(value);
            }
            unit = next(rule, unit);
        }
        return new Plan(create, drop(rule, existing, now, settled));
    }

    private static List<PartitionInfo> drop(
            AutoPartition rule, TablePartitions existing, Instant now, Instant settled) {
        if (rule.retention() == 0 || settled.equals(Instant.MIN)) {
            return List.of();
        }
        String oldestNow = oldestKept(rule, now);
        String oldestThen = settled.isBefore(now) ? oldestKept(rule, settled) : oldestNow;
        return existing.before(oldestThen.compareTo(oldestNow) < 0 ? oldestThen : oldestNow).stream()
                .filter(partition -> isOfForm(rule, partition.name()))
                .toList();
    }

    /** Whether the value is a time in the form of the rule's unit. */
    static boolean isOfForm(AutoPartition rule, String value) {
        if (value.length() != rule.unit().textLength()) {
            return false;
        }
        try {
            format(rule).parse(value);
            return true;
        } catch (DateTimeException e) {
            return false;
        }
    }

    /** The value of the oldest unit whose rows stay. */
    static String oldestKept(AutoPartition rule, Instant now) {
        LocalDateTime unit = current(rule, now);
        for (int i = 0; i < rule.retention(); i++) {
            unit = previous(rule, unit);
        }
        return text(rule, unit);
    }

    /** The value that a moment belongs to. */
    static String valueAt(AutoPartition rule, Instant moment) {
        return text(rule, current(rule, moment));
    }

    private static LocalDateTime current(AutoPartition rule, Instant now) {
        return start(rule, LocalDateTime.ofInstant(now, rule.zone()));
    }

    private static LocalDateTime next(AutoPartition rule, LocalDateTime unit) {
        return existing(rule, unit.plus(1, chronoUnit(rule)));
    }

    private static LocalDateTime previous(AutoPartition rule, LocalDateTime unit) {
        LocalDateTime before = unit.minus(1, chronoUnit(rule));
        while (!existing(rule, before).equals(before)) {
            before = before.minus(1, chronoUnit(rule));
        }
        return before;
    }

    /** The unit itself, or the first after it where the zone's clocks skip all of it. */
    private static LocalDateTime existing(AutoPartition rule, LocalDateTime unit) {
        return start(rule, unit.atZone(rule.zone()).toLocalDateTime());
    }

    private static LocalDateTime start(AutoPartition rule, LocalDateTime time) {
        return switch (rule.unit()) {
            case HOUR -> time.truncatedTo(ChronoUnit.HOURS);
            case DAY -> time.truncatedTo(ChronoUnit.DAYS);
            case MONTH -> time.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1);
            case YEAR -> time.truncatedTo(ChronoUnit.DAYS).withDayOfYear(1);
        };
    }

    private static ChronoUnit chronoUnit(AutoPartition rule) {
        return switch (rule.unit()) {
            case HOUR -> ChronoUnit.HOURS;
            case DAY -> ChronoUnit.DAYS;
            case MONTH -> ChronoUnit.MONTHS;
            case YEAR -> ChronoUnit.YEARS;
        };
    }

    private static String text(AutoPartition rule, LocalDateTime unit) {
        return format(rule).format(unit);
    }

    private static DateTimeFormatter format(AutoPartition rule) {
        return FORMATS.get(rule.unit().ordinal());
    }

    private static final List<DateTimeFormatter> FORMATS =
            List.of(format("uuuu"), format("uuuu-MM"), format("uuuu-MM-dd"), format("uuuu-MM-dd-HH"));

    private static DateTimeFormatter format(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).withResolverStyle(ResolverStyle.STRICT);
    }
}
