package io.weir.sharding;

import io.weir.persistence.objects.ObjectInfo;
import java.util.ArrayList;
import java.util.List;

/** Counts what a pass of the reaper finds. Bounded, however much that is. */
final class ReaperTally {
    long scanned;
    long live;
    long young;
    long deleted;
    private long orphans;
    private long orphanBytes;
    private long unknown;
    private long problemsLeftOut;
    private final List<String> examples = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    void orphan(ObjectInfo object) {
        orphans++;
        orphanBytes += object.size();
        if (examples.size() < Reaper.LINES_MAX) {
            examples.add(object.name().value());
        }
    }

    void unknown(ObjectInfo object) {
        unknown++;
        problem("%s is a name that Weir does not give; it is left alone".formatted(object.name()));
    }

    void problem(String sentence) {
        if (problems.size() < Reaper.LINES_MAX - 1) {
            problems.add(sentence);
        } else {
            problemsLeftOut++;
        }
    }

    Reaper.Report report(boolean dryRun) {
        List<String> sentences = new ArrayList<>(problems);
        if (problemsLeftOut > 0) {
            sentences.add("and %d more".formatted(problemsLeftOut));
        }
        return new Reaper.Report(
                dryRun, scanned, live, young, orphans, orphanBytes, deleted, unknown, examples, sentences);
    }
}
