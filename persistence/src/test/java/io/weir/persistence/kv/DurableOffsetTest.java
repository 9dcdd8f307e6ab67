package io.weir.persistence.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.SimFileStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DurableOffsetTest {
    @TempDir
    Path directory;

    private final DiskFileStore files = new DiskFileStore();

    private DurableOffset open(String boot) throws IOException {
        return DurableOffset.open(files, directory, boot);
    }

    @Test
    void theEndOfAProcessLosesNothingAndAPowerLossWhatCameAfterTheSync() throws IOException {
        DurableOffset first = open("boot-1");
        assertThat(first.replayFrom(0)).isZero();
        first.begin();
        first.advance(50);
        assertThat(first.get()).isEqualTo(50);
        assertThat(open("boot-1").replayFrom(90)).isEqualTo(90);
        assertThat(open("boot-2").replayFrom(90)).isEqualTo(50);
        assertThat(open("boot-2").replayFrom(40)).isEqualTo(40);
    }

    @Test
    void gapsAreNotForgottenBeforeTheyAreClosed() throws IOException {
        DurableOffset first = open("boot-1");
        assertThat(first.replayFrom(0)).isZero();
        first.begin();
        first.advance(50);
        DurableOffset second = open("boot-2");
        assertThat(second.replayFrom(90)).isEqualTo(50);
        second.begin();
        DurableOffset killedWhileReplaying = open("boot-2");
        assertThat(killedWhileReplaying.replayFrom(90)).isEqualTo(50);
        killedWhileReplaying.begin();
        killedWhileReplaying.advance(95);
        assertThat(open("boot-2").replayFrom(99)).isEqualTo(99);
    }

    @Test
    void aLostFileMeansReplayFromTheBeginningUntilTheStoreWasSynced() throws IOException {
        DurableOffset lost = open("boot-1");
        assertThat(lost.replayFrom(70)).isZero();
        lost.begin();
        assertThat(open("boot-1").replayFrom(70)).isZero();
        lost.advance(70);
        assertThat(open("boot-1").replayFrom(75)).isEqualTo(75);
        Files.delete(directory.resolve(DurableOffset.FILE));
        assertThat(open("boot-1").replayFrom(75)).isZero();
        assertThat(open("boot-1").get()).isZero();
    }

    @Test
    void damageToOneSlotFallsBackToTheOtherAndToBothMeansNothingIsCertain() throws IOException {
        DurableOffset first = open("boot-1");
        assertThat(first.replayFrom(0)).isZero();
        first.begin();
        first.advance(10);
        first.advance(20);
        Path file = directory.resolve(DurableOffset.FILE);
        byte[] bytes = Files.readAllBytes(file);
        int newest = DurableOffset.SLOT_DISTANCE;
        bytes[newest + 24]++;
        Files.write(file, bytes);
        assertThat(open("boot-1").get()).isEqualTo(10);
        bytes[24]++;
        Files.write(file, bytes);
        assertThat(open("boot-1").get()).isZero();
        assertThat(open("boot-1").replayFrom(25)).isZero();
    }

    @Test
    void aSealedStoreIsWholeElsewhereAndOneWithGapsIsNot() throws IOException {
        Path store = Files.createDirectory(directory.resolve("kv"));
        Files.write(store.resolve("000001.log"), new byte[10]);
        DurableOffset first = open("boot-1");
        assertThat(first.replayFrom(0)).isZero();
        first.begin();
        first.advance(50);
        DurableOffset.seal(files, directory, store, "boot-2");
        assertThat(open("boot-3").replayFrom(90)).isEqualTo(50);
        DurableOffset.seal(files, directory, store, "boot-1");
        DurableOffset elsewhere = open("boot-3");
        assertThat(elsewhere.replayFrom(90)).isEqualTo(90);
        elsewhere.begin();
        assertThat(open("boot-3").replayFrom(95)).isEqualTo(95);
        assertThat(open("boot-4").replayFrom(95)).isEqualTo(50);
    }

    @Test
    void bootIdsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> open("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> open("b".repeat(65))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theBootIsNamedByTheSystemOrElseNewAtEachStart() throws IOException {
        Path named = Files.writeString(directory.resolve("boot_id"), "8e3a6b3e-5c3f-4f53-9d4e-3c1f1c8c1a11\n");
        assertThat(BootId.current(named, () -> "new")).isEqualTo("8e3a6b3e-5c3f-4f53-9d4e-3c1f1c8c1a11");
        assertThat(BootId.current(directory.resolve("none"), () -> "new")).isEqualTo("new");
    }

    /** A bad disk, crashes in the middle of writes: never more than what was said, never less than what was acknowledged. */
    @Test
    void noCrashLosesAnAcknowledgedOffsetOrInventsOne() {
        for (long seed = 0; seed < 300; seed++) {
            try {
                crashes(seed);
            } catch (IOException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private static void crashes(long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        SimFileStore disk = new SimFileStore(random.split());
        Path place = Path.of("/log/1-0");
        long acknowledged = 0;
        long saidMost = 0;
        int boot = 0;
        for (int life = 0; life < 8; life++) {
            disk.crashAfter(Long.MAX_VALUE / 2);
            DurableOffset durable = DurableOffset.open(disk, place, "boot-" + boot);
            assertThat(durable.get()).isBetween(acknowledged, saidMost);
            acknowledged = durable.get();
            assertThat(durable.replayFrom(Long.MAX_VALUE)).isIn(acknowledged, Long.MAX_VALUE);
            disk.crashAfter(random.nextInt(25) + 1);
            disk.failureRate(random.nextInt(3) == 0 ? 0.1 : 0);
            try {
                while (true) {
                    long said = acknowledged + random.nextInt(100);
                    saidMost = Math.max(saidMost, said);
                    try {
                        durable.begin();
                        durable.advance(said);
                        acknowledged = said;
                    } catch (IOException e) {
                        assertThat(durable.get()).isEqualTo(acknowledged);
                    }
                }
            } catch (SimFileStore.Crash e) {
                disk.failureRate(0);
                boolean powerLost = random.nextBoolean();
                disk.restart(powerLost);
                boot += powerLost ? 1 : 0;
            }
        }
    }

    /** The store may be taken back below an offset that only the failed write says. */
    @Test
    void whatAFailedWriteMayHaveLeftIsTakenBackBeforeTheStoreIsWrittenTo() throws IOException {
        SimFileStore sim = new SimFileStore(new SplittableRandom(1));
        Path place = Path.of("/sim");
        sim.createDirectories(place);
        DurableOffset durable = DurableOffset.open(sim, place, "boot-1");
        assertThat(durable.replayFrom(0)).isZero();
        durable.begin();
        durable.advance(50);
        sim.failureRate(1);
        assertThatThrownBy(() -> durable.advance(60)).isInstanceOf(IOException.class);
        assertThatThrownBy(durable::begin).isInstanceOf(IOException.class);
        sim.failureRate(0);
        durable.begin();
        assertThat(durable.get()).isEqualTo(50);
        assertThat(DurableOffset.open(sim, place, "boot-2").replayFrom(59)).isEqualTo(50);
    }
}
