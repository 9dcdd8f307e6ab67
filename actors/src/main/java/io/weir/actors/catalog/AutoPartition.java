package io.weir.actors.catalog;

import java.time.ZoneId;

/**
 * The rule by which a table's partitions come and go with time.
 *
 * @param preCreate how many partitions ahead of the current one exist always
 * @param retention how many partitions before the current one stay; 0: all
 * @param zone whose calendar the units are of
 */
public record AutoPartition(Unit unit, int preCreate, int retention, ZoneId zone) {
    /** A partition's length, and the form of its value: {@code 2026}, {@code 2026-11}, {@code 2026-11-23}, {@code 2026-11-23-17}. */
    public enum Unit {
        YEAR(4),
        MONTH(7),
        DAY(10),
        HOUR(13);

        private final int textLength;

        Unit(int textLength) {
            this.textLength = textLength;
        }

        /** How many characters a value has. */
        int textLength() {
            return textLength;
        }
    }
}
