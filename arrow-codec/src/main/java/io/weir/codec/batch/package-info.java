/** Rows in Arrow IPC form and the stored batch around them: layout, checks, projection, statistics, compression. All on heap buffers, which Java bounds-checks. */
@NullMarked
package io.weir.codec.batch;

import org.jspecify.annotations.NullMarked;
