package io.weir.sharding;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import io.weir.lake.iceberg.IcebergSettings;
import io.weir.persistence.objects.S3StoreSettings;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The settings of a node's way to the lake; the keys of {@code weir.lake}, where each is explained.
 *
 * @param warehouse {@code none}, a {@code file:///} URI, or {@code s3://}; never {@code auto}
 * @param directory in the data directory; where the catalog of this node's own is
 * @param catalog Iceberg's own properties; empty for a catalog of this node's own
 */
public record LakeSettings(String warehouse, Path directory, Map<String, String> catalog) {
    public static final String NONE = "none";
    private static final String AUTO = "auto";
    private static final String S3 = "s3://";
    private static final String BUCKET_IN_HOST = "{bucket}.";

    public LakeSettings {
        catalog = Map.copyOf(catalog);
        boolean file = warehouse.startsWith("file:///") && warehouse.length() > "file:///".length();
        boolean s3 = warehouse.matches("s3://[^/]+(/.*)?");
        if (!warehouse.equals(NONE) && !file && !s3) {
            throw new IllegalArgumentException("weir.lake.warehouse is '" + warehouse
                    + "'; it has to be file:///DIRECTORY, s3://BUCKET/PREFIX, none or auto");
        }
    }

    /**
     * @param weir the settings below {@code weir}
     * @param alone whether this is a cluster of one
     */
    static LakeSettings from(Config weir, Path dataDirectory, boolean alone) {
        Config lake = weir.getConfig("lake");
        Map<String, String> catalog = new TreeMap<>();
        for (Map.Entry<String, ConfigValue> entry : lake.getConfig("catalog").entrySet()) {
            // A key with dots is quoted in HOCON; Iceberg's keys have dots.
            String key = String.join(".", ConfigUtil.splitPath(entry.getKey()));
            catalog.put(key, String.valueOf(entry.getValue().unwrapped()));
        }
        Path directory = dataDirectory.resolve("lake");
        String warehouse = warehouse(lake.getString("warehouse").trim(), directory, alone);
        if (!warehouse.equals(NONE) && catalog.isEmpty() && !alone) {
            throw new IllegalArgumentException(
                    "weir.lake.warehouse is set in a cluster of several nodes, which need a catalog that all of them reach; set"
                            + " weir.lake.catalog, such as { type = rest, uri = \"http://HOST:PORT\" }");
        }
        return new LakeSettings(warehouse, directory, catalog);
    }

    private static String warehouse(String set, Path directory, boolean alone) {
        if (set.equals(AUTO)) {
            return alone ? uri(directory.resolve("warehouse")) : NONE;
        }
        // A bare path is what people type.
        return set.startsWith("/") ? uri(Path.of(set).normalize()) : set;
    }

    private static String uri(Path directory) {
        // Without the slash that a directory gets once it exists.
        URI uri = directory.toUri();
        return uri.toString().replaceFirst("/$", "");
    }

    /**
     * What Iceberg is opened with.
     *
     * @param environment where a warehouse in S3 has its AWS_* from, as an object store does; the catalog's own properties win
     */
    IcebergSettings iceberg(Map<String, String> environment) {
        Map<String, String> properties = new TreeMap<>();
        if (warehouse.startsWith(S3) && !catalog.containsKey("s3.access-key-id")) {
            properties.putAll(s3(environment));
        }
        properties.putAll(catalog);
        return new IcebergSettings(directory, warehouse, properties);
    }

    private Map<String, String> s3(Map<String, String> environment) {
        String bucket = warehouse.substring(S3.length()).replaceFirst("/.*", "");
        S3StoreSettings store = S3StoreSettings.fromEnvironment(bucket, environment);
        Map<String, String> properties = new TreeMap<>(Map.of(
                "s3.access-key-id", store.credentials().accessKeyId(),
                "s3.secret-access-key", store.credentials().secretAccessKey(),
                "client.region", store.region()));
        if (environment.containsKey("AWS_ENDPOINT_URL_S3")) {
            boolean inHost = store.endpoint().contains(BUCKET_IN_HOST);
            properties.put("s3.endpoint", store.endpoint().replace(BUCKET_IN_HOST, ""));
            properties.put("s3.path-style-access", Boolean.toString(!inHost));
        }
        return properties;
    }

    boolean hasLake() {
        return !warehouse.equals(NONE);
    }
}
