package io.weir.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {
    @Property(tries = 300)
    void readsBackWhatItWrote(
            @ForAll @LongRange(min = 0) long tableId,
            @ForAll @NotEmpty @Size(max = 50) Map<@IntRange(max = 1023) Integer, @LongRange(min = 0) Long> offsets) {
        Cursor cursor = cursor(tableId, offsets);
        assertThat(cursor.text()).matches("c[A-Za-z0-9_-]+");
        assertThat(Cursor.parse(cursor.text(), tableId, "t")).isEqualTo(cursor);
    }

    @Property(tries = 300)
    void readsBackPartitionsAlsoNone(
            @ForAll @LongRange(min = 0) long tableId,
            @ForAll @Size(max = 50) Map<@LongRange(min = 1) Long, @LongRange(min = 0) Long> offsets,
            @ForAll @IntRange(max = 1023) int bucket) {
        TreeMap<BucketId, Long> all = new TreeMap<>();
        offsets.forEach((partition, offset) -> {
            all.put(new BucketId(tableId, partition, bucket), offset);
            all.put(new BucketId(tableId, partition, bucket / 2), offset / 2);
        });
        Cursor cursor = new Cursor(tableId, all);
        assertThat(cursor.text()).matches("c[A-Za-z0-9_-]+");
        assertThat(Cursor.parse(cursor.text(), tableId, "t")).isEqualTo(cursor);
    }

    @Test
    void theTextOfATableWithoutPartitionsIsTheOldOne() {
        assertThat(cursor(7, Map.of(0, 120L, 3, 1L << 40)).text()).isEqualTo("cAQcCAHgDgICAgIAgeivCzg");
    }

    @Test
    void oneOfAsManyBucketsAsAReadMayHaveFitsAHeader() {
        TreeMap<BucketId, Long> all = new TreeMap<>();
        for (int i = 0; i < ReadPartitions.BUCKETS_MAX; i++) {
            all.put(new BucketId(7, 10_000 + i / 4, i % 4), 100_000_000L + i);
        }
        String text = new Cursor(7, all).text();
        assertThat(text).hasSizeLessThan(44 << 10);
        assertThat(Cursor.parse(text, 7, "t").offsets()).isEqualTo(all);
    }

    private static Cursor cursor(long tableId, Map<Integer, Long> offsets) {
        TreeMap<BucketId, Long> all = new TreeMap<>();
        offsets.forEach((bucket, offset) -> all.put(new BucketId(tableId, bucket), offset));
        return new Cursor(tableId, all);
    }

    @Property(tries = 300)
    void aDamagedOneIsRefusedAndNeverMisread(
            @ForAll @IntRange(min = 1, max = 16) int at, @ForAll @IntRange(min = 1, max = 63) int by) {
        String text = cursor(7, Map.of(0, 120L, 3, 1L << 40)).text();
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        char other = alphabet.charAt((alphabet.indexOf(text.charAt(at)) + by) % 64);
        String damaged = text.substring(0, at) + other + text.substring(at + 1);
        assertRefused(damaged, 7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "c", "cAA", "x", "c====", "cÄ", "-1", "12x", "now"})
    void otherTextIsRefused(String text) {
        assertRefused(text, 7);
    }

    @Test
    void oneOfAnotherTableIsRefused() {
        assertRefused(cursor(8, Map.of(0, 1L)).text(), 7);
    }

    private static void assertRefused(String text, long tableId) {
        assertThatThrownBy(() -> Cursor.parse(text, tableId, "t"))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CURSOR));
    }
}
