package io.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.sharding.WeirCluster;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LogReaderTest {
    private static final BucketId BUCKET = new BucketId(1, 0, 0);
    private static final BucketClient.Range RANGE =
            new BucketClient.Range(0, Long.MAX_VALUE, 1, 1, List.of(), null, Duration.ZERO);

    @Test
    void aBucketThatTakesLongToRefuseIsNotAskedAgain() {
        assertThat(questionsOfARefusedRead(LogReader.RETRIES_MAX, Duration.ofSeconds(11)))
                .isEqualTo(1);
    }

    @Test
    void aBucketThatRefusesAtOnceIsAskedAgainSoManyTimes() {
        assertThat(questionsOfARefusedRead(2, Duration.ZERO)).isEqualTo(3);
    }

    private static int questionsOfARefusedRead(int retries, Duration answerTakes) {
        AtomicInteger asked = new AtomicInteger();
        WeirCluster cluster = (WeirCluster) Proxy.newProxyInstance(
                WeirCluster.class.getClassLoader(), new Class<?>[] {WeirCluster.class}, (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("askBucket");
                    asked.incrementAndGet();
                    return CompletableFuture.completedFuture(
                            new Bucket.Refused(ErrorCode.BUCKET_UNAVAILABLE, "the object store does not answer"));
                });
        Clock clock = new Clock() {
            @Override
            public Instant instant() {
                return Instant.EPOCH.plus(answerTakes.multipliedBy(asked.get()));
            }

            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }
        };
        try (FakeCluster fake = new FakeCluster()) {
            LogReader reader =
                    new LogReader(new BucketClient(cluster, Duration.ofSeconds(1)), fake.system(), clock, 1 << 20);
            assertThat(reader.fetch(BUCKET, null, RANGE, retries).toCompletableFuture())
                    .failsWithin(Duration.ofSeconds(20))
                    .withThrowableThat()
                    .withMessageContaining("the object store does not answer");
            return asked.get();
        }
    }
}
