package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ReadCursorsTest {
    private static final int MIB = 1 << 20;

    private final ReadCursors cursors = new ReadCursors(8 * MIB);

    /** Reads from the position on. @return the window after the last read */
    private long run(long position, int reads, int bytes) {
        long window = 0;
        for (int i = 0; i < reads; i++) {
            long at = position + (long) i * bytes;
            window = cursors.read(at, at + bytes).window();
        }
        return window;
    }

    @Test
    void whoReadsOnIsReadAheadForAsFarAsItCame() {
        assertThat(run(0, 2, 64 << 10)).isZero();
        assertThat(run(2 * (64 << 10), 1, 64 << 10)).isEqualTo(3 * (64 << 10));
        assertThat(run(3 * (64 << 10), 10, 64 << 10)).isEqualTo(13 * (64 << 10));
    }

    @Test
    void aFewSmallReadsAreNoRun() {
        assertThat(run(0, 10, 100)).isZero();
        assertThat(run(1000, 190, 100)).isEqualTo(20_000);
    }

    @Test
    void whoReadsTheSameColumnsOfBatchAfterBatchIsReadAheadForOnceAtMost() {
        assertThat(run(0, 4, 25_000)).isEqualTo(100_000);
        for (int batch = 1; batch < 50; batch++) {
            assertThat(run(batch * (long) MIB, 4, 25_000)).isZero();
        }
        assertThat(run(50L * MIB, 20, 25_000)).as("and then reads all").isEqualTo(500_000);
    }

    @Test
    void readersOfOneFileDoNotDisturbEachOther() {
        for (int i = 0; i < 20; i++) {
            for (int reader = 0; reader < ReadCursors.CURSORS_MAX; reader++) {
                long at = reader * 100L * MIB + i * 10_000L;
                long window = cursors.read(at, at + 10_000).window();
                if (reader == 0) {
                    assertThat(window).isEqualTo(i < 2 ? 0 : (i + 1) * 10_000L);
                }
            }
        }
    }

    @Test
    void aReadOfTheSameBytesAgainDoesNotEndTheRun() {
        run(0, 5, 20_000);
        assertThat(run(80_000, 1, 20_000)).isEqualTo(100_000);
        assertThat(run(90_000, 1, 30_000)).isEqualTo(120_000);
    }

    @Test
    void aGapThatIsSmallBesideTheRunDoesNotEndIt() {
        run(0, 5, 200_000);
        assertThat(run(1_050_000, 1, 200_000)).isEqualTo(1_250_000);
        assertThat(run(1_400_000, 1, 200_000)).isZero();
    }
}
