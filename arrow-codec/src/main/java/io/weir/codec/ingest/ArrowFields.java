package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.arrow.flatbuf.KeyValue;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.jspecify.annotations.Nullable;

/** Reads the fields of a schema message that may be hostile, and compares fields by what their buffers look like. */
final class ArrowFields {
    private static final int DEPTH_MAX = 64;
    private static final int FIELDS_MAX = 20_000;
    private static final int TEXT_BYTES_MAX = 4 << 20;

    private int fieldCount;
    private long textBytes;

    private ArrowFields() {}

    /** The fields as the message names them; extension types are seen as what they are stored as. */
    static List<Field> read(org.apache.arrow.flatbuf.Schema schema) {
        ArrowFields bounds = new ArrowFields();
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < schema.fieldsLength(); i++) {
            org.apache.arrow.flatbuf.Field field = Objects.requireNonNull(schema.fields(i), "field");
            bounds.check(field, 1);
            fields.add(plain(Field.convertField(field)));
        }
        return fields;
    }

    /** A flatbuffer may refer to the same table many times, or to itself: sizes are checked before anything is built. */
    private void check(org.apache.arrow.flatbuf.Field field, int depth) {
        if (depth > DEPTH_MAX || ++fieldCount > FIELDS_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_ARROW,
                    "the schema has more than %d fields or is nested more than %d deep"
                            .formatted(FIELDS_MAX, DEPTH_MAX));
        }
        addText(field.nameAsByteBuffer());
        for (int i = 0; i < field.customMetadataLength(); i++) {
            KeyValue entry = field.customMetadata(i);
            addText(entry.keyAsByteBuffer());
            addText(entry.valueAsByteBuffer());
        }
        for (int i = 0; i < field.childrenLength(); i++) {
            check(field.children(i), depth + 1);
        }
    }

    private void addText(@Nullable ByteBuffer text) {
        textBytes += 16 + (text == null ? 0 : text.remaining());
        if (textBytes > TEXT_BYTES_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_ARROW,
                    "names and metadata of the schema have more than %d bytes".formatted(TEXT_BYTES_MAX));
        }
    }

    private static Field plain(Field field) {
        ArrowType type = field.getType();
        if (type instanceof ArrowType.ExtensionType extension) {
            type = extension.storageType();
        }
        String name = field.getName() == null ? "" : field.getName();
        return new Field(
                name,
                new FieldType(field.isNullable(), type, field.getDictionary()),
                field.getChildren().stream().map(ArrowFields::plain).toList());
    }

    /** The field as its vectors are: a dictionary-encoded one holds indexes. */
    static Field inMemory(Field field) {
        DictionaryEncoding dictionary = field.getDictionary();
        if (dictionary == null) {
            List<Field> children =
                    field.getChildren().stream().map(ArrowFields::inMemory).toList();
            return new Field(field.getName(), field.getFieldType(), children);
        }
        ArrowType.Int index = dictionary.getIndexType();
        return new Field(
                field.getName(),
                new FieldType(field.isNullable(), index == null ? new ArrowType.Int(32, true) : index, dictionary),
                List.of());
    }

    /** Puts the fields that are dictionary-encoded, at any depth, into {@code found}. */
    static void collectEncoded(Field field, List<Field> found) {
        if (field.getDictionary() != null) {
            found.add(field);
        } else {
            field.getChildren().forEach(child -> collectEncoded(child, found));
        }
    }

    /** True where vectors of the two have the same buffers with the same meaning. */
    static boolean sameLayout(Field a, Field b) {
        return a.getDictionary() == null
                && sameType(a.getType(), b.getType())
                && sameChildren(a.getChildren(), b.getChildren(), a.getType() instanceof ArrowType.Struct);
    }

    private static boolean sameChildren(List<Field> a, List<Field> b, boolean named) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            boolean sameName = !named || a.get(i).getName().equals(b.get(i).getName());
            // The names of a map's two fields mean nothing, and writers differ in them.
            if (!sameName && !isEntry(b)) {
                return false;
            }
            if (!sameLayout(a.get(i), b.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isEntry(List<Field> fields) {
        return fields.size() == 2
                && fields.get(0).getName().equals("key")
                && fields.get(1).getName().equals("value")
                && !fields.get(0).isNullable();
    }

    private static boolean sameType(ArrowType a, ArrowType b) {
        if (a instanceof ArrowType.Timestamp left && b instanceof ArrowType.Timestamp right) {
            return left.getUnit() == right.getUnit() && hasZone(left) == hasZone(right);
        }
        return a.equals(b) || (a instanceof ArrowType.Map && b instanceof ArrowType.Map);
    }

    private static boolean hasZone(ArrowType.Timestamp type) {
        return type.getTimezone() != null && !type.getTimezone().isEmpty();
    }

    /** Bits of a value, or -1 where the type is not one of values of one width that a table can hold. */
    static long bits(ArrowType type) {
        return switch (type.getTypeID()) {
            case Bool -> 1;
            case Int -> ((ArrowType.Int) type).getBitWidth();
            case FloatingPoint ->
                switch (((ArrowType.FloatingPoint) type).getPrecision()) {
                    case HALF -> 16;
                    case SINGLE -> 32;
                    case DOUBLE -> 64;
                };
            case Decimal -> ((ArrowType.Decimal) type).getBitWidth();
            case Date -> ((ArrowType.Date) type).getUnit() == org.apache.arrow.vector.types.DateUnit.DAY ? 32 : 64;
            case Time -> ((ArrowType.Time) type).getBitWidth();
            case Timestamp -> 64;
            case FixedSizeBinary -> Math.max(-1, 8L * ((ArrowType.FixedSizeBinary) type).getByteWidth());
            default -> -1;
        };
    }
}
