/** JSON rows to Arrow vectors and back, and the columns that a JSON body implies. */
@NullMarked
package io.weir.codec.json;

import org.jspecify.annotations.NullMarked;
