package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
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
import org.jspecify.annotations.Nullable;

/** The properties that say how rows with one key become one, as text; they name columns, and follow these when they are renamed. */
final class MergeProperties {
    private static final int DELIMITER_LENGTH_MAX = 64;
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

    /** @throws WeirException INVALID_PROPERTY; whether the spec fits the columns is not looked at */
    static MergeSpec spec(Map<String, String> properties) {
        MergeSpec.Engine engine = PropertyRules.choice(
                PropertyRules.MERGE_ENGINE,
                properties.getOrDefault(PropertyRules.MERGE_ENGINE, "last-row"),
                MergeSpec.Engine.class);
        Map<String, Aggregation> aggregations = new HashMap<>();
        Map<String, String> delimiters = new HashMap<>();
        new TreeMap<>(properties).forEach((name, value) -> {
            Matcher field = FIELD.matcher(name);
            if (!field.matches()) {
                return;
            }
            if (engine != MergeSpec.Engine.AGGREGATION) {
                throw needs(name, PropertyRules.MERGE_ENGINE, "aggregation");
            }
            if (field.group(2).equals(AGG)) {
                aggregations.put(field.group(1), aggregation(name, value));
            } else {
                delimiters.put(field.group(1), delimiter(name, value));
            }
        });
        for (String column : delimiters.keySet()) {
            if (aggregations.get(column) != Aggregation.LISTAGG) {
                throw needs(delimiter(column), aggregation(column), "listagg");
            }
        }
        return new MergeSpec(engine, versionColumn(engine, properties), aggregations, delimiters);
    }

    private static @Nullable String versionColumn(MergeSpec.Engine engine, Map<String, String> properties) {
        String column = properties.get(PropertyRules.VERSION_COLUMN);
        if (engine == MergeSpec.Engine.VERSIONED && column == null) {
            throw new WeirException(
                    ErrorCode.INVALID_PROPERTY,
                    "property 'merge-engine' is 'versioned', which needs 'merge-engine.version-column': the column whose"
                            + " higher value wins");
        }
        if (engine != MergeSpec.Engine.VERSIONED && column != null) {
            throw needs(PropertyRules.VERSION_COLUMN, PropertyRules.MERGE_ENGINE, "versioned");
        }
        return column;
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

    private static String delimiter(String name, String value) {
        if (value.length() > DELIMITER_LENGTH_MAX) {
            throw PropertyRules.invalid(name, value, "at most " + DELIMITER_LENGTH_MAX + " characters");
        }
        return value;
    }

    private static WeirException needs(String name, String other, String value) {
        return new WeirException(
                ErrorCode.INVALID_PROPERTY,
                "property '%s' needs '%s' to be '%s'; set that too, or leave this one out"
                        .formatted(name, other, value));
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
