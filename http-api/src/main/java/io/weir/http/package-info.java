/** HTTP routes, content negotiation, problems, OpenAPI. */
@NullMarked
package io.weir.http;

import org.jspecify.annotations.NullMarked;
