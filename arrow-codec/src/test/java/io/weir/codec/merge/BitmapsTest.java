package io.weir.codec.merge;

import static io.weir.codec.merge.BitmapKind.RBM32;
import static io.weir.codec.merge.BitmapKind.RBM64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes here were written by CRoaring (pyroaring's BitMap and BitMap64, after run_optimize), not by the library that we use. */
final class BitmapsTest {
    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static String hex(BitmapKind kind, LongStream members) {
        BitmapSet set = new BitmapSet(kind);
        members.forEach(set::add);
        return HexFormat.of().formatHex(set.toBytes());
    }

    private static final String FIVE_CONTAINERS =
            "3b3004000400000100010001000200090003000100040001002d0000003100000035000000"
                    + "3b0000003f00000000000500010006000100000009000300080004000900";

    @Test
    void smallBitmapsAreTheBytesThatAnotherLibraryWrites() {
        assertThat(hex(RBM32, LongStream.empty())).isEqualTo("3a30000000000000");
        assertThat(hex(RBM32, LongStream.of(7))).isEqualTo("3a3000000100000000000000100000000700");
        assertThat(hex(RBM32, LongStream.of(4294967295L, 3, 65536, 1, 2)))
                .isEqualTo("3a300000030000000000020001000000ffff0000200000002600000028000000" + "0100020003000000ffff");
        assertThat(hex(RBM32, LongStream.concat(LongStream.range(100, 1100), LongStream.of(70000))))
                .isEqualTo("3b300100010000e7030100000001006400e7037011");
        assertThat(hex(
                        RBM32,
                        LongStream.concat(
                                LongStream.of(0, 5, 65537, 65542, 196611, 196616, 262148, 262153),
                                LongStream.range(131072, 131082))))
                .isEqualTo(FIVE_CONTAINERS);
    }

    @Test
    void wideBitmapsAreTheBytesThatAnotherLibraryWrites() {
        assertThat(hex(RBM64, LongStream.empty())).isEqualTo("0000000000000000");
        assertThat(hex(
                        RBM64,
                        LongStream.concat(LongStream.range(0, 10), LongStream.range(1L << 40, (1L << 40) + 1000))))
                .isEqualTo("0200000000000000000000003b300000010000090001000000090000010000"
                        + "3b300000010000e70301000000e703");
        String upToTheLast = "0400000000000000000000003a30000001000000000000001000000007000100000"
                + "03a30000001000000000001001000000000000100000000803a30000001000000000000001000"
                + "00000000ffffffff3a30000001000000ffff000010000000ffff";
        assertThat(Bitmaps.canonical(RBM64, ByteBuffer.wrap(bytes(upToTheLast))))
                .isEqualTo(bytes(upToTheLast));
        assertThat(Bitmaps.cardinality(RBM64, bytes(upToTheLast))).isEqualTo(5);
    }

    @Test
    void aBitmapOfAllThreeContainersIsAsLongAsAnotherLibraryWritesIt() throws Exception {
        BitmapSet thirds = new BitmapSet(RBM32);
        LongStream.range(0, 200_000).filter(i -> i % 3 == 0).forEach(thirds::add);
        byte[] digest = java.security.MessageDigest.getInstance("SHA-256").digest(thirds.toBytes());
        assertThat(HexFormat.of().formatHex(digest))
                .isEqualTo("8081422a09d67d0d5505529e383b05e096ed7e1526345da5127676bfbfad9ea7");
    }

    @Test
    void whereTwoFormsAreOfOneSizeTheOriginOfTheSetDoesNotShow() {
        byte[] array =
                Bitmaps.or(RBM32, Bitmaps.or(RBM32, Bitmaps.of(RBM32, 1), Bitmaps.of(RBM32, 3)), Bitmaps.of(RBM32, 2));
        byte[] runOfThree = bytes("3b3000000100000200010001000200");
        assertThat(array).isEqualTo(bytes("3a300000010000000000020010000000010002000300"));
        assertThat(Bitmaps.canonical(RBM32, ByteBuffer.wrap(runOfThree))).isEqualTo(array);
    }

    @Test
    void aContainerThatIsEmptyIsLeftOutOfAWideBitmap() {
        byte[] emptyPart = bytes("0100000000000000050000003a30000000000000");
        assertThat(Bitmaps.canonical(RBM64, ByteBuffer.wrap(emptyPart))).isEqualTo(bytes("0000000000000000"));
    }

    @Test
    void theBytesGivenAreNotMoved() {
        ByteBuffer body = ByteBuffer.wrap(bytes("ff3a3000000100000000000000100000000700ff"), 1, 18);
        assertThat(Bitmaps.cardinality(RBM32, Bitmaps.canonical(RBM32, body))).isEqualTo(1);
        assertThat(body.remaining()).isEqualTo(18);
    }

    @Test
    void aUnionWithWhatIsThereIsTheSameArray() {
        byte[] some = Bitmaps.or(RBM32, Bitmaps.of(RBM32, 70000), Bitmaps.of(RBM32, 1));
        assertThat(Bitmaps.or(RBM32, some, Bitmaps.of(RBM32, 1))).isSameAs(some);
        assertThat(Bitmaps.cardinality(RBM32, some)).isEqualTo(2);
    }

    @Test
    void oneNumberIsACanonicalBitmap() {
        for (long member : new long[] {0, 1, 65535, 65536, 4294967295L}) {
            assertThat(HexFormat.of().formatHex(Bitmaps.of(RBM32, member)))
                    .isEqualTo(hex(RBM32, LongStream.of(member)));
            assertThat(HexFormat.of().formatHex(Bitmaps.of(RBM64, member << 31)))
                    .isEqualTo(hex(RBM64, LongStream.of(member << 31)));
        }
        assertThatThrownBy(() -> Bitmaps.of(RBM32, 4294967296L))
                .hasMessage("an rbm32 bitmap holds 0 to 4294967295, which 4294967296 is past; take rbm64");
        assertThatThrownBy(() -> Bitmaps.of(RBM64, -1)).hasMessage("a bitmap holds no negative number, and -1 is one");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
            RBM32, "",                                     "byte 0: 0 bytes are left, and the cookie would take 4"
            RBM32, 01020304,                               "byte 0: begins with 67305985, which is none of the format's cookies"
            RBM32, 3a300000ffffffff,                       "byte 4: 4294967295 containers, where there are at most 65536"
            RBM32, 3a30000000000100,                       "byte 8: 0 bytes are left, and the keys of 65536 containers would take 262144"
            RBM32, 3b30ffff,                               "byte 4: 0 bytes are left, and the marks of run containers would take 8192"
            RBM32, 3a30000000000000ff,                     "byte 8: 1 bytes after the end of the bitmap"
            RBM32, 3a3000000100000000000000110000000700,   "byte 16: container 0 is not where its place says"
            RBM32, 3a30000001000000000001001000000007000700, "byte 18: member 7 after 7, where members ascend"
            RBM32, 3a3000000200000001000000010000001800000019000000, "byte 24: 0 bytes are left, and 1 members would take 2"
            RBM32, 3a30000001000000000001001000000007,     "byte 16: 1 bytes are left, and 2 members would take 4"
            RBM32, 3b3000000100000300010001000200,         "byte 15: a container of 3 members that says it has 4"
            RBM32, 3b3000000100000300020001000100030001,   "byte 11: 7 bytes are left, and 2 runs would take 8"
            RBM32, 3b300000010000030002000100010003000100, "byte 15: a run from 3 of 2 after one up to 3"
            RBM32, 3b300000010000ff0001000000ff00ff,       "byte 15: 1 bytes after the end of the bitmap"
            RBM32, 3b300000010000ffff0100ffffffff,         "byte 11: a run from 65535 of 65536 after one up to -1"
            RBM64, 00000000,                               "byte 0: fewer than the eight bytes of the number of parts"
            RBM64, ffffffffffffffff,                       "byte 8: ends before part 0 of 18446744073709551615"
            RBM64, 0100000000000000,                       "byte 8: ends before part 0 of 1"
            RBM64, 0200000000000000010000003a30000000000000010000003a30000000000000, "byte 20: part 1 after 1, where parts ascend"
            RBM64, 3a3000000100000000000000100000000700,   "byte 12: begins with 16, which"
            RBM64, 000000000000000000,                     "byte 8: 1 bytes after the end of the bitmap"
            """)
    void whatIsNoBitmapIsRefusedWithThePlace(BitmapKind kind, String hex, String detail) {
        assertThatThrownBy(() -> Bitmaps.canonical(kind, ByteBuffer.wrap(bytes(hex))))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ROWS))
                .hasMessageStartingWith("no " + (kind == RBM32 ? "rbm32" : "rbm64") + " bitmap in RoaringBitmap's")
                .hasMessageContaining(detail);
    }
}
