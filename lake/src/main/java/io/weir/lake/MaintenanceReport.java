package io.weir.lake;

/**
 * What was done.
 *
 * @param compacted files that others took the place of
 * @param written files that took it
 * @param expired lake snapshots that are gone
 * @param orphans files that nothing named and that were removed
 */
public record MaintenanceReport(int compacted, int written, int expired, int orphans) {
    public static final MaintenanceReport NOTHING = new MaintenanceReport(0, 0, 0, 0);
}
