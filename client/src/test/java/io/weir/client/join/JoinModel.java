package io.weir.client.join;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;

/** Orders and customers: tables, random changes, and the full join, computed on JSON with nothing of ours. */
final class JoinModel {
    private static final ObjectMapper JSON = new ObjectMapper();

    final FakeTable left;
    final FakeTable right;
    final FakeTable output;
    private final JoinKind kind;
    private final BufferAllocator allocator;

    JoinModel(JoinKind kind, int leftBuckets, int rightBuckets, BufferAllocator allocator) {
        this.kind = kind;
        this.allocator = allocator;
        left = new FakeTable(
                FakeTable.table(
                        "orders",
                        1,
                        leftBuckets,
                        List.of("id", "customer"),
                        List.of("customer"),
                        "customer STRING NOT NULL",
                        "id BIGINT NOT NULL",
                        "amount DECIMAL(10,2)",
                        "tags ARRAY<STRING>"),
                allocator);
        right = new FakeTable(
                FakeTable.table(
                        "addresses",
                        2,
                        rightBuckets,
                        List.of("who", "label", "number"),
                        List.of("who"),
                        "number INT NOT NULL",
                        "label STRING NOT NULL",
                        "who STRING NOT NULL",
                        "street STRING",
                        "place ROW<x DOUBLE, y DOUBLE>"),
                allocator);
        output = new FakeTable(
                FakeTable.table(
                        "joined",
                        3,
                        2,
                        List.of("customer", "id", "label", "number"),
                        List.of("customer"),
                        "label STRING NOT NULL",
                        "customer STRING NOT NULL",
                        "street STRING",
                        "tags ARRAY<STRING>",
                        "id BIGINT NOT NULL",
                        "amount DECIMAL(10,2)",
                        "number INT NOT NULL",
                        "place ROW<x DOUBLE, y DOUBLE>",
                        "who STRING"),
                allocator);
    }

    JoinPlan plan() {
        return JoinPlan.of(kind, left.description(), right.description(), output.description(), JoinColumns.BY_NAME);
    }

    /** Inserts, updates, writes that change nothing, and deletes, of rows that are there and of others. */
    void change(Random random) {
        String who = "c" + random.nextInt(6);
        if (random.nextBoolean()) {
            String key = "{\"customer\":\"%s\",\"id\":%d".formatted(who, random.nextInt(3));
            if (random.nextInt(5) < 2) {
                left.deleteJson(key + "}");
            } else {
                left.upsertJson(key
                        + ",\"amount\":%s,\"tags\":%s}"
                                .formatted(
                                        random.nextInt(4) == 0 ? "null" : "\"" + random.nextInt(3) + ".50\"",
                                        random.nextInt(3) == 0 ? "null" : "[\"t" + random.nextInt(2) + "\",null]"));
            }
        } else {
            String label = random.nextInt(4) == 0 ? "" : "l" + random.nextInt(2);
            String key = "{\"who\":\"%s\",\"label\":\"%s\",\"number\":%d".formatted(who, label, random.nextInt(2));
            if (random.nextInt(5) < 2) {
                right.deleteJson(key + "}");
            } else {
                right.upsertJson(key
                        + ",\"street\":%s,\"place\":%s}"
                                .formatted(
                                        random.nextInt(4) == 0 ? "null" : "\"s" + random.nextInt(3) + "\"",
                                        random.nextInt(3) == 0 ? "null" : "{\"x\":\"NaN\",\"y\":1.5}"));
            }
        }
    }

    /** One of the three changelogs forgets what it holds. */
    void trim(Random random) {
        List.of(left, right, output).get(random.nextInt(3)).trim();
    }

    TreeSet<String> outputRows() {
        TreeSet<String> texts = new TreeSet<>();
        rows(output).forEach(row -> texts.add(sorted(row)));
        return texts;
    }

    TreeSet<String> fullJoin() {
        TreeSet<String> joined = new TreeSet<>();
        List<JsonNode> addresses = rows(right);
        for (JsonNode order : rows(left)) {
            List<JsonNode> matches = addresses.stream()
                    .filter(a -> a.get("who").equals(order.get("customer")))
                    .toList();
            for (JsonNode address : matches) {
                joined.add(sorted(((ObjectNode) order.deepCopy()).setAll((ObjectNode) address)));
            }
            if (matches.isEmpty() && kind == JoinKind.LEFT) {
                ObjectNode row = order.deepCopy();
                row.put("label", "").put("number", 0);
                row.putNull("who").putNull("street").putNull("place");
                joined.add(sorted(row));
            }
        }
        return joined;
    }

    private List<JsonNode> rows(FakeTable table) {
        try {
            List<JsonNode> rows = new ArrayList<>();
            JSON.readTree(table.all().toJson(allocator)).forEach(rows::add);
            return rows;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sorted(JsonNode row) {
        Stream<String> members = row.properties().stream().map(e -> e.getKey() + "=" + e.getValue());
        return String.join(" ", members.sorted().toList());
    }
}
