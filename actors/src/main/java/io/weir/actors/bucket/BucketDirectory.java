package io.weir.actors.bucket;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.kv.DurableOffset;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.LogSettings;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.RemoteTier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of a bucket that is about to start on this node: opened where its log may be trusted, restored from the object store where it
 * is gone. Blocks; used by the holder of the bucket's lease.
 */
final class BucketDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(BucketDirectory.class);

    private final BucketId bucket;
    private final BucketPorts ports;
    private final Path place;

    BucketDirectory(BucketId bucket, BucketPorts ports) {
        this.bucket = bucket;
        this.ports = ports;
        this.place = ports.directory(bucket);
    }

    /**
     * Opens the log that lies here.
     *
     * @param ownerLost the node that led last was another one, and is not coming back
     * @return null where the log has to be restored
     * @throws WeirException BUCKET_UNAVAILABLE where the directory may not be used, or is gone and there is no object store
     */
    @Nullable
    BucketLog open(Manifest manifest, boolean ownerLost, LogSettings settings) throws IOException {
        boolean led = manifest.epoch() > 0 || !manifest.segments().isEmpty();
        if (led && !isHere()) {
            if (ports.remote() == null) {
                throw refused(
                        "this node led the bucket at epoch %d, but its directory %s is gone; restore it%s",
                        manifest.epoch(),
                        place,
                        manifest.segments().isEmpty() ? "" : ", or start the node with the object store that it had");
            }
            return null;
        }
        BucketLog log = BucketLog.open(ports.files(), place, settings, ports.clock());
        boolean kept = false;
        try {
            if (!led && log.endOffset() > 0) {
                throw refused(
                        "directory %s holds rows, but the journal knows of no owner; is it of another store?", place);
            }
            kept = ownerLost ? isNewest(log, manifest) : isUpToDate(log, manifest);
            return kept ? log : null;
        } finally {
            if (!kept) {
                log.close();
            }
        }
    }

    private boolean isHere() throws IOException {
        return ports.files().list(ports.logs()).contains(bucket.entityId());
    }

    /** A copy from the time at which this node led the bucket. It counts if nothing newer is on the object store. */
    private boolean isNewest(BucketLog log, Manifest manifest) {
        int uploadedEpoch = manifest.segments().stream()
                .mapToInt(RemoteSegment::leaderEpoch)
                .max()
                .orElse(0);
        boolean newest = log.endOffset() >= manifest.remoteEnd() && log.lastLeaderEpoch() >= uploadedEpoch;
        if (newest) {
            LOG.warn(
                    "bucket {}: node {} ({}), which led it last, is lost; it goes on with what this node has, up to offset {}",
                    bucket.entityId(),
                    manifest.node().address(),
                    manifest.node().nodeId(),
                    log.endOffset());
        }
        return newest;
    }

    /** A log without rows may be what is left of a restore that was overtaken: nothing is lost by another one. */
    private boolean isUpToDate(BucketLog log, Manifest manifest) {
        if (log.endOffset() >= manifest.remoteEnd()) {
            return true;
        }
        if (log.startOffset() == log.endOffset() && ports.remote() != null) {
            return false;
        }
        throw refused(
                "the log in %s ends at offset %d, but rows up to %d were uploaded from it: it is an old copy. Bring the newer one back, or "
                        + "delete the directory, and the bucket is restored from the object store",
                place, log.endOffset(), manifest.remoteEnd());
    }

    /**
     * Makes the directory anew, as a log that goes on where the rows on the object store end, and opens it. A crash leaves the directory as
     * it was, or none, or the whole new one.
     *
     * @throws io.weir.persistence.objects.ObjectUnavailableException where the object store does not answer
     */
    BucketLog restore(RemoteTier tier, Manifest manifest, LogSettings settings) throws IOException {
        FileStore files = ports.files();
        Path draft = ports.draft(bucket);
        files.deleteTree(draft);
        BucketLog.restore(files, draft, manifest.segments(), manifest.remoteEnd(), tier.files()::open);
        ports.stores().release(place.resolve(KvStores.DIRECTORY));
        files.createDirectories(ports.logs());
        files.deleteTree(place);
        files.move(draft, place);
        files.syncDirectory(ports.logs());
        BucketLog log = BucketLog.open(files, place, settings, ports.clock());
        if (manifest.segments().isEmpty()) {
            LOG.warn(
                    "bucket {}: its rows are gone with the disk of {}, and none of them is on the object store; it starts empty at offset {}",
                    bucket.entityId(),
                    manifest.node().address(),
                    log.endOffset());
        } else {
            LOG.warn(
                    "bucket {}: restored from the object store up to offset {}. What {} stored after its last upload is lost",
                    bucket.entityId(),
                    log.endOffset(),
                    manifest.node().address());
        }
        return log;
    }

    /** The KV state is gone, or so far behind that what it lacks is on the object store. */
    boolean kvStateNeedsMoreThan(BucketLog log) throws IOException {
        List<String> names = ports.files().list(place);
        return !names.contains(KvStores.DIRECTORY)
                || !names.contains(DurableOffset.FILE)
                || DurableOffset.open(ports.files(), place, ports.bootId()).get() < log.localStartOffset();
    }

    private static WeirException refused(String sentence, Object... values) {
        return new WeirException(ErrorCode.BUCKET_UNAVAILABLE, sentence.formatted(values));
    }
}
