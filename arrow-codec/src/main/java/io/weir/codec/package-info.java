/** What every module shares: the one boundary error of the project and its codes. */
@NullMarked
package io.weir.codec;

import org.jspecify.annotations.NullMarked;
