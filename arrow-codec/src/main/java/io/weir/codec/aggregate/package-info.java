/** Aggregate queries over batches of rows: their text, and the accumulation. */
@NullMarked
package io.weir.codec.aggregate;

import org.jspecify.annotations.NullMarked;
