package io.weir.persistence.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.batch.WriterEntry;
import io.weir.persistence.file.DiskFileStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Version 1 of every side file, byte for byte, so that no change goes unseen; and that any changed byte is seen. */
final class LogFormatsTest {
    private static final String INDEX =
            "574944580100000007000000000000000c00000000000000c800000000000000e8030000000000000300000002000000ea03000000000000453f7709f36cb2e007000000000000000000000000000000e80300000000000009000000000000006400000000000000e903000000000000";

    private static final String WRITERS =
            "575752540100000066000000bc965a6c0700000000000000ea030000000000000300000002000000040069646c6501000100000000000000000000000000000002000000000000000200c3a90100050000000000000002000000000000000500000000000000";

    private static final String STATE_SLOT =
            "5753544101000000030000000000000007000000000000000f0000000000000007000000000000000401000000000000030000008908af7f";

    @TempDir
    Path directory;

    @Test
    void indexFileIsByteForByteVersion1() {
        SparseIndex index = new SparseIndex(100);
        index.offer(7, 0, 1000);
        index.offer(9, 100, 1001);
        SegmentExtent extent = new SegmentExtent(12, 200, 1000, 1002, 3);
        ByteBuffer bytes = SegmentIndexFile.encode(7, extent, index);
        assertThat(hex(bytes)).isEqualTo(INDEX);
        SegmentIndexFile head = SegmentIndexFile.decodeHead(bytes);
        assertThat(head.extent()).isEqualTo(extent);
        SparseIndex read = head.decodeEntries(bytes.slice(64, 48), 100);
        assertThat(read.floor(10)).isEqualTo(new SparseIndex.Entry(9, 100, 1001));
    }

    @Test
    void anyChangedByteOfAnIndexFileIsSeen() {
        byte[] bytes = HexFormat.of().parseHex(INDEX);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] ^= 0x40;
            SegmentIndexFile head = SegmentIndexFile.decodeHead(ByteBuffer.wrap(bytes));
            boolean accepted =
                    head != null && head.decodeEntries(ByteBuffer.wrap(bytes).slice(64, 48), 100) != null;
            assertThat(accepted).as("byte " + i).isFalse();
            bytes[i] ^= 0x40;
        }
    }

    @Test
    void writersFileIsByteForByteVersion1() {
        WriterHistory writers = new WriterHistory();
        writers.applied(new WriterEntry("idle", 1, 2, 2), 0);
        writers.applied(new WriterEntry("é", 5, 1, 3), 4);
        ByteBuffer bytes = new WritersFile(7, 1002, 3, writers).encode();
        assertThat(hex(bytes)).isEqualTo(WRITERS);
    }

    @Test
    void anyChangedByteOfAWritersFileIsSeen() {
        byte[] bytes = HexFormat.of().parseHex(WRITERS);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] ^= 0x40;
            assertThat(WritersFile.decode(ByteBuffer.wrap(bytes), 7))
                    .as("byte " + i)
                    .isNull();
            bytes[i] ^= 0x40;
        }
        assertThat(WritersFile.decode(ByteBuffer.wrap(bytes), 8)).isNull();
        assertThat(WritersFile.decode(ByteBuffer.wrap(bytes), 7)).isNotNull();
    }

    @Test
    void stateFileIsByteForByteVersion1AndTheNewestSlotCounts() throws IOException {
        DiskFileStore files = new DiskFileStore();
        try (LogState state = LogState.open(files, directory)) {
            state.remember(12, 7, 200, 3);
            state.moveStart(7);
            state.remember(15, 7, 260, 3);
        }
        byte[] bytes = Files.readAllBytes(directory.resolve(LogState.NAME));
        assertThat(bytes).hasSize(2048);
        assertThat(HexFormat.of().formatHex(bytes, 512, 568)).isEqualTo(STATE_SLOT);
        try (LogState state = LogState.open(files, directory)) {
            assertThat(state.note()).isEqualTo(new LogState.Note(7, 15, 7, 260, 3));
        }
        bytes[512 + 30] ^= 1;
        Files.write(directory.resolve(LogState.NAME), bytes);
        try (LogState state = LogState.open(files, directory)) {
            assertThat(state.note().startOffset()).isEqualTo(7);
            assertThat(state.note().durableEnd()).isEqualTo(12);
        }
    }

    private static String hex(ByteBuffer bytes) {
        byte[] array = new byte[bytes.remaining()];
        bytes.duplicate().get(array);
        return HexFormat.of().formatHex(array);
    }
}
