package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.ErrorCode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which passes run, and who hears of them; the passes themselves are the test's. */
class ReaperTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static ActorTestKit kit;

    private final BlockingQueue<Pass> passes = new LinkedBlockingQueue<>();
    private final TestProbe<Reaper.Reply> first = kit.createTestProbe();
    private final TestProbe<Reaper.Reply> second = kit.createTestProbe();
    private volatile Optional<String> whyUnconfirmed = Optional.empty();

    /** Runs until the test ends it. */
    private record Pass(boolean dryRun, CompletableFuture<Reaper.Report> report) {}

    @BeforeAll
    static void startSystem() {
        kit = ActorTestKit.create();
    }

    @AfterAll
    static void stopSystem() {
        kit.shutdownTestKit();
    }

    @AfterEach
    void endPasses() {
        passes.forEach(pass -> pass.report().complete(report(pass.dryRun(), 0)));
    }

    private static Reaper.Report report(boolean dryRun, long scanned) {
        return new Reaper.Report(dryRun, scanned, 0, 0, 0, 0, 0, 0, List.of(), List.of("something"));
    }

    private Callable<Reaper.Report> newPass(boolean dryRun) {
        Pass pass = new Pass(dryRun, new CompletableFuture<>());
        return () -> {
            passes.add(pass);
            return pass.report().get();
        };
    }

    private ActorRef<Reaper.Command> reaper(Duration interval) {
        return kit.spawn(Reaper.create(this::newPass, () -> whyUnconfirmed, interval));
    }

    private Pass started(boolean dryRun) throws InterruptedException {
        Pass pass = passes.poll(SOON.toSeconds(), TimeUnit.SECONDS);
        assertThat(pass).isNotNull();
        assertThat(pass.dryRun()).isEqualTo(dryRun);
        return pass;
    }

    @Test
    void whoAsksDuringAPassOfTheSameKindHearsOfThatOne() throws Exception {
        ActorRef<Reaper.Command> reaper = reaper(Duration.ZERO);
        reaper.tell(new Reaper.Run(true, first.ref()));
        Pass pass = started(true);
        reaper.tell(new Reaper.Run(true, second.ref()));
        second.expectNoMessage(Duration.ofMillis(50));
        pass.report().complete(report(true, 7));
        first.expectMessage(SOON, report(true, 7));
        second.expectMessage(SOON, report(true, 7));
        assertThat(passes).isEmpty();
    }

    @Test
    void aPassOfTheOtherKindComesAfterwards() throws Exception {
        ActorRef<Reaper.Command> reaper = reaper(Duration.ZERO);
        reaper.tell(new Reaper.Run(true, first.ref()));
        Pass dry = started(true);
        reaper.tell(new Reaper.Run(false, second.ref()));
        second.expectNoMessage(Duration.ofMillis(50));
        assertThat(passes).as("one at a time").isEmpty();
        dry.report().complete(report(true, 1));
        first.expectMessage(SOON, report(true, 1));
        started(false).report().complete(report(false, 2));
        second.expectMessage(SOON, report(false, 2));
    }

    @Test
    void nothingIsLookedAtBeforeTheStoreIsKnownToBeOurs() throws Exception {
        whyUnconfirmed = Optional.of("the store does not answer");
        ActorRef<Reaper.Command> reaper = reaper(Duration.ofMillis(10));
        reaper.tell(new Reaper.Run(false, first.ref()));
        Reaper.Refused refused = first.expectMessageClass(Reaper.Refused.class, SOON);
        assertThat(refused.code()).isEqualTo(ErrorCode.BUCKET_UNAVAILABLE);
        assertThat(refused.detail()).contains("the store does not answer");
        first.expectNoMessage(Duration.ofMillis(100));
        assertThat(passes).isEmpty();
        whyUnconfirmed = Optional.empty();
        started(false).report().complete(report(false, 1));
        started(false).report().complete(report(false, 2));
    }

    @Test
    void aPassThatFailsIsAnsweredAndTheNextOneRuns() throws Exception {
        ActorRef<Reaper.Command> reaper = reaper(Duration.ZERO);
        reaper.tell(new Reaper.Run(false, first.ref()));
        started(false).report().completeExceptionally(new IllegalStateException("a bug"));
        assertThat(first.expectMessageClass(Reaper.Refused.class, SOON).code()).isEqualTo(ErrorCode.INTERNAL);
        reaper.tell(new Reaper.Run(false, first.ref()));
        started(false).report().complete(report(false, 3));
        first.expectMessage(SOON, report(false, 3));
    }

    @Test
    void tooManyThatWaitAreTurnedAway() throws Exception {
        ActorRef<Reaper.Command> reaper = reaper(Duration.ZERO);
        for (int i = 0; i < Reaper.WAITING_MAX; i++) {
            reaper.tell(new Reaper.Run(true, first.ref()));
        }
        reaper.tell(new Reaper.Run(true, second.ref()));
        assertThat(second.expectMessageClass(Reaper.Refused.class, SOON).code()).isEqualTo(ErrorCode.OVERLOADED);
        started(true).report().complete(report(true, 1));
        assertThat(first.receiveSeveralMessages(Reaper.WAITING_MAX, SOON)).hasSize(Reaper.WAITING_MAX);
    }

    @Test
    void aNodeWithoutAStoreSaysSo() {
        kit.spawn(Reaper.none()).tell(new Reaper.Run(true, first.ref()));
        Reaper.Refused refused = first.expectMessageClass(Reaper.Refused.class, SOON);
        assertThat(refused.code()).isEqualTo(ErrorCode.NOT_SUPPORTED);
        assertThat(refused.detail()).contains("WEIR_OBJECT_STORE");
    }
}
