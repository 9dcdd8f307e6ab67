/** The file-store port: the few file operations a log needs, so that tests can put a faulty disk under it. */
@NullMarked
package io.weir.persistence.file;

import org.jspecify.annotations.NullMarked;
