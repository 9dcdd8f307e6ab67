/** The log of one bucket: segments, indexes, recovery, retention, and the memory of its idempotent writers. */
@NullMarked
package io.weir.persistence.log;

import org.jspecify.annotations.NullMarked;
