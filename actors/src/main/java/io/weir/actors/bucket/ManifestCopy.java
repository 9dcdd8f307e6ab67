package io.weir.actors.bucket;

/**
 * The copy of a manifest that lies in the object store as JSON, so that buckets can be found again where the journal is lost. The copy of a
 * version has always the same bytes.
 */
public final class ManifestCopy {
    private ManifestCopy() {}

    public static byte[] encode(BucketId bucket, Manifest manifest) {
        throw new UnsupportedOperationException("spine: control");
    }

    /** @throws io.weir.codec.WeirException CORRUPT_DATA where it is not such a copy, or of another bucket */
    public static Manifest decode(BucketId bucket, byte[] json) {
        throw new UnsupportedOperationException("spine: control");
    }
}
