/** The bucket: one actor that owns the log of one bucket, and what a commit and a fetch are made of. */
@NullMarked
package io.weir.actors.bucket;

import org.jspecify.annotations.NullMarked;
