/** Benchmarks, run by hand. */
@NullMarked
package io.weir.bench;

import org.jspecify.annotations.NullMarked;
