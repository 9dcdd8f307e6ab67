package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AutoNumbersTest {
    private static final Map<String, String> PROPERTIES =
            Map.of("auto-increment.column", "uid", "auto-increment.cache-size", "2");
    private static final TableInfo TABLE = new TableInfo(
            1,
            "db",
            "t",
            ModelRows.SCHEMAS.subList(0, 1),
            List.of("k"),
            List.of("k"),
            List.of(),
            1,
            PROPERTIES,
            Instant.EPOCH);

    private static ActorTestKit kit;

    @BeforeAll
    static void startSystem() {
        kit = ActorTestKit.create();
    }

    @AfterAll
    static void stopSystem() {
        kit.shutdownTestKit();
    }

    private static void await(CompletionStage<?> stage) throws Exception {
        stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void aSequenceThatCannotBeReachedIsSaidAndAskedAgainForTheNextCommit() throws Exception {
        TestProbe<Sequence.Command> sequence = kit.createTestProbe();
        AutoNumbers numbers = new AutoNumbers(sequence.ref(), kit.system().scheduler(), Duration.ofMillis(100));
        TableProperties properties = TableProperties.from(PROPERTIES);
        await(numbers.ensure(1, TABLE, properties));
        assertThatThrownBy(numbers::next).isInstanceOfSatisfying(WeirException.class, e -> assertThat(e.code())
                .isEqualTo(ErrorCode.BUCKET_UNAVAILABLE));
        Sequence.Reserve late = sequence.expectMessageClass(Sequence.Reserve.class);
        late.replyTo().tell(new Sequence.Reserved(1, 3));
        CompletionStage<?> second = numbers.ensure(3, TABLE, properties);
        Sequence.Reserve asked = sequence.expectMessageClass(Sequence.Reserve.class);
        assertThat(asked.count()).as("at least what the commit may take").isEqualTo(3);
        asked.replyTo().tell(new Sequence.Reserved(3, 6));
        await(second);
        assertThat(List.of(numbers.next(), numbers.next(), numbers.next()))
                .as("the range that came too late is a hole")
                .containsExactly(3L, 4L, 5L);
    }
}
