package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.RowError;
import io.weir.codec.WeirException;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.UntouchedVectors;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.DensityAwareVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;

/**
 * From vectors as other libraries make them to those of a table: large and view forms, dictionaries, runs, other integer widths and
 * signs, other units and zones of time, date64, half floats, decimals of other scale, lists of any kind, columns and fields in other
 * order. Only where no value loses anything.
 */
final class ArrowConversion {
    private ArrowConversion() {}

    /**
     * @param source its buffers must lie within their bounds (offsets ascending and in range); what they point at is checked here
     * @param ignored names of columns that stay null whatever the source holds for them
     * @param firstRow index of the source's first row in the request, for errors
     * @return the rows, laid out by {@link ArrowSchemas}; the caller closes it, and the source stays the caller's
     * @throws WeirException INVALID_ROWS, with row errors where values do not fit and without where columns do not; INVALID_ARROW;
     *     BODY_TOO_LARGE; OVERLOADED (the allocator has no more)
     */
    static VectorSchemaRoot convert(
            VectorSchemaRoot source,
            DictionaryProvider dictionaries,
            TableSchema schema,
            Set<String> ignored,
            DecodeLimits limits,
            int firstRow,
            BufferAllocator allocator) {
        int rows = source.getRowCount();
        if (rows > limits.rows()) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE, "more than " + limits.rows() + " rows; send them in several requests");
        }
        VectorSchemaRoot target = VectorSchemaRoot.create(ArrowSchemas.toArrow(schema.columns()), allocator);
        try {
            CopyBudget budget = new CopyBudget(limits.decodedBytes());
            // Slots are taken for nulls as well: a table of wide vectors makes much of few bytes.
            budget.count(slotBytes(target) * rows);
            MemberCopiers columns = copiers(source, dictionaries, schema, ignored, target, budget);
            copyRows(columns, rows, firstRow);
            UntouchedVectors.allocate(target);
            target.setRowCount(rows);
            return target;
        } catch (OutOfMemoryException e) {
            target.close();
            throw new WeirException(ErrorCode.OVERLOADED, "no memory for the rows at the moment; send them again", e);
        } catch (RuntimeException | Error e) {
            target.close();
            throw e;
        }
    }

    private static MemberCopiers copiers(
            VectorSchemaRoot source,
            DictionaryProvider dictionaries,
            TableSchema schema,
            Set<String> ignored,
            VectorSchemaRoot target,
            CopyBudget budget) {
        MemberCopiers copiers = new MemberCopiers("column", "", new CopierFactory(dictionaries, budget));
        for (int i = 0; i < schema.columns().size(); i++) {
            Column column = schema.columns().get(i);
            FieldVector vector = target.getVector(i);
            if (vector instanceof DensityAwareVector nested) {
                nested.setInitialCapacity(16, 1.0);
            } else {
                vector.setInitialCapacity(16);
            }
            List<FieldVector> sources = ignored.contains(column.name()) ? List.of() : source.getFieldVectors();
            copiers.add(column.name(), column.type(), column.nullable(), sources, vector, 1);
        }
        copiers.checkAllKnown(source.getFieldVectors());
        return copiers;
    }

    private static void copyRows(MemberCopiers columns, int rows, int firstRow) {
        List<RowError> errors = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            for (int row = 0; row < rows && errors.size() < WeirException.ROW_ERRORS_MAX; row++) {
                try {
                    columns.copy(i, row, row);
                } catch (SlotCopier.Refused e) {
                    String pointer = "/" + columns.name(i).replace("~", "~0").replace("/", "~1");
                    errors.add(new RowError(firstRow + row, pointer, e.detail()));
                }
            }
        }
        if (!errors.isEmpty()) {
            RowError first = errors.get(0);
            throw new WeirException(
                    ErrorCode.INVALID_ROWS,
                    "%d error(s), the first in row %d at %s: %s; nothing was stored"
                            .formatted(errors.size(), first.row(), first.pointer(), first.detail()),
                    errors);
        }
    }

    private static long slotBytes(VectorSchemaRoot target) {
        long bytes = 0;
        for (FieldVector vector : target.getFieldVectors()) {
            bytes += slotBytes(vector);
        }
        return bytes;
    }

    private static long slotBytes(FieldVector vector) {
        if (vector instanceof org.apache.arrow.vector.complex.FixedSizeListVector floats) {
            return 1 + 5L * floats.getListSize();
        }
        if (vector instanceof org.apache.arrow.vector.complex.StructVector struct) {
            return 1
                    + struct.getChildrenFromFields().stream()
                            .mapToLong(ArrowConversion::slotBytes)
                            .sum();
        }
        return vector instanceof org.apache.arrow.vector.FixedSizeBinaryVector bytes ? 1L + bytes.getByteWidth() : 9;
    }
}
