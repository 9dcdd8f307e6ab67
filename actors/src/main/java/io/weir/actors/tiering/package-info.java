/** The tiering service: which table's round is due, who does it, and how a round goes. */
@NullMarked
package io.weir.actors.tiering;

import org.jspecify.annotations.NullMarked;
