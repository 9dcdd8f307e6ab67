package io.weir.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

class ArrowFramesTest {
    private static final TableSchema SCHEMA = new TableSchema(
            1,
            List.of(
                    new Column(1, "a", DataType.Simple.STRING, true),
                    new Column(2, "b", new DataType.Array(DataType.Simple.BIGINT, true), true)));

    private static ByteString stream(int... rows) {
        List<io.weir.codec.batch.EncodedRows> batches = new ArrayList<>();
        for (int count : rows) {
            batches.add(BatchRows.encoded(SCHEMA, count, count));
        }
        return ByteString.fromArray(BatchRows.stream(SCHEMA.columns(), batches));
    }

    @Property(tries = 100)
    void messagesAreTheSameHoweverTheBytesCome(@ForAll long seed) {
        Random random = new Random(seed);
        ByteString bytes = stream(1 + random.nextInt(50), 1, 1 + random.nextInt(200));
        ArrowFrames frames = new ArrowFrames(1 << 20);
        List<ArrowFrames.Frame> found = new ArrayList<>();
        for (int at = 0; at < bytes.size(); ) {
            int next = Math.min(bytes.size(), at + 1 + random.nextInt(400));
            assertThat(frames.isEnded()).isFalse();
            found.addAll(frames.push(bytes.slice(at, next)));
            at = next;
        }

        assertThat(frames.isEnded()).isTrue();
        assertThat(found).hasSize(4);
        assertThat(found.get(0).isSchema()).isTrue();
        assertThat(found).isEqualTo(new ArrowFrames(1 << 20).push(bytes));
        ByteString joined = ByteString.emptyByteString();
        for (ArrowFrames.Frame frame : found) {
            joined = joined.concat(frame.bytes());
        }
        assertThat(joined).isEqualTo(bytes.dropRight(8));
    }

    @Property(tries = 200)
    void damageIsRefusedOrHarmless(@ForAll @IntRange(max = 5000) int position, @ForAll byte value) {
        byte[] bytes = new byte[stream(3, 5).size()];
        stream(3, 5).copyToArray(bytes, 0, bytes.length);
        bytes[position % bytes.length] = value;
        ArrowFrames frames = new ArrowFrames(1 << 20);
        try {
            frames.push(ByteString.fromArray(bytes))
                    .forEach(f -> assertThat(f.bytes().size()).isLessThanOrEqualTo(bytes.length));
        } catch (WeirException e) {
            assertThat(e.detail()).isNotEmpty();
        }
    }

    @Test
    void aBatchThatIsTooLargeIsRefusedBeforeItIsWaitedFor() {
        ByteString bytes = stream(1000);
        ArrowFrames frames = new ArrowFrames(600);

        assertThatThrownBy(() -> frames.push(bytes.take(1000)))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("this client takes 600");
    }

    @Test
    void bytesBehindTheEndAreRefused() {
        ArrowFrames frames = new ArrowFrames(1 << 20);
        frames.push(stream(1));

        assertThatThrownBy(() -> frames.push(ByteString.fromString("x"))).hasMessageContaining("behind the end");
    }
}
