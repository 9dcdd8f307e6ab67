package io.weir.persistence.objects;

import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/** Cuts and joins bytes to elements of one size; the last one is shorter, and an empty stream stays empty. Holds one element. */
final class Rechunk extends GraphStage<FlowShape<ByteString, ByteString>> {
    private final Inlet<ByteString> in = Inlet.create("Rechunk.in");
    private final Outlet<ByteString> out = Outlet.create("Rechunk.out");
    private final int bytes;

    Rechunk(int bytes) {
        this.bytes = bytes;
    }

    @Override
    public FlowShape<ByteString, ByteString> shape() {
        return FlowShape.of(in, out);
    }

    @Override
    public GraphStageLogic createLogic(Attributes inheritedAttributes) {
        return new Logic();
    }

    private final class Logic extends GraphStageLogic {
        private ByteString held = ByteString.emptyByteString();

        Logic() {
            super(Rechunk.this.shape());
            setHandlers(in, out, new AbstractInOutHandler() {
                @Override
                public void onPush() {
                    held = held.concat(grab(in));
                    pushOrPull();
                }

                @Override
                public void onPull() {
                    pushOrPull();
                }

                @Override
                public void onUpstreamFinish() {
                    if (isAvailable(out)) {
                        drain();
                    } else if (held.isEmpty()) {
                        completeStage();
                    }
                }
            });
        }

        private void pushOrPull() {
            if (held.size() >= bytes) {
                push(out, next());
                if (isClosed(in) && held.isEmpty()) {
                    completeStage();
                }
            } else if (isClosed(in)) {
                drain();
            } else {
                pull(in);
            }
        }

        /** The stream is at its end: what is held goes out in as many pulls as it takes. */
        private void drain() {
            if (held.size() > bytes) {
                push(out, next());
            } else {
                if (!held.isEmpty()) {
                    push(out, next());
                }
                completeStage();
            }
        }

        private ByteString next() {
            ByteString part = held.take(bytes);
            held = held.drop(bytes);
            return part.compact();
        }
    }
}
