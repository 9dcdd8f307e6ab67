package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchLayout;
import io.weir.codec.batch.BodyCompression;
import io.weir.codec.batch.RecordBatches;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.arrow.vector.util.TransferPair;
import org.apache.arrow.vector.util.VectorBatchAppender;

/** The dictionaries of one stream or file as they are at the batch that is being read. Owns their vectors. */
final class ArrowDictionaries implements AutoCloseable {
    private final Map<Long, Field> encoded = new HashMap<>();
    private final Map<Long, ArrowDictionary> current = new HashMap<>();
    private final BufferAllocator allocator;
    private final DecodeBudget budget;

    /** @param encoded the dictionary-encoded fields, in the form of the schema message */
    ArrowDictionaries(List<Field> encoded, BufferAllocator allocator, DecodeBudget budget) {
        this.allocator = allocator;
        this.budget = budget;
        for (Field field : encoded) {
            Field values = new Field("dictionary", FieldType.nullable(field.getType()), field.getChildren());
            Field former = this.encoded.put(field.getDictionary().getId(), values);
            boolean nested = field.getChildren().stream().anyMatch(ArrowDictionaries::isEncoded);
            if (nested || (former != null && !former.equals(values))) {
                throw new WeirException(
                        ErrorCode.INVALID_ARROW,
                        "column %s: dictionaries within dictionaries, and one dictionary for columns of several types, are not taken"
                                .formatted(field.getName()));
            }
        }
    }

    private static boolean isEncoded(Field field) {
        return field.getDictionary() != null || field.getChildren().stream().anyMatch(ArrowDictionaries::isEncoded);
    }

    /** Takes a dictionary batch: a new dictionary, more values of one, or another one in its place. */
    void accept(ArrowMessages.Dictionary header, ArrowMessages.Batch message, String where) {
        Field field = encoded.get(header.id());
        if (field == null) {
            throw new WeirException(
                    ErrorCode.INVALID_ARROW, "%s: no column has dictionary %d".formatted(where, header.id()));
        }
        BodyCompression.Plain plain = BodyCompression.decompress(
                BatchLayout.of(message.batch(), message.body().remaining()), message.body(), budget.bytesLeft());
        budget.takeBytes(plain.body().remaining());
        ArrowValidator.validate(
                List.of(field), null, plain.layout(), plain.body(), where, Map.of(), new RowProblems(), budget);
        RecordBatches.load(
                new Schema(List.of(field)),
                plain.layout(),
                plain.body(),
                allocator,
                root -> put(header, root.getVector(0)));
    }

    private void put(ArrowMessages.Dictionary header, FieldVector values) {
        ArrowDictionary former = current.get(header.id());
        if (former != null && header.isDelta()) {
            VectorBatchAppender.batchAppend(former.vector(), values);
            current.put(header.id(), new ArrowDictionary(former.vector()));
            return;
        }
        if (former != null) {
            former.close();
        }
        TransferPair pair = values.getTransferPair(allocator);
        pair.transfer();
        current.put(header.id(), new ArrowDictionary((FieldVector) pair.getTo()));
    }

    Map<Long, ArrowDictionary> current() {
        return current;
    }

    DictionaryProvider provider(List<Field> fields) {
        DictionaryProvider.MapDictionaryProvider provider = new DictionaryProvider.MapDictionaryProvider();
        for (Field field : fields) {
            ArrowDictionary dictionary = current.get(field.getDictionary().getId());
            if (dictionary != null) {
                provider.put(new Dictionary(dictionary.vector(), field.getDictionary()));
            }
        }
        return provider;
    }

    @Override
    public void close() {
        current.values().forEach(ArrowDictionary::close);
    }
}
