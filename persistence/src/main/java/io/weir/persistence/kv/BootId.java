package io.weir.persistence.kv;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Names this boot of the machine, for {@link DurableOffset}. */
public final class BootId {
    private static final Path LINUX = Path.of("/proc/sys/kernel/random/boot_id");

    private BootId() {}

    /** @param otherwise something new at each start, where the system does not name its boots: every start counts as one then */
    public static String current(Supplier<String> otherwise) {
        return current(LINUX, otherwise);
    }

    static String current(Path file, Supplier<String> otherwise) {
        try {
            String id = Files.readString(file).trim();
            return id.matches("[0-9a-fA-F-]{8,64}") ? id : otherwise.get();
        } catch (IOException e) {
            return otherwise.get();
        }
    }
}
