package io.weir.server;

/** The version of this build, as the command line and the cluster view show it. */
final class Version {
    static final String TEXT = "0.1.0";

    private Version() {}
}
