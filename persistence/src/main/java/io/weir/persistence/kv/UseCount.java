package io.weir.persistence.kv;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many threads are inside something that may be closed, and how many views of it are open: after {@link #close} nobody gets in any
 * more, and it waits until all are out. Native code that is called after it was closed would end the whole process, hence a count
 * around each call.
 */
final class UseCount {
    private static final long CLOSED = Long.MIN_VALUE;
    private static final long VIEW = 1L << 32;

    /** Views in the upper half, threads inside in the lower one, and whether it is closed in the sign. */
    private final AtomicLong uses = new AtomicLong();

    /** @return false where it is closed; else {@link #exit} has to follow */
    boolean enter() {
        return enter(1);
    }

    /** Enters, and counts a view. */
    boolean enterForView() {
        return enter(1 + VIEW);
    }

    private boolean enter(long more) {
        while (true) {
            long now = uses.get();
            if (now < 0) {
                return false;
            }
            if (uses.compareAndSet(now, now + more)) {
                return true;
            }
        }
    }

    void exit() {
        if (uses.decrementAndGet() == CLOSED) {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    void viewClosed() {
        uses.addAndGet(-VIEW);
    }

    /**
     * @return false where it was closed before
     * @throws IllegalStateException where views are open; it stays open then
     */
    boolean close() {
        while (true) {
            long now = uses.get();
            if (now < 0) {
                return false;
            }
            if (now >= VIEW) {
                throw new IllegalStateException((now >> 32) + " views are still open");
            }
            if (uses.compareAndSet(now, now | CLOSED)) {
                awaitNobody();
                return true;
            }
        }
    }

    private synchronized void awaitNobody() {
        boolean interrupted = false;
        while (uses.get() != CLOSED) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
