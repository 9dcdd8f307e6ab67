package io.weir.persistence.objects;

import static java.util.concurrent.CompletableFuture.completedFuture;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.zip.CRC32C;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/** Passes bytes on, and asks at their end whether they were right. */
final class ByteCheck extends GraphStage<FlowShape<ByteString, ByteString>> {
    private final Inlet<ByteString> in = Inlet.create("ByteCheck.in");
    private final Outlet<ByteString> out = Outlet.create("ByteCheck.out");
    private final Verdict verdict;

    ByteCheck(Verdict verdict) {
        this.verdict = verdict;
    }

    /** Judges all the bytes of one stream. */
    interface Verdict {
        /** @return what the stream fails with, soon; empty where the bytes are right */
        CompletionStage<Optional<ObjectStoreException>> of(long size, int crc32c);
    }

    static ByteCheck is(StoredObject expected) {
        return new ByteCheck((size, crc) -> completedFuture(
                size == expected.size() && crc == expected.crc32c()
                        ? Optional.empty()
                        : Optional.of(new ObjectStoreException.Damaged(
                                "object %s came back with %d bytes, CRC-32C %08x; expected %d bytes, %08x"
                                        .formatted(expected.name(), size, crc, expected.size(), expected.crc32c())))));
    }

    @Override
    public FlowShape<ByteString, ByteString> shape() {
        return FlowShape.of(in, out);
    }

    /** Adds the bytes to the checksum, without copying them. */
    static void update(CRC32C crc, ByteString bytes) {
        for (ByteBuffer buffer : bytes.getByteBuffers()) {
            crc.update(buffer);
        }
    }

    static int crc32c(ByteString bytes) {
        CRC32C crc = new CRC32C();
        update(crc, bytes);
        return (int) crc.getValue();
    }

    @Override
    public GraphStageLogic createLogic(Attributes inheritedAttributes) {
        return new Logic();
    }

    private final class Logic extends GraphStageLogic {
        private final CRC32C crc = new CRC32C();
        private long size;

        Logic() {
            super(ByteCheck.this.shape());
            setHandlers(in, out, new AbstractInOutHandler() {
                @Override
                public void onPush() {
                    ByteString bytes = grab(in);
                    size += bytes.size();
                    update(crc, bytes);
                    push(out, bytes);
                }

                @Override
                public void onPull() {
                    // At the end the verdict may be awaited.
                    if (!isClosed(in)) {
                        pull(in);
                    }
                }

                @Override
                public void onUpstreamFinish() {
                    var judged = createAsyncCallback((Optional<ObjectStoreException> failure) -> {
                        if (failure.isPresent()) {
                            failStage(failure.get());
                        } else {
                            completeStage();
                        }
                    });
                    setKeepGoing(true);
                    var unused = verdict.of(size, (int) crc.getValue()).thenAccept(judged::invoke);
                }
            });
        }
    }
}
