/** The delta join: two primary-key tables joined into a third as they change, by lookups alone. */
@NullMarked
package io.weir.client.join;

import org.jspecify.annotations.NullMarked;
