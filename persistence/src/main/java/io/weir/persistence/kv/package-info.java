/** The KV state of a bucket: stores of sorted keys over LevelDB, how many are open, and what of them is certainly on the disk. */
@NullMarked
package io.weir.persistence.kv;

import org.jspecify.annotations.NullMarked;
