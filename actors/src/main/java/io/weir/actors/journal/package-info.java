/** Set-up of the event journal and the snapshot store. */
@NullMarked
package io.weir.actors.journal;

import org.jspecify.annotations.NullMarked;
