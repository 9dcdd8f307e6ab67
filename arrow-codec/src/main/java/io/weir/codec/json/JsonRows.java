package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.UntouchedVectors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.DensityAwareVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** Reads bodies of JSON rows into vectors of a table's columns, in batches. */
public final class JsonRows {
    private JsonRows() {}

    /**
     * @param bytesMax most bytes that all rows may take in vectors
     * @param rowsMax most rows
     * @param batchBytes a batch is lent when its rows take this much
     * @param batches is lent each batch in turn until one row is wrong, from then on none; the vectors are emptied after it
     * @throws WeirException INVALID_JSON, INVALID_ROWS with row errors, BODY_TOO_LARGE, OVERLOADED (the allocator has no more)
     */
    public static void read(
            boolean ndjson,
            ByteBuffer body,
            TableSchema schema,
            long bytesMax,
            int rowsMax,
            int batchBytes,
            BufferAllocator allocator,
            Consumer<VectorSchemaRoot> batches) {
        List<MemberRule> rules = schema.columns().stream().map(MemberRule::of).toList();
        read(ndjson, body, schema, rules, null, bytesMax, rowsMax, batchBytes, allocator, batches);
    }

    /**
     * As above, of rows that need not be whole.
     *
     * @param rules one a column, in order
     * @param presence gets a row's bits for each row; whoever is lent a batch takes them. Or null
     */
    public static void read(
            boolean ndjson,
            ByteBuffer body,
            TableSchema schema,
            List<MemberRule> rules,
            @Nullable PresenceBits presence,
            long bytesMax,
            int rowsMax,
            int batchBytes,
            BufferAllocator allocator,
            Consumer<VectorSchemaRoot> batches) {
        try (JsonInput in = new JsonInput(ndjson, body);
                VectorSchemaRoot root = VectorSchemaRoot.create(ArrowSchemas.toArrow(schema.columns()), allocator)) {
            MemberReaders columns = readers(schema.columns(), rules, presence, root);
            long bytesEach = columns.slotBytes() + (presence == null ? 0 : presence.bytesEach());
            long totalBytes = 0;
            long bytes = 0;
            int rows = 0;
            while (in.nextRow()) {
                if (in.row() >= rowsMax) {
                    throw new WeirException(
                            ErrorCode.BODY_TOO_LARGE, "more than " + rowsMax + " rows; send them in several requests");
                }
                in.count(bytesEach);
                columns.read(in, rows++);
                bytes += in.rowBytes();
                totalBytes += in.rowBytes();
                if (totalBytes > bytesMax) {
                    throw new WeirException(
                            ErrorCode.BODY_TOO_LARGE,
                            "the rows take more than %d bytes; send them in several requests".formatted(bytesMax));
                }
                if (bytes >= batchBytes) {
                    lend(in, root, rows, presence, batches);
                    rows = 0;
                    bytes = 0;
                }
            }
            if (in.row() < 0) {
                throw new WeirException(ErrorCode.INVALID_ROWS, "no rows in the body; send one or more");
            }
            in.throwErrors();
            if (rows > 0) {
                lend(in, root, rows, presence, batches);
            }
        } catch (JsonProcessingException e) {
            throw JsonInput.invalidJson(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the body is in memory, so this is a bug
        } catch (OutOfMemoryException e) {
            throw new WeirException(ErrorCode.OVERLOADED, "no memory for the rows at the moment; send them again", e);
        }
    }

    private static void lend(
            JsonInput in,
            VectorSchemaRoot root,
            int rows,
            @Nullable PresenceBits presence,
            Consumer<VectorSchemaRoot> batches) {
        if (!in.hasErrors()) {
            UntouchedVectors.allocate(root);
            root.setRowCount(rows);
            batches.accept(root);
        }
        root.clear();
        if (presence != null) {
            presence.clear();
        }
    }

    private static MemberReaders readers(
            List<Column> columns, List<MemberRule> rules, @Nullable PresenceBits presence, VectorSchemaRoot root) {
        MemberReaders readers = new MemberReaders(columns.size(), "column", presence);
        for (int i = 0; i < columns.size(); i++) {
            Column column = columns.get(i);
            MemberRule rule = rules.get(i);
            readers.set(i, column.name(), rule.nullable(), rule.required(), reader(column, rule, root.getVector(i)));
        }
        // Vectors grow on demand; what they begin with must suit a request of one row as well as wide and deep tables.
        int slots = (int) Math.max(1, Math.min(64, (1 << 20) / Math.max(1, readers.treeBytes())));
        for (FieldVector vector : root.getFieldVectors()) {
            if (vector instanceof DensityAwareVector nested) {
                nested.setInitialCapacity(slots, 1.0);
            } else {
                vector.setInitialCapacity(slots);
            }
        }
        return readers;
    }

    private static ValueReader reader(Column column, MemberRule rule, FieldVector vector) {
        BytesForm form = rule.form();
        ValueReader ofType =
                form == null ? NestedReaders.of(column.type(), vector) : LeafReader.of(form, (VarBinaryVector) vector);
        return switch (rule.use()) {
            case VALUE -> ofType;
            case ASSIGNED -> UnusedReaders.assigned(ofType);
            case IGNORED -> UnusedReaders.ignored(ofType);
        };
    }
}
