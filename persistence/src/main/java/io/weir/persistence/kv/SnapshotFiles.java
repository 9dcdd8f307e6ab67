package io.weir.persistence.kv;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.StoredObject;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;

/**
 * What a KV snapshot is made of: the content of its descriptor object, version 1, in JSON (docs/formats.md). Reading is strict: what is
 * not exactly as it would be written, is refused, so that no name leads out of a directory and no size is believed that cannot be.
 *
 * @param bucket as the names of objects have it
 * @param files by name; {@code CURRENT}, without which LevelDB would begin anew, is among them
 */
record SnapshotFiles(String bucket, long offset, long takenMs, List<Entry> files) {
    /** Most bytes of a descriptor, and most files in it: 128 GiB of tables. */
    static final int BYTES_MAX = 16 << 20;

    static final int FILES_MAX = 1 << 16;

    private static final String FORMAT = "weir-kv-snapshot";
    private static final int VERSION = 1;
    private static final long SIZE_MAX = 1L << 40;
    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
    private static final Pattern CRC = Pattern.compile("[0-9a-f]{8}");
    private static final Set<String> MEMBERS = Set.of("format", "version", "bucket", "offset", "taken_ms", "files");
    private static final Set<String> FILE_MEMBERS = Set.of("name", "object", "size", "crc32c");
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(4)
                            .maxStringLength(2000)
                            .maxNumberLength(20)
                            .build())
                    .build())
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** A file of the store, and the object that holds it. */
    record Entry(String name, StoredObject object) {}

    SnapshotFiles {
        files = List.copyOf(files);
    }

    /** Of all files. */
    long bytes() {
        return files.stream().mapToLong(file -> file.object().size()).sum();
    }

    /** @throws IOException where there are more files than a descriptor takes */
    byte[] encode() throws IOException {
        if (files.size() > FILES_MAX) {
            throw new IOException("a KV snapshot of %d files; at most %d".formatted(files.size(), FILES_MAX));
        }
        ObjectNode root = JSON.createObjectNode()
                .put("format", FORMAT)
                .put("version", VERSION)
                .put("bucket", bucket)
                .put("offset", offset)
                .put("taken_ms", takenMs);
        ArrayNode array = root.putArray("files");
        for (Entry file : files) {
            array.addObject()
                    .put("name", file.name())
                    .put("object", file.object().name().value())
                    .put("size", file.object().size())
                    .put(
                            "crc32c",
                            String.format(Locale.ROOT, "%08x", file.object().crc32c()));
        }
        return JSON.writeValueAsBytes(root);
    }

    static CompletionStage<SnapshotFiles> read(Transfers transfers, KvSnapshot snapshot) {
        return transfers.read(snapshot.descriptor(), BYTES_MAX).thenApply(bytes -> decode(bytes, snapshot));
    }

    /**
     * @param snapshot what the manifest says of it
     * @throws WeirException CORRUPT_DATA where it is not a descriptor of exactly this snapshot
     */
    static SnapshotFiles decode(byte[] bytes, KvSnapshot snapshot) {
        ObjectName name = snapshot.descriptor().name();
        try {
            SnapshotFiles read =
                    read(JSON.readTree(bytes), RemoteNames.bucket(name).orElse(""));
            require(
                    read.offset == snapshot.offset()
                            && read.takenMs == snapshot.takenMs()
                            && read.bytes() == snapshot.bytes(),
                    "offset=%d taken_ms=%d bytes=%d and not what the manifest says: %s"
                            .formatted(read.offset, read.takenMs, read.bytes(), snapshot));
            return read;
        } catch (IOException | IllegalArgumentException e) {
            throw new WeirException(
                    ErrorCode.CORRUPT_DATA, "object %s is no KV snapshot: %s".formatted(name, e.getMessage()), e);
        }
    }

    private static SnapshotFiles read(JsonNode root, String bucket) {
        requireMembers(root, MEMBERS, "a snapshot");
        require(root.path("format").asText().equals(FORMAT), "it is not of format " + FORMAT);
        long version = number(root, "version", Integer.MAX_VALUE);
        require(version == VERSION, "it is of version %d, known here is %d".formatted(version, VERSION));
        require(root.path("bucket").asText().equals(bucket), "it is of another bucket than its name says");
        JsonNode array = root.path("files");
        require(array.isArray() && array.size() <= FILES_MAX, "its files are not a list of at most " + FILES_MAX);
        List<Entry> files = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode file : array) {
            Entry entry = entry(file, bucket);
            require(names.add(entry.name()), "file %s stands there twice".formatted(entry.name()));
            files.add(entry);
        }
        require(names.contains("CURRENT"), "file CURRENT is missing");
        return new SnapshotFiles(
                bucket, number(root, "offset", Long.MAX_VALUE), number(root, "taken_ms", Long.MAX_VALUE), files);
    }

    private static Entry entry(JsonNode file, String bucket) {
        requireMembers(file, FILE_MEMBERS, "a file");
        String name = file.path("name").asText();
        require(isFileName(name), "'%s' is no file of a KV store".formatted(name));
        ObjectName object = new ObjectName(file.path("object").asText());
        String prefix = RemoteNames.bucketPrefix(bucket) + "kv/";
        String rest = object.value().startsWith(prefix) ? object.value().substring(prefix.length()) : "/";
        require(
                rest.indexOf('/') < 0 && rest.endsWith("-" + name),
                "object %s is none of file %s of this bucket".formatted(object, name));
        String crc = file.path("crc32c").asText();
        require(CRC.matcher(crc).matches(), "'%s' is no CRC-32C".formatted(crc));
        long size = number(file, "size", SIZE_MAX);
        return new Entry(name, new StoredObject(object, size, Integer.parseUnsignedInt(crc, 16)));
    }

    static boolean isFileName(String name) {
        return FILE_NAME.matcher(name).matches() && KvStores.belongsToState(name);
    }

    private static void requireMembers(JsonNode node, Set<String> members, String what) {
        require(node.isObject() && node.size() == members.size(), what + " has the members " + members);
        for (Iterator<String> present = node.fieldNames(); present.hasNext(); ) {
            String member = present.next();
            require(members.contains(member), "unknown member '" + member + "'");
        }
    }

    private static long number(JsonNode node, String member, long max) {
        JsonNode value = node.path(member);
        require(
                value.isIntegralNumber()
                        && value.canConvertToLong()
                        && value.longValue() >= 0
                        && value.longValue() <= max,
                "'%s' is not a number from 0 to %d".formatted(member, max));
        return value.longValue();
    }

    private static void require(boolean right, String otherwise) {
        if (!right) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
