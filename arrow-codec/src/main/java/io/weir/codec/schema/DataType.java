package io.weir.codec.schema;

import java.util.List;

/**
 * A column type. {@link #toString()} is the one text form, which {@link TypeParser} reads back:
 *
 * <pre>
 * BOOLEAN TINYINT SMALLINT INT BIGINT FLOAT DOUBLE DECIMAL(p,s) CHAR(n) STRING BINARY(n) BYTES
 * DATE TIME(p) TIMESTAMP(p) TIMESTAMP_LTZ(p)          p from 0 to 9 (DECIMAL 1 to 38, s from 0 to p)
 * ARRAY&lt;T&gt;  ARRAY&lt;FLOAT&gt;(n)  MAP&lt;K, V&gt;  ROW&lt;a T, b T&gt;       T may end in NOT NULL
 * </pre>
 *
 * A ROW field's name that is not letters, digits, {@code _} and {@code -} alone stands in backticks, a backtick in it doubled.
 *
 * Arrow: BOOLEAN bool; TINYINT..BIGINT int8..int64; FLOAT, DOUBLE; DECIMAL decimal128; CHAR, STRING utf8; BINARY fixed-size
 * binary; BYTES binary; DATE date32; TIME(0) time32[s], (1-3) time32[ms], (4-6) time64[us], (7-9) time64[ns]; TIMESTAMP likewise
 * s, ms, us, ns without zone, TIMESTAMP_LTZ with zone UTC; ARRAY list; ARRAY&lt;FLOAT&gt;(n) fixed-size list; MAP map; ROW struct.
 */
public sealed interface DataType {
    enum Simple implements DataType {
        BOOLEAN,
        TINYINT,
        SMALLINT,
        INT,
        BIGINT,
        FLOAT,
        DOUBLE,
        STRING,
        BYTES,
        DATE
    }

    record Decimal(int precision, int scale) implements DataType {
        @Override
        public String toString() {
            return "DECIMAL(" + precision + "," + scale + ")";
        }
    }

    /** A string of at most {@code length} code points, kept without padding. */
    record Char(int length) implements DataType {
        @Override
        public String toString() {
            return "CHAR(" + length + ")";
        }
    }

    /** Exactly {@code length} bytes. */
    record Binary(int length) implements DataType {
        @Override
        public String toString() {
            return "BINARY(" + length + ")";
        }
    }

    record Time(int precision) implements DataType {
        @Override
        public String toString() {
            return "TIME(" + precision + ")";
        }
    }

    record Timestamp(int precision) implements DataType {
        @Override
        public String toString() {
            return "TIMESTAMP(" + precision + ")";
        }
    }

    record TimestampLtz(int precision) implements DataType {
        @Override
        public String toString() {
            return "TIMESTAMP_LTZ(" + precision + ")";
        }
    }

    record Array(DataType element, boolean elementNullable) implements DataType {
        @Override
        public String toString() {
            return "ARRAY<" + element + (elementNullable ? "" : " NOT NULL") + ">";
        }
    }

    /** {@code length} floats, none of them null. */
    record Vector(int length) implements DataType {
        @Override
        public String toString() {
            return "ARRAY<FLOAT>(" + length + ")";
        }
    }

    /** Keys are never null. */
    record Map(DataType key, DataType value, boolean valueNullable) implements DataType {
        @Override
        public String toString() {
            return "MAP<" + key + ", " + value + (valueNullable ? "" : " NOT NULL") + ">";
        }
    }

    record Row(List<Field> fields) implements DataType {
        public Row {
            fields = List.copyOf(fields);
        }

        public record Field(String name, DataType type, boolean nullable) {}

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("ROW<");
            for (Field field : fields) {
                text.append(text.length() == 4 ? "" : ", ")
                        .append(TypeParser.quoted(field.name()))
                        .append(' ')
                        .append(field.type());
                text.append(field.nullable() ? "" : " NOT NULL");
            }
            return text.append('>').toString();
        }
    }

    /**
     * Deepest nesting that a schema may have, a column's own type counted as 1; hostile schemas must not exhaust the stack.
     */
    int DEPTH_MAX = 16;

    /** Most types that one column's type may be made of, itself counted. */
    int TYPES_MAX = 4096;

    /** Largest n of CHAR(n), BINARY(n) and ARRAY&lt;FLOAT&gt;(n). */
    int LENGTH_MAX = 1 << 20;
}
