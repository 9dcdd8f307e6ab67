/**
 * The object store: the port, and the port over a directory and over S3. The only package of this module that may use Pekko: objects
 * are streams with backpressure, and the S3 connector is one of Pekko's. It knows no actor of ours.
 */
@NullMarked
package io.weir.persistence.objects;

import org.jspecify.annotations.NullMarked;
