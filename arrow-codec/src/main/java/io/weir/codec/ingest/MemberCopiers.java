package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.ColumnNames;
import io.weir.codec.schema.DataType;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;

/** The columns of a table, or the fields of a ROW, each with what copies it; matched to the source's vectors by name. */
final class MemberCopiers {
    private record Member(
            String name, boolean nullable, @Nullable SlotCopier copier) {}

    private final String noun;
    private final String prefix;
    private final CopierFactory factory;
    private final List<Member> members = new ArrayList<>();

    MemberCopiers(String noun, String prefix, CopierFactory factory) {
        this.noun = noun;
        this.prefix = prefix;
        this.factory = factory;
    }

    void add(String name, DataType type, boolean nullable, List<FieldVector> sources, FieldVector target, int depth) {
        FieldVector found = null;
        for (FieldVector source : sources) {
            if (name.equals(source.getName())) {
                if (found != null) {
                    throw refused("%s '%s%s' stands twice".formatted(noun, prefix, name));
                }
                found = source;
            }
        }
        if (found == null && !nullable) {
            throw refused("%s '%s%s' is NOT NULL and absent".formatted(noun, prefix, name));
        }
        members.add(new Member(
                name, nullable, found == null ? null : factory.of(found, type, target, prefix + name, depth)));
    }

    void checkAllKnown(List<FieldVector> sources) {
        List<String> known = members.stream().map(Member::name).toList();
        for (FieldVector source : sources) {
            String name = String.valueOf(source.getName());
            if (!known.contains(name)) {
                String meant = ColumnNames.nearest(name, known)
                        .map(n -> "; '" + n + "' is the nearest")
                        .orElse("");
                throw refused("no %s is named '%s%s'%s".formatted(noun, prefix, name, meant));
            }
        }
    }

    private static WeirException refused(String detail) {
        return new WeirException(ErrorCode.INVALID_ROWS, detail);
    }

    int size() {
        return members.size();
    }

    String name(int i) {
        return members.get(i).name();
    }

    void copy(int i, int from, int to) throws SlotCopier.Refused {
        Member member = members.get(i);
        if (member.copier() != null) {
            member.copier().copySlot(from, to, member.nullable());
        }
    }
}
