package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RemoteNamesTest {
    private static final RemoteNames.Attempt ATTEMPT = new RemoteNames.Attempt(1_700_000_000_123L, 0xabcL);

    @Test
    void namesAreThoseOfTheFormat() {
        assertThat(RemoteNames.segment("7-0", 42, 3, ATTEMPT))
                .hasToString("buckets/7-0/log/00000000000000000042-0000000003-1700000000123-0000000000000abc.segment");
        assertThat(RemoteNames.manifest("7-3-0", 5)).hasToString("buckets/7-3-0/manifest/00000000000000000005.json");
        assertThat(RemoteNames.catalog(5)).hasToString("catalog/00000000000000000005.json");
        assertThat(RemoteNames.snapshot("7-0", ATTEMPT))
                .hasToString("buckets/7-0/kv/1700000000123-0000000000000abc.snapshot");
        assertThat(RemoteNames.snapshotFile("7-0", ATTEMPT, "000012.ldb"))
                .hasToString("buckets/7-0/kv/1700000000123-0000000000000abc-000012.ldb");
    }

    @Test
    void segmentsAreListedByOffsetAndVersionsByNumber() {
        SplittableRandom random = new SplittableRandom(1);
        Clock clock = Clock.fixed(Instant.ofEpochMilli(1_700_000_000_123L), ZoneOffset.UTC);
        List<ObjectName> segments = new ArrayList<>();
        List<ObjectName> manifests = new ArrayList<>();
        for (long offset : new long[] {0, 1, 9, 10, 99, 1L << 31, 1L << 32, 1L << 62, Long.MAX_VALUE}) {
            segments.add(RemoteNames.segment("7-0", offset, random.nextInt(1000), RemoteNames.attempt(clock, random)));
            manifests.add(RemoteNames.manifest("7-0", offset));
        }
        for (List<ObjectName> names : List.of(segments, manifests)) {
            List<ObjectName> shuffled = new ArrayList<>(names);
            Collections.shuffle(shuffled, new Random(1));
            Collections.sort(shuffled);
            assertThat(shuffled).isEqualTo(names);
        }
    }

    @Test
    void noTwoAttemptsShareAName() {
        SplittableRandom random = new SplittableRandom(1);
        Clock clock = Clock.fixed(Instant.ofEpochMilli(1_700_000_000_123L), ZoneOffset.UTC);
        assertThat(RemoteNames.snapshot("7-0", RemoteNames.attempt(clock, random)))
                .isNotEqualTo(RemoteNames.snapshot("7-0", RemoteNames.attempt(clock, random)));
    }

    @Test
    void bucketTimeAndVersionAreReadBack() {
        List<ObjectName> attempts = List.of(
                RemoteNames.segment("7-3-0", 1_700_000_000_000L, 3, ATTEMPT),
                RemoteNames.snapshot("7-3-0", ATTEMPT),
                RemoteNames.snapshotFile("7-3-0", ATTEMPT, "MANIFEST-000005"),
                RemoteNames.snapshotFile("7-3-0", ATTEMPT, "1800000000000-0123456789abcdef"));
        assertThat(attempts).allSatisfy(name -> {
            assertThat(RemoteNames.startedMs(name)).contains(1_700_000_000_123L);
            assertThat(RemoteNames.bucket(name)).contains("7-3-0");
            assertThat(RemoteNames.version(name)).isEmpty();
        });
        for (ObjectName name : List.of(RemoteNames.catalog(77), RemoteNames.manifest("7-0", 77))) {
            assertThat(RemoteNames.version(name)).contains(77L);
            assertThat(RemoteNames.startedMs(name)).isEmpty();
        }
        assertThat(RemoteNames.bucket(RemoteNames.manifest("7-0", 77))).contains("7-0");
        assertThat(RemoteNames.bucket(RemoteNames.catalog(77))).isEmpty();
        assertThat(RemoteNames.bucket(RemoteNames.IDENTITY)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "weir.json2",
                "buckets",
                "buckets/7-0",
                "buckets/7/log/x",
                "buckets/a-b/log/x",
                "buckets/-7-0/log/x",
                "buckets/7-0-0-0/log/x",
                "buckets/99999999999999999999-0/manifest/99999999999999999999.json",
                "buckets/٧-٠/log/x",
                "x/buckets/7-0/log/x",
                "catalog/99999999999999999999.json",
                "catalog/x/00000000000000000001.json",
                "catalog/0000000000000000001.json",
                "catalog/+0000000000000000001.json",
                "buckets/a/12345678901234-0000000000000abc.snapshot",
                "buckets/a/1234567890123-0000000000000ABC.snapshot",
                "buckets/a/1234567890123-0000000000000abcd.snapshot",
                "buckets/1234567890123-0000000000000abc/x"
            })
    void ofOtherNamesNothingIsBelieved(String name) {
        ObjectName other = new ObjectName(name);
        assertThat(RemoteNames.bucket(other)).isEmpty();
        assertThat(RemoteNames.startedMs(other)).isEmpty();
        assertThat(RemoteNames.version(other)).isEmpty();
    }
}
