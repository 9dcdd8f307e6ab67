package io.weir.codec.ingest;

import io.weir.codec.schema.TableSchema;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.DictionaryProvider;

final class ArrowConversion {
    private ArrowConversion() {}

    static VectorSchemaRoot convert(
            VectorSchemaRoot source, DictionaryProvider dictionaries, TableSchema schema, BufferAllocator allocator) {
        throw new UnsupportedOperationException("spine: " + source + dictionaries + schema + allocator);
    }
}
