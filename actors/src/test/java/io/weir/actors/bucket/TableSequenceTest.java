package io.weir.actors.bucket;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.journal.JournalSetup;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableSequenceTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path data;

    private ActorTestKit kit;
    private ActorRef<Sequence.Command> sequences;
    private TestProbe<Sequence.Reply> replies;

    @BeforeEach
    void start() {
        kit = ActorTestKit.create(JournalSetup.config(data).withFallback(ConfigFactory.load()));
        sequences = kit.spawn(Sequences.create());
        replies = kit.createTestProbe();
    }

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private void reserve(long count) {
        sequences.tell(new Sequence.Reserve(7, count, Long.MAX_VALUE - 1, replies.ref()));
    }

    private void restore(long next) {
        sequences.tell(new Sequence.Restore(7, next, replies.ref()));
    }

    @Test
    void aRestoredSequenceGoesOnAboveWhatWasGivenAndNeverBack() {
        restore(0);
        replies.expectMessage(SOON, new Sequence.Restored(1));
        restore(501);
        replies.expectMessage(SOON, new Sequence.Restored(501));
        reserve(10);
        replies.expectMessage(SOON, new Sequence.Reserved(501, 511));
        restore(400);
        replies.expectMessage(SOON, new Sequence.Restored(511));
        restore(511);
        replies.expectMessage(SOON, new Sequence.Restored(511));
        kit.stop(sequences);
        sequences = kit.spawn(Sequences.create());
        reserve(1);
        replies.expectMessage(SOON, new Sequence.Reserved(511, 512));
    }

    @Test
    void aSequenceAtItsEndGivesNothing() {
        restore(Long.MAX_VALUE);
        replies.expectMessage(SOON, new Sequence.Restored(Long.MAX_VALUE));
        reserve(1);
        replies.expectMessage(SOON, new Sequence.Exhausted(Long.MAX_VALUE));
    }
}
