package io.weir.persistence.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.batch.WriterEntry;
import io.weir.persistence.log.WriterHistory.Applied;
import io.weir.persistence.log.WriterHistory.New;
import io.weir.persistence.log.WriterHistory.TooOld;
import io.weir.persistence.log.WriterHistory.Verdict;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class WriterHistoryTest {
    private final WriterHistory history = new WriterHistory();

    @Test
    void anAppliedSequenceIsAnsweredWithItsOwnOffsets() {
        history.applied(new WriterEntry("a", 7, 5, 9), 100);
        assertThat(history.check("a", 7)).isEqualTo(new Applied(96, 105));
        assertThat(history.check("b", 7)).isEqualTo(New.INSTANCE);
    }

    @Test
    void aSequenceBelowAFullMemoryIsTooOldAndOneWithinItIsNew() {
        for (int i = 0; i < 256; i++) {
            history.applied(new WriterEntry("a", 10 + 2 * i, 1, 1), i);
        }
        assertThat(history.check("a", 9)).isEqualTo(new TooOld(10));
        assertThat(history.check("a", 11)).isEqualTo(New.INSTANCE);
        history.applied(new WriterEntry("a", 11, 1, 1), 900);
        assertThat(history.check("a", 11)).isEqualTo(new Applied(900, 901));
        assertThat(history.check("a", 10)).isEqualTo(new TooOld(11));
    }

    @Test
    void theWriterIdleLongestIsForgotten() {
        for (int i = 0; i <= WriterHistory.WRITERS_MAX; i++) {
            history.applied(new WriterEntry("w" + i, 1, 1, 1), i);
            history.applied(new WriterEntry("w0", i, 1, 1), i);
        }
        assertThat(history.size()).isEqualTo(WriterHistory.WRITERS_MAX);
        assertThat(history.check("w1", 1)).isEqualTo(New.INSTANCE);
        assertThat(history.check("w2", 1)).isEqualTo(new Applied(2, 3));
        assertThat(history.check("w0", WriterHistory.WRITERS_MAX)).isInstanceOf(Applied.class);
    }

    @Property(tries = 60)
    void itAgreesWithASortedMapAndSurvivesItsFile(
            @ForAll @Size(min = 200, max = 600) List<@LongRange(min = 0, max = 900) Long> sequences) {
        WriterHistory tried = new WriterHistory();
        TreeMap<Long, Applied> model = new TreeMap<>();
        for (int i = 0; i < sequences.size(); i++) {
            long sequence = sequences.get(i);
            if (tried.check("w", sequence) == New.INSTANCE) {
                tried.applied(new WriterEntry("w", sequence, 1, 1), i);
                model.put(sequence, new Applied(i, i + 1));
                if (model.size() > WriterHistory.SEQUENCES_PER_WRITER) {
                    model.pollFirstEntry();
                }
            }
        }
        ByteBuffer file = new WritersFile(5, 77, 3, tried).encode();
        WritersFile read = WritersFile.decode(file, 5);
        assertThat(read).isNotNull();
        assertThat(read.leaderEpoch()).isEqualTo(3);
        assertThat(read.lastTimestampMs()).isEqualTo(77);
        for (long sequence = 0; sequence <= 900; sequence++) {
            assertThat(tried.check("w", sequence)).isEqualTo(expected(model, sequence));
            assertThat(read.writers().check("w", sequence)).isEqualTo(expected(model, sequence));
        }
    }

    private static Verdict expected(TreeMap<Long, Applied> model, long sequence) {
        Applied known = model.get(sequence);
        if (known != null) {
            return known;
        }
        boolean full = model.size() == WriterHistory.SEQUENCES_PER_WRITER;
        return full && sequence < model.firstKey() ? new TooOld(model.firstKey()) : New.INSTANCE;
    }
}
