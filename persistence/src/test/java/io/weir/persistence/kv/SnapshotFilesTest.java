package io.weir.persistence.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.StoredObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The descriptor of a KV snapshot, byte for byte, and what is refused of a hostile one. */
final class SnapshotFilesTest {
    private static final RemoteNames.Attempt ATTEMPT = new RemoteNames.Attempt(1_700_000_000_000L, 255);
    private static final KvSnapshot SNAPSHOT = new KvSnapshot(
            12, 1_700_000_000_001L, 42 + 16, new StoredObject(RemoteNames.snapshot("7-0", ATTEMPT), 0, 0));
    private static final String TEXT = """
            {"format":"weir-kv-snapshot","version":1,"bucket":"7-0","offset":12,"taken_ms":1700000000001,"files":[\
            {"name":"000005.ldb","object":"buckets/7-0/kv/1700000000000-00000000000000ff-000005.ldb","size":42,"crc32c":"00abcdef"},\
            {"name":"CURRENT","object":"buckets/7-0/kv/1700000000000-00000000000000ff-CURRENT","size":16,"crc32c":"ffffffff"}]}""";

    private static SnapshotFiles.Entry entry(String name, long size, int crc) {
        ObjectName object = RemoteNames.snapshotFile("7-0", ATTEMPT, name);
        return new SnapshotFiles.Entry(name, new StoredObject(object, size, crc));
    }

    private static SnapshotFiles decode(String text) {
        return SnapshotFiles.decode(text.getBytes(StandardCharsets.UTF_8), SNAPSHOT);
    }

    private static void assertRefused(String text) {
        assertThat(text).isNotEqualTo(TEXT);
        assertThatThrownBy(() -> decode(text)).isInstanceOfSatisfying(WeirException.class, e -> assertThat(e.code())
                .isEqualTo(ErrorCode.CORRUPT_DATA));
    }

    @Test
    void itIsWrittenAsDocumentedAndReadBack() throws IOException {
        SnapshotFiles files = new SnapshotFiles(
                "7-0", 12, 1_700_000_000_001L, List.of(entry("000005.ldb", 42, 0x00abcdef), entry("CURRENT", 16, -1)));
        assertThat(new String(files.encode(), StandardCharsets.UTF_8)).isEqualTo(TEXT);
        assertThat(decode(TEXT)).isEqualTo(files);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"version\":1 | \"version\":2",
                "weir-kv-snapshot | other",
                "\"bucket\":\"7-0\" | \"bucket\":\"8-0\"",
                "\"offset\":12 | \"offset\":13",
                "\"offset\":12 | \"offset\":-12",
                "\"offset\":12 | \"offset\":12.0",
                "\"offset\":12 | \"offset\":\"12\"",
                "\"offset\":12 | \"offset\":12,\"offset\":12",
                "\"offset\":12 | \"offset\":12,\"more\":1",
                "\"offset\":12, | ''",
                "1700000000001 | 1700000000002",
                "\"size\":42 | \"size\":43",
                "\"size\":42 | \"size\":-42",
                "\"size\":42 | \"size\":99999999999999999999",
                "\"size\":42 | \"size\":4611686018427387904",
                "000005.ldb | ../000005.ldb",
                "000005.ldb | a/000005.ldb",
                "\"name\":\"000005.ldb\" | \"name\":\"000006.ldb\"",
                "\"name\":\"000005.ldb\" | \"name\":\"..\"",
                "\"name\":\"000005.ldb\" | \"name\":\"\"",
                "\"name\":\"000005.ldb\" | \"name\":null",
                "000005.ldb | CURRENT",
                "000005.ldb | LOCK",
                "CURRENT | 000006.ldb",
                "buckets/7-0/kv/1700000000000-00000000000000ff-000005.ldb | buckets/8-0/kv/1700000000000-00000000000000ff-000005.ldb",
                "buckets/7-0/kv/1700000000000-00000000000000ff-000005.ldb | buckets/7-0/kv/x/1700000000000-00000000000000ff-000005.ldb",
                "00abcdef | 0abcdef",
                "00abcdef | 00ABCDEF",
                "\"files\":[ | \"files\":[null,",
                "\"files\":[ | \"files\":[[[[[[",
                "ffffffff\"}]} | ffffffff\"}]}{}",
            })
    void whatIsNotExactlyThatIsRefused(String written, String instead) {
        assertThat(TEXT).contains(written);
        assertRefused(TEXT.replace(written, instead));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[]", "null", "1", "{\"format\"", "\u0000"})
    void whatIsNoDescriptorAtAllIsRefused(String text) {
        assertRefused(text);
    }

    @Test
    void moreFilesThanADescriptorTakesAreNotWritten() {
        List<SnapshotFiles.Entry> many = java.util.stream.IntStream.rangeClosed(0, SnapshotFiles.FILES_MAX)
                .mapToObj(i -> entry(i + ".ldb", 1, 1))
                .toList();
        assertThatThrownBy(() -> new SnapshotFiles("7-0", 1, 1, many).encode()).isInstanceOf(IOException.class);
    }

    @Test
    void theLargestDescriptorFits() throws IOException {
        List<SnapshotFiles.Entry> most = java.util.stream.IntStream.range(0, SnapshotFiles.FILES_MAX)
                .mapToObj(i -> entry("%010d.ldb".formatted(i), 1 << 21, 1))
                .toList();
        assertThat(new SnapshotFiles("7-0", 1, 1, most).encode()).hasSizeLessThan(SnapshotFiles.BYTES_MAX);
    }
}
