/** Merge engines: what becomes of a row when one with the same key is written, and the bitmaps among its columns. */
@NullMarked
package io.weir.codec.merge;

import org.jspecify.annotations.NullMarked;
