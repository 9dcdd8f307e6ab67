package io.weir.client.join;

import java.util.function.Supplier;

/** Lets a number of steps pass. The next one fails, before it had its effect or after, and so does all that follows: a crash. */
final class Fuse {
    static final class Blown extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private final Runnable meanwhile;
    private int left;
    private final boolean afterEffect;

    /** @param meanwhile what others do before a step */
    Fuse(int steps, boolean afterEffect, Runnable meanwhile) {
        this.left = steps;
        this.afterEffect = afterEffect;
        this.meanwhile = meanwhile;
    }

    <T> T around(Supplier<T> effect) {
        meanwhile.run();
        boolean last;
        synchronized (this) {
            if (left < 0) {
                throw new Blown();
            }
            last = left-- == 0;
        }
        if (last && !afterEffect) {
            throw new Blown();
        }
        T result = effect.get();
        if (last) {
            throw new Blown();
        }
        return result;
    }
}
