/** The process: main, the command line, and the wiring of all modules. */
@NullMarked
package io.weir.server;

import org.jspecify.annotations.NullMarked;
