package io.weir.actors.bucket;

import static io.weir.actors.bucket.ManifestSamples.BUCKET;
import static io.weir.actors.bucket.ManifestSamples.NODE;
import static io.weir.actors.bucket.ManifestSamples.segment;
import static io.weir.actors.bucket.ManifestSamples.snapshot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestCopyTest {
    private static final Manifest MANIFEST = new Manifest(
            3,
            NODE,
            12,
            List.of(segment(0, 10), segment(10, 25)),
            List.of(snapshot(10, 400), snapshot(25, 500)),
            List.of(new Manifest.Lease("reader", 400, 900)),
            41);

    private static final String COPY = """
            {"format":1,"bucket":"7-3-0","version":12,"epoch":3,"node_id":"node","node_address":"host:1","numbers_below":41,"remote_end":25,\
            "segments":[{"base_offset":0,"end_offset":10,"log_bytes":1000,"index_bytes":100,"writers_bytes":10,"first_timestamp_ms":5,\
            "last_timestamp_ms":6,"leader_epoch":1,"object":{"name":\
            "buckets/7-3-0/log/00000000000000000000-0000000001-0000000001000-0000000000000001.segment","size":1110,"crc32c":"0000cafe"}},\
            {"base_offset":10,"end_offset":25,"log_bytes":1000,"index_bytes":100,"writers_bytes":10,"first_timestamp_ms":5,\
            "last_timestamp_ms":6,"leader_epoch":1,"object":{"name":\
            "buckets/7-3-0/log/00000000000000000010-0000000001-0000000001000-0000000000000001.segment","size":1110,"crc32c":"0000cafe"}}],\
            "snapshots":[{"offset":10,"taken_ms":400,"bytes":77,"descriptor":\
            {"name":"buckets/7-3-0/kv/0000000000400-0000000000000001.snapshot","size":50,"crc32c":"fffffffe"}},\
            {"offset":25,"taken_ms":500,"bytes":77,"descriptor":\
            {"name":"buckets/7-3-0/kv/0000000000500-0000000000000001.snapshot","size":50,"crc32c":"fffffffe"}}],\
            "leases":[{"holder":"reader","taken_ms":400,"until_ms":900}]}""";

    private static final Manifest IN_LAKE = MANIFEST.with(new BucketManifest.LakeAdvanced(1L << 40));

    private static final String COPY_IN_LAKE = COPY.replace("{\"format\":1,", "{\"format\":2,")
            .replace("\"version\":12,", "\"version\":13,")
            .replace("\"remote_end\":25,", "\"remote_end\":25,\"lake_offset\":1099511627776,");

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    /** The copy is what a later version has to read. */
    @Test
    void theCopyIsPinned() {
        assertThat(new String(ManifestCopy.encode(BUCKET, MANIFEST), StandardCharsets.UTF_8))
                .isEqualTo(COPY);
        assertThat(new String(ManifestCopy.encode(BUCKET, IN_LAKE), StandardCharsets.UTF_8))
                .isEqualTo(COPY_IN_LAKE);
    }

    @Test
    void whatWasCopiedComesBack() {
        assertThat(ManifestCopy.decode(BUCKET, bytes(COPY))).isEqualTo(MANIFEST);
        assertThat(ManifestCopy.decode(BUCKET, bytes(COPY_IN_LAKE))).isEqualTo(IN_LAKE);
        BucketId other = new BucketId(1, 0);
        assertThat(ManifestCopy.decode(other, ManifestCopy.encode(other, Manifest.EMPTY)))
                .isEqualTo(Manifest.EMPTY);
    }

    @Test
    void theCopyOfAnotherBucketIsRefused() {
        assertThatThrownBy(() -> ManifestCopy.decode(new BucketId(7, 0), bytes(COPY)))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("it is of bucket 7-3-0");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '~',
            value = {
                "\"format\":1;\"format\":7;use a newer version",
                "\"version\":12;\"version\":-1;version",
                "\"version\":12;\"version\":9223372036854775807;version",
                "\"epoch\":3;\"epoch\":-3;epoch",
                "\"epoch\":3;\"epoch\":4294967296;range",
                "\"numbers_below\":41;\"numbers_below\":-1;numbers",
                "\"numbers_below\":41,;;numbers_below",
                "\"remote_end\":25;\"remote_end\":24;past its end",
                "\"remote_end\":25;\"remote_end\":26;before its end",
                "\"base_offset\":10;\"base_offset\":11;begins at 11",
                "\"base_offset\":0;\"base_offset\":-1;begins at -1",
                "\"end_offset\":10;\"end_offset\":0;ends at 0",
                "\"log_bytes\":1000;\"log_bytes\":9223372036854775807;1110 bytes",
                "\"log_bytes\":1000;\"log_bytes\":0;1110 bytes",
                "\"index_bytes\":100;\"index_bytes\":-100;1110 bytes",
                "\"writers_bytes\":10;\"writers_bytes\":2147483648;range",
                "\"crc32c\":\"0000cafe\";\"crc32c\":\"cafe\";cafe",
                "\"crc32c\":\"0000cafe\";\"crc32c\":\"0000cafx\";hexadecimal",
                "buckets/7-3-0/log/00000000000000000010;buckets/7-30/log/00000000000000000010;not of this bucket",
                "buckets/7-3-0/log/00000000000000000010;buckets/7-3-0/../00000000000000000010;starts with a dot",
                "log/00000000000000000010;log/00000000000000000000;named twice",
                "\"offset\":10;\"offset\":26;offset 26",
                "\"offset\":25;\"offset\":9;offset 9",
                "\"taken_ms\":500;\"taken_ms\":400;400 ms",
                "\"bytes\":77;\"bytes\":-1;-1 bytes",
                "\"leases\":[;\"leases\":[{\"holder\":\"reader\",\"taken_ms\":1,\"until_ms\":2},;two leases",
                "\"holder\":\"reader\";\"holder\":null;null",
            })
    void whatDoesNotFitIsRefused(String what, String instead, String why) {
        String changed = COPY.replace(what, instead == null ? "" : instead);
        assertThat(changed).isNotEqualTo(COPY);
        assertRefused(changed, why);
        String changedInLake = COPY_IN_LAKE.replace(
                what.replace(":12", ":13").replace("\"format\":1", "\"format\":2"), instead == null ? "" : instead);
        assertThat(changedInLake).isNotEqualTo(COPY_IN_LAKE);
        assertRefused(changedInLake, why);
    }

    @Test
    void aLakeOffsetThatCannotBeIsRefused() {
        assertRefused(COPY_IN_LAKE.replace("1099511627776", "-1"), "its lake offset is -1");
        assertRefused(COPY_IN_LAKE.replace("1099511627776", "null"), "lake_offset");
        assertRefused(COPY_IN_LAKE.replace("\"lake_offset\":1099511627776,", ""), "lake_offset");
        assertRefused(COPY_IN_LAKE.replace("\"format\":2", "\"format\":1"), "lake_offset");
    }

    private static void assertRefused(String changed, String why) {
        assertThatThrownBy(() -> ManifestCopy.decode(BUCKET, bytes(changed)))
                .isInstanceOfSatisfying(WeirException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT_DATA);
                    assertThat(e.detail())
                            .startsWith("the copy of the manifest of bucket 7-3-0")
                            .containsIgnoringCase(why);
                });
    }

    @Test
    void aCopyThatIsCutIsRefused() {
        byte[] whole = bytes(COPY);
        for (int length = 0; length < whole.length; length += 7) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> ManifestCopy.decode(BUCKET, cut)).isInstanceOf(WeirException.class);
        }
    }

    /** Any byte may be another: it is refused, or it is a manifest that can be copied again. */
    @Test
    void aCopyWithWrongBytesIsRefusedOrWhole() {
        long seed = 20_261_123L;
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            byte[] wrong = bytes(i % 2 == 0 ? COPY : COPY_IN_LAKE);
            wrong[random.nextInt(wrong.length)] = (byte) random.nextInt(256);
            try {
                Manifest read = ManifestCopy.decode(BUCKET, wrong);
                assertThat(ManifestCopy.decode(BUCKET, ManifestCopy.encode(BUCKET, read)))
                        .as("seed %d try %d", seed, i)
                        .isEqualTo(read);
            } catch (WeirException e) {
                assertThat(e.code()).as("seed %d try %d", seed, i).isEqualTo(ErrorCode.CORRUPT_DATA);
            }
        }
    }
}
