/** The lake in Apache Iceberg: tables, rounds, reading back and keeping the files in order. Blocking, and no actor. */
@org.jspecify.annotations.NullMarked
package io.weir.lake.iceberg;
