package io.weir.persistence.file;

/** The real disk, through {@link java.nio.channels.FileChannel}. */
public final class DiskFileStore {}
