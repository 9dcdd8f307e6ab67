package io.weir.lake.iceberg;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.CatalogUtil;

/**
 * Where the lake is.
 *
 * @param directory of this node; the embedded catalog's file lies in it, and the warehouse where none is named
 * @param warehouse where tables lie: a directory ({@code file:} or a plain path), {@code s3://bucket/prefix}, or what the catalog calls
 *     a warehouse; empty for {@code warehouse} in {@code directory}
 * @param catalog properties as Iceberg's catalogs and FileIO take them ({@code type}, {@code uri}, {@code s3.endpoint} ...). Without
 *     {@code type} and {@code catalog-impl} the catalog is embedded: an SQLite file
 */
public record IcebergSettings(Path directory, String warehouse, Map<String, String> catalog) {
    /** Under this name the embedded catalog and others that keep several catalogs in one database know this one. */
    public static final String CATALOG_NAME = "weir";

    static final String CATALOG_FILE = "catalog.db";

    private static final String LOCAL_FILES = LocalFileIO.class.getName();
    private static final String S3_FILES = "org.apache.iceberg.aws.s3.S3FileIO";

    public IcebergSettings {
        catalog = Map.copyOf(catalog);
    }

    public static IcebergSettings embedded(Path directory) {
        return new IcebergSettings(directory, "", Map.of());
    }

    boolean isEmbedded() {
        return !catalog.containsKey(CatalogUtil.ICEBERG_CATALOG_TYPE)
                && !catalog.containsKey(CatalogProperties.CATALOG_IMPL);
    }

    Path catalogFile() {
        return directory.resolve(CATALOG_FILE);
    }

    /** The warehouse as Iceberg has it in locations: absolute, with a scheme where it is a directory. */
    String location() {
        if (warehouse.isEmpty()) {
            return LocalFileIO.location(directory.resolve("warehouse"));
        }
        return isDirectory() ? LocalFileIO.location(LocalFileIO.path(warehouse)) : warehouse;
    }

    /** For people: the catalog and the warehouse, no secrets. */
    String describe() {
        String kind = catalog.getOrDefault(
                CatalogUtil.ICEBERG_CATALOG_TYPE, catalog.getOrDefault(CatalogProperties.CATALOG_IMPL, "sqlite"));
        String uri = isEmbedded() ? catalogFile().toString() : catalog.getOrDefault(CatalogProperties.URI, "");
        return "Iceberg at %s, catalog %s %s"
                .formatted(location(), kind, withoutUser(uri))
                .trim();
    }

    /** What {@link CatalogUtil#buildIcebergCatalog} is given. */
    Map<String, String> catalogProperties() {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put(CatalogProperties.WAREHOUSE_LOCATION, location());
        if (warehouse.isEmpty() || isDirectory()) {
            properties.put(CatalogProperties.FILE_IO_IMPL, LOCAL_FILES);
        } else if (warehouse.startsWith("s3://")) {
            properties.put(CatalogProperties.FILE_IO_IMPL, S3_FILES);
            // The one of the SDK's clients that brings no threads of its own.
            properties.put("http-client.type", "urlconnection");
        }
        if (isEmbedded()) {
            properties.putAll(sqlite());
        }
        properties.putAll(catalog);
        return properties;
    }

    private Map<String, String> sqlite() {
        return Map.of(
                CatalogUtil.ICEBERG_CATALOG_TYPE,
                CatalogUtil.ICEBERG_CATALOG_TYPE_JDBC,
                CatalogProperties.URI,
                "jdbc:sqlite:" + catalogFile().toAbsolutePath(),
                "jdbc.schema-version",
                "V1",
                // Another process may be at the file; and a commit is durable when it has returned, which takes more
                // than FULL:
                // the directory is synced too, or a power loss may bring back the journal that undoes it.
                "jdbc.busy_timeout",
                "30000",
                "jdbc.synchronous",
                "EXTRA");
    }

    private boolean isDirectory() {
        return warehouse.startsWith("file:") || warehouse.startsWith("/") || warehouse.startsWith(".");
    }

    private static String withoutUser(String uri) {
        String bare = uri.contains("?") ? uri.substring(0, uri.indexOf('?')) : uri;
        return bare.replaceAll("//[^/@]*@", "//");
    }
}
