package io.weir.actors.tiering;

import io.weir.actors.tiering.Tiering.Reply;
import io.weir.actors.tiering.TieringDecision.Plan;
import io.weir.actors.tiering.TieringEvent.RoundTriggered;
import io.weir.actors.tiering.TieringEvent.TablePaused;
import io.weir.actors.tiering.TieringEvent.TableResumed;
import io.weir.codec.ErrorCode;
import java.util.Optional;

/** Decides what people ask for. All of it may be asked again and changes nothing then. */
final class TieringControls {
    private final TieringRules rules;

    TieringControls(TieringRules rules) {
        this.rules = rules;
    }

    TieringDecision<Reply> trigger(TieringState state, long tableId, long nowMs) {
        Optional<TieredTable> table = state.enabled(tableId);
        if (table.isEmpty()) {
            return noTable(state, tableId);
        }
        TieredTable.Switches switches = table.get().switches();
        if (switches.paused() || switches.quarantined()) {
            String why = switches.paused()
                    ? "is paused"
                    : "is in quarantine, since its last rounds failed: "
                            + table.get().attempts().problem();
            return new Plan(state)
                    .reply(new Tiering.Refused(
                            ErrorCode.INVALID_REQUEST,
                            "table %s %s; resume it, and a round is due at once"
                                    .formatted(table.get().describe(), why)));
        }
        Plan plan = new Plan(state);
        if (table.get().attempts().underWay() != null) {
            if (!switches.triggered()) {
                plan.add(new RoundTriggered(tableId));
            }
        } else if (!table.get().isPending()) {
            TieringCatalog.dueAtOnce(plan, tableId, nowMs);
        }
        return done(plan, tableId, nowMs);
    }

    TieringDecision<Reply> pause(TieringState state, long tableId, long nowMs) {
        Optional<TieredTable> table = state.enabled(tableId);
        if (table.isEmpty()) {
            return noTable(state, tableId);
        }
        Plan plan = new Plan(state);
        if (!table.get().switches().paused()) {
            plan.add(new TablePaused(tableId));
        }
        return done(plan, tableId, nowMs);
    }

    TieringDecision<Reply> resume(TieringState state, long tableId, long nowMs) {
        Optional<TieredTable> table = state.enabled(tableId);
        if (table.isEmpty()) {
            return noTable(state, tableId);
        }
        Plan plan = new Plan(state);
        TieredTable.Switches switches = table.get().switches();
        if (switches.paused() || switches.quarantined()) {
            plan.add(new TableResumed(tableId));
            if (table.get().attempts().underWay() == null) {
                TieringCatalog.dueAtOnce(plan, tableId, nowMs);
            }
        }
        return done(plan, tableId, nowMs);
    }

    private TieringDecision<Reply> done(Plan plan, long tableId, long nowMs) {
        return plan.reply(new Tiering.Done(TieringStatus.of(plan.table(tableId), rules.workers(nowMs))));
    }

    private TieringDecision<Reply> noTable(TieringState state, long tableId) {
        Optional<String> name = rules.catalog()
                .seen()
                .flatMap(catalog -> catalog.table(tableId))
                .map(info -> info.database() + "." + info.name());
        return new Plan(state)
                .reply(
                        name.isPresent()
                                ? new Tiering.Refused(
                                        ErrorCode.INVALID_REQUEST,
                                        "table %s does not go to the lake; set its property 'datalake.enabled' to 'true' first"
                                                .formatted(name.get()))
                                : new Tiering.Refused(
                                        ErrorCode.TABLE_NOT_FOUND, "there is no table with id " + tableId));
    }
}
