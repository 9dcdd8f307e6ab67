/** The catalog: databases, tables, schemas and properties, event-sourced. */
@NullMarked
package io.weir.actors.catalog;

import org.jspecify.annotations.NullMarked;
