/** Rows and keys as bytes: what the KV state of a primary-key table holds. */
@NullMarked
package io.weir.codec.row;

import org.jspecify.annotations.NullMarked;
