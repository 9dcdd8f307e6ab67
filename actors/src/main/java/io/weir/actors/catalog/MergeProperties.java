package io.weir.actors.catalog;

import io.weir.codec.merge.Aggregation;
import io.weir.codec.merge.MergeSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The properties that say how rows with one key become one, as text; they name columns, and follow these when they are renamed. */
final class MergeProperties {
    private static final Pattern FIELD = Pattern.compile("fields\\.([^.]+)\\.(agg|delimiter)");
    private static final String AGG = "agg";
    private static final String DELIMITER = "delimiter";

    private MergeProperties() {}

    static String aggregation(String column) {
        return "fields." + column + "." + AGG;
    }

    static String delimiter(String column) {
        return "fields." + column + "." + DELIMITER;
    }

    static boolean isField(String name) {
        return FIELD.matcher(name).matches();
    }

    /** @throws io.weir.codec.WeirException INVALID_PROPERTY; whether the spec makes sense and fits the columns is for the merge engine to say */
    static MergeSpec spec(Map<String, String> properties) {
        MergeSpec.Engine engine = PropertyRules.choice(
                PropertyRules.MERGE_ENGINE,
                properties.getOrDefault(PropertyRules.MERGE_ENGINE, "last-row"),
                MergeSpec.Engine.class);
        Map<String, Aggregation> aggregations = new HashMap<>();
        Map<String, String> delimiters = new HashMap<>();
        new TreeMap<>(properties).forEach((name, value) -> {
            Matcher field = FIELD.matcher(name);
            if (field.matches() && field.group(2).equals(AGG)) {
                aggregations.put(field.group(1), aggregation(name, value));
            } else if (field.matches()) {
                delimiters.put(field.group(1), value);
            }
        });
        return new MergeSpec(engine, properties.get(PropertyRules.VERSION_COLUMN), aggregations, delimiters);
    }

    private static Aggregation aggregation(String name, String value) {
        return Aggregation.of(value)
                .orElseThrow(() -> PropertyRules.invalid(
                        name,
                        value,
                        "one of "
                                + Arrays.stream(Aggregation.values())
                                        .map(Aggregation::text)
                                        .collect(Collectors.joining(", "))));
    }

    /** The property that gives the column a meaning, so that it cannot go: its name. */
    static Optional<String> naming(String column, Map<String, String> properties) {
        if (properties.containsKey(aggregation(column))) {
            return Optional.of(aggregation(column));
        }
        return PropertyRules.COLUMN_VALUED.stream()
                .filter(name -> column.equals(properties.get(name)))
                .findFirst();
    }

    /** @param renames old column name to new column name */
    static Map<String, String> renamed(Map<String, String> properties, Map<String, String> renames) {
        Map<String, String> renamed = new HashMap<>();
        properties.forEach((name, value) -> {
            Matcher field = FIELD.matcher(name);
            if (field.matches()) {
                String column = renames.getOrDefault(field.group(1), field.group(1));
                renamed.put("fields." + column + "." + field.group(2), value);
            } else if (PropertyRules.COLUMN_VALUED.contains(name)) {
                renamed.put(name, renames.getOrDefault(value, value));
            } else {
                renamed.put(name, value);
            }
        });
        return renamed;
    }
}
