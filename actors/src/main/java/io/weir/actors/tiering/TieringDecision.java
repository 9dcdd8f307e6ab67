package io.weir.actors.tiering;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link TieringRules} decided.
 *
 * @param events to be stored, all at once, before anybody is answered
 * @param reply null for none
 */
record TieringDecision<R>(
        List<TieringEvent> events, @Nullable R reply) {
    TieringDecision {
        events = List.copyOf(events);
    }

    TieringState after(TieringState state) {
        TieringState after = state;
        for (TieringEvent event : events) {
            after = after.with(event);
        }
        return after;
    }

    /** Events one after the other, each seen in the state by what decides on the next. */
    static final class Plan {
        private final List<TieringEvent> events = new ArrayList<>();
        private TieringState state;

        Plan(TieringState state) {
            this.state = state;
        }

        TieringState state() {
            return state;
        }

        TieredTable table(long tableId) {
            return state.table(tableId).orElseThrow();
        }

        int size() {
            return events.size();
        }

        void add(TieringEvent event) {
            state = state.with(event);
            events.add(event);
        }

        <R> TieringDecision<R> reply(@Nullable R reply) {
            return new TieringDecision<>(events, reply);
        }
    }
}
