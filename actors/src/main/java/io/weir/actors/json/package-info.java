/** Records as JSON for the copies on the object store: the same bytes for the same record, and nothing read that was not meant. */
@NullMarked
package io.weir.actors.json;

import org.jspecify.annotations.NullMarked;
