/** From a request body in any accepted format to checked rows, split by bucket. */
@NullMarked
package io.weir.codec.ingest;

import org.jspecify.annotations.NullMarked;
