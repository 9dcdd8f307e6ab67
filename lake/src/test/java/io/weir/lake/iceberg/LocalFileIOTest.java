package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.PositionOutputStream;
import org.apache.iceberg.io.SeekableInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalFileIOTest {
    @TempDir
    Path directory;

    private final LocalFileIO io = new LocalFileIO();
    private String root;

    @BeforeEach
    void initialize() {
        root = LocalFileIO.location(directory.resolve("warehouse"));
        io.initialize(Map.of("warehouse", root));
    }

    private void write(String location, byte[] bytes) throws IOException {
        try (PositionOutputStream out = io.newOutputFile(location).create()) {
            out.write(bytes);
            assertThat(out.getPos()).isEqualTo(bytes.length);
        }
    }

    @Test
    void bytesComeBackFromEverywhereInTheFile() throws IOException {
        byte[] bytes = new byte[200_001];
        new java.util.Random(1).nextBytes(bytes);
        OutputFile file = io.newOutputFile(root + "/a/b%2Fc/ü x.bin");
        try (PositionOutputStream out = file.create()) {
            out.write(bytes, 0, 70_000);
            out.write(bytes[70_000]);
            out.flush();
            out.write(bytes, 70_001, 10);
            out.write(bytes, 70_011, bytes.length - 70_011);
        }
        assertThat(Files.readAllBytes(directory.resolve("warehouse/a/b%2Fc/ü x.bin")))
                .isEqualTo(bytes);
        InputFile input = io.newInputFile(file.location());
        assertThat(input.getLength()).isEqualTo(bytes.length);
        try (SeekableInputStream in = input.newStream()) {
            in.seek(150_000);
            assertThat(in.read()).isEqualTo(bytes[150_000] & 0xFF);
            assertThat(in.readNBytes(5)).isEqualTo(java.util.Arrays.copyOfRange(bytes, 150_001, 150_006));
            in.seek(bytes.length);
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @Test
    void aFileThatIsThereIsNotOverwrittenByAccident() throws IOException {
        write(root + "/f", "one".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> io.newOutputFile(root + "/f").create()).isInstanceOf(AlreadyExistsException.class);
        try (PositionOutputStream out = io.newOutputFile(root + "/f").createOrOverwrite()) {
            out.write('2');
        }
        assertThat(Files.readString(directory.resolve("warehouse/f"))).isEqualTo("2");
    }

    @Test
    void nothingOutsideOfTheWarehouseIsWrittenOrDeleted() throws IOException {
        Path outside = Files.writeString(directory.resolve("outside"), "keep");
        for (String location : new String[] {
            LocalFileIO.location(outside), root + "/../outside", outside.toString(), root, root + "2/x"
        }) {
            assertThatThrownBy(() -> io.newOutputFile(location))
                    .as(location)
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> io.deleteFile(location)).as(location).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> io.deletePrefix(location))
                    .as(location)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(outside).hasContent("keep");
        assertThatThrownBy(() -> io.newInputFile("s3://bucket/key")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void prefixesAreListedAndDeleted() throws IOException {
        write(root + "/t/data/x=1/a", new byte[3]);
        write(root + "/t/b", new byte[5]);
        write(root + "/u/c", new byte[7]);
        assertThat(io.listPrefix(root + "/t"))
                .extracting(f -> f.location().substring(root.length()) + ":" + f.size())
                .containsExactlyInAnyOrder("/t/data/x=1/a:3", "/t/b:5");
        assertThat(io.listPrefix(root + "/none")).isEmpty();
        io.deletePrefix(root + "/t");
        assertThat(directory.resolve("warehouse/t")).doesNotExist();
        assertThat(directory.resolve("warehouse/u/c")).exists();
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertThatThrownBy(() -> io.deleteFile(root + "/none")).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> io.newInputFile(root + "/none").newStream()).isInstanceOf(NotFoundException.class);
        assertThat(io.newInputFile(root + "/none").exists()).isFalse();
    }

    @Test
    void locationsOfSeveralFormsNameOneFile() {
        Path path = Path.of("/a/b");
        assertThat(LocalFileIO.location(path)).isEqualTo("file:///a/b");
        for (String form : new String[] {"file:///a/b", "file:/a/b", "/a/b", "file://localhost/a/b"}) {
            assertThat(LocalFileIO.path(form)).as(form).isEqualTo(path);
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsLetGoAtOnceAndIsNotTakenForWhole() throws IOException {
        Path full = Path.of("/dev/full");
        Path descriptors = Path.of("/proc/self/fd");
        assumeTrue(Files.exists(full) && Files.exists(descriptors));
        Files.createDirectories(directory.resolve("warehouse"));
        Files.createSymbolicLink(directory.resolve("warehouse/f"), full);
        PositionOutputStream out = io.newOutputFile(root + "/f").createOrOverwrite();
        assertThatThrownBy(() -> out.write(new byte[100_000])).isInstanceOf(IOException.class);
        try (Stream<Path> open = Files.list(descriptors)) {
            assertThat(open.filter(Files::isSymbolicLink).map(LocalFileIOTest::target))
                    .doesNotContain(full.toString());
        }
        assertThatThrownBy(out::close).isInstanceOf(IOException.class);
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "gone";
        }
    }
}
