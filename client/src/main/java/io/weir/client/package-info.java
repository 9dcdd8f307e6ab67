/** The programmatic client: tables as Pekko Streams sources, flows and sinks over the HTTP API. */
@NullMarked
package io.weir.client;

import org.jspecify.annotations.NullMarked;
