package io.weir.client;

import java.util.ArrayDeque;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/** {@link ArrowFrames} as a stage: pulls bytes only for a message that is wanted, and fails where they end before the stream does. */
final class ArrowFraming extends GraphStage<FlowShape<ByteString, ArrowFrames.Frame>> {
    /** The stream ended, but not as a stream that is whole does. */
    static final class BrokenOffException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BrokenOffException() {
            super("the answer broke off");
        }
    }

    private final Inlet<ByteString> in = Inlet.create("bytes");
    private final Outlet<ArrowFrames.Frame> out = Outlet.create("frames");
    private final FlowShape<ByteString, ArrowFrames.Frame> shape = FlowShape.of(in, out);
    private final int frameBytesMax;

    ArrowFraming(int frameBytesMax) {
        this.frameBytesMax = frameBytesMax;
    }

    @Override
    public FlowShape<ByteString, ArrowFrames.Frame> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends GraphStageLogic {
        private final ArrowFrames frames = new ArrowFrames(frameBytesMax);
        private final ArrayDeque<ArrowFrames.Frame> ready = new ArrayDeque<>();

        Logic() {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    ready.addAll(frames.push(grab(in)));
                    advance();
                }

                @Override
                public void onUpstreamFinish() {
                    if (ready.isEmpty()) {
                        finish();
                    }
                }
            });
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    advance();
                }
            });
        }

        private void advance() {
            ArrowFrames.Frame next = ready.poll();
            if (next != null) {
                push(out, next);
                if (ready.isEmpty() && isClosed(in)) {
                    finish();
                }
            } else if (isClosed(in)) {
                finish();
            } else {
                pull(in);
            }
        }

        private void finish() {
            if (frames.isEnded()) {
                completeStage();
            } else {
                failStage(new BrokenOffException());
            }
        }
    }
}
