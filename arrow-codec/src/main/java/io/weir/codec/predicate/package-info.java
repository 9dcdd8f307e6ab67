/** The language of {@code where}: parsing, batch skipping by statistics, and row filtering on Arrow vectors. */
@NullMarked
package io.weir.codec.predicate;

import org.jspecify.annotations.NullMarked;
