/** Column types, table schemas, and their Arrow and text forms. */
@NullMarked
package io.weir.codec.schema;

import org.jspecify.annotations.NullMarked;
