package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchLayout;
import io.weir.codec.batch.BodyCompression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.Projection;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.arrow.vector.types.pojo.Field;

/**
 * The fields that a client sends beside the columns of the table, matched by name.
 *
 * @param fields as Arrow keeps them in memory, in the client's order
 * @param columns the table's column for each field
 * @param encoded the dictionary-encoded fields at any depth, in the form of the schema message
 * @param keepsLayout whether every field has its column's layout, so that bodies can be kept
 */
record ArrowColumns(
        TableSchema schema, List<Field> fields, List<Column> columns, List<Field> encoded, boolean keepsLayout) {

    /** @throws WeirException INVALID_ARROW, INVALID_ROWS where the fields cannot be rows of the table */
    static ArrowColumns match(List<Field> sent, TableSchema schema) {
        List<Column> columns = new ArrayList<>();
        List<Field> encoded = new ArrayList<>();
        Set<String> names = new HashSet<>();
        boolean keepsLayout = true;
        for (Field field : sent) {
            if (!names.add(field.getName())) {
                throw new WeirException(
                        ErrorCode.INVALID_ARROW, "two columns are named '%s'".formatted(field.getName()));
            }
            Column column = schema.column(field.getName())
                    .orElseThrow(() -> new WeirException(
                            ErrorCode.INVALID_ROWS,
                            "the table has no column '%s'; leave it out or add it first".formatted(field.getName())));
            checkType(field);
            columns.add(column);
            keepsLayout &= ArrowFields.sameLayout(field, ArrowSchemas.toField(column));
            ArrowFields.collectEncoded(field, encoded);
        }
        for (Column column : schema.columns()) {
            if (!column.nullable() && !names.contains(column.name())) {
                throw new WeirException(
                        ErrorCode.INVALID_ROWS,
                        "column '%s' is missing and NOT NULL; send it".formatted(column.name()));
            }
        }
        List<Field> fields = sent.stream().map(ArrowFields::inMemory).toList();
        return new ArrowColumns(schema, fields, List.copyOf(columns), List.copyOf(encoded), keepsLayout);
    }

    private static void checkType(Field field) {
        try {
            ArrowSchemas.fromField(field);
        } catch (WeirException e) {
            throw new WeirException(ErrorCode.INVALID_ARROW, e.detail(), e);
        }
    }

    /** A batch of these fields, already validated, as rows of the table; the same body where nothing has to move. */
    EncodedRows arrange(BatchLayout layout, ByteBuffer body, BodyCompression.Plain plain) {
        TableSchema asSent = new TableSchema(schema.schemaId(), columns);
        EncodedRows rows;
        if (layout.isOrderly()) {
            rows = new EncodedRows(schema.schemaId(), layout.rowCount(), layout.toMetadata(), body);
        } else {
            EncodedRows disorderly = new EncodedRows(
                    schema.schemaId(), layout.rowCount(), plain.layout().toMetadata(), plain.body());
            rows = RecordBatches.slice(columns, disorderly, 0, layout.rowCount());
        }
        if (columns.equals(schema.columns())) {
            return rows;
        }
        Projection projection = Projection.plan(
                asSent, schema.columns(), rows.metadata(), rows.body().remaining());
        return projection.apply(schema.schemaId(), rows.body());
    }
}
