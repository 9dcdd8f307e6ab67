/** How messages and events become bytes: CBOR bodies under short, explicit names that never change. */
@NullMarked
package io.weir.actors.serialization;

import org.jspecify.annotations.NullMarked;
