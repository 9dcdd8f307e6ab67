package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowChunksTest {
    @TempDir
    Path directory;

    private List<byte[]> chunks(byte[] content) throws IOException {
        Path file = Files.write(directory.resolve("rows"), content);
        List<byte[]> chunks = new ArrayList<>();
        try (RowChunks rows = RowChunks.open(file)) {
            for (byte[] chunk = rows.next(); chunk != null; chunk = rows.next()) {
                chunks.add(chunk);
            }
        }
        return chunks;
    }

    private static byte[] joined(List<byte[]> chunks) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        chunks.forEach(all::writeBytes);
        return all.toByteArray();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void anEmptyFileHasNoChunk() throws IOException {
        assertThat(chunks(new byte[0])).isEmpty();
    }

    @Test
    void aFileWithoutANewlineAtItsEndKeepsItsLastRow() throws IOException {
        assertThat(chunks(text("{\"a\":1}\n{\"a\":2}"))).singleElement().isEqualTo(text("{\"a\":1}\n{\"a\":2}"));
    }

    @Test
    void chunksEndAtLinesAndLoseNothing() throws IOException {
        for (int line : new int[] {1 << 10, (1 << 20) + 1, RowChunks.CHUNK_BYTES, RowChunks.CHUNK_BYTES + 7}) {
            byte[] content = text(("x".repeat(line - 1) + "\n").repeat((9 << 20) / line + 1));
            List<byte[]> chunks = chunks(content);
            assertThat(joined(chunks)).as("lines of %d bytes", line).isEqualTo(content);
            assertThat(chunks)
                    .allSatisfy(chunk -> assertThat(chunk[chunk.length - 1]).isEqualTo((byte) '\n'));
        }
    }

    @Test
    void aLineWithoutEndIsRefusedBeforeItFillsTheMemory() {
        assertThatThrownBy(() -> chunks(text("x".repeat(RowChunks.LINE_BYTES_MAX + RowChunks.CHUNK_BYTES + 1))))
                .hasMessageContaining("longer than");
    }

    @Test
    void zippedLinesAreUnzippedAndAZippedArrowFileIsRefused() throws IOException {
        assertThat(joined(chunks(zipped(text("{\"a\":1}\n"))))).isEqualTo(text("{\"a\":1}\n"));
        assertThatThrownBy(() -> chunks(zipped(text("ARROW1\0\0")))).hasMessageContaining("unzipped");
    }

    private static byte[] zipped(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }
}
