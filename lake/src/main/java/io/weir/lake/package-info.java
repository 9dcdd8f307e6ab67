/** What a lake format has to do: take rounds of rows atomically, say how far it has them, and give them back. Blocking, and no actor. */
@org.jspecify.annotations.NullMarked
package io.weir.lake;
