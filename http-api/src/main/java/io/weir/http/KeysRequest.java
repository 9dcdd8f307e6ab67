package io.weir.http;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@code rows:lookup} or {@code rows:prefix} in JSON. Its rows are not read here, only found, so that the decoder of rows reads them
 * from the body's bytes.
 *
 * @param rows the array of keys or the prefix as it stands in the body; null where an array holds nothing
 * @param columns null where none are named
 */
record KeysRequest(
        @Nullable ByteBuffer rows,
        @Nullable List<String> columns,
        boolean insertIfMissing,
        @Nullable Integer limit,
        @Nullable String after) {

    /** {@code {"keys":[...],"columns":[...],"insert_if_missing":true}}. */
    static KeysRequest lookup(ByteBuffer body) {
        return new Reading("keys", body, "insert_if_missing").read();
    }

    /** {@code {"prefix":{...},"columns":[...],"limit":n,"after":"..."}}. */
    static KeysRequest prefix(ByteBuffer body) {
        return new Reading("prefix", body, "limit", "after").read();
    }

    private static final class Reading {
        private static final int COLUMNS_MAX = 10_000;

        private final String rowsMember;
        private final List<String> others;
        private final ByteBuffer body;
        private boolean found;
        private @Nullable ByteBuffer rows;
        private @Nullable List<String> columns;
        private boolean insertIfMissing;
        private @Nullable Integer limit;
        private @Nullable String after;

        Reading(String rowsMember, ByteBuffer body, String... others) {
            this.rowsMember = rowsMember;
            this.others = List.of(others);
            this.body = body;
        }

        KeysRequest read() {
            byte[] bytes = body.array();
            try (JsonParser in = Json.parser(bytes, body.arrayOffset(), body.remaining())) {
                if (in.nextToken() != JsonToken.START_OBJECT) {
                    throw RequestJson.invalid("The body is one JSON object with the member '" + rowsMember + "'");
                }
                while (in.nextToken() != JsonToken.END_OBJECT) {
                    String name = in.currentName();
                    in.nextToken();
                    member(in, name);
                }
                if (in.nextToken() != null) {
                    throw RequestJson.invalid("Something follows the JSON object in the body");
                }
            } catch (JsonParseException e) {
                throw new WeirException(
                        ErrorCode.INVALID_JSON, "The body is not valid JSON: " + e.getOriginalMessage(), e);
            } catch (JsonProcessingException e) {
                throw new WeirException(ErrorCode.INVALID_JSON, "The body is not taken: " + e.getOriginalMessage(), e);
            } catch (IOException e) {
                throw new UncheckedIOException(e); // the body is in memory, so this is a bug
            }
            if (!found) {
                throw RequestJson.invalid("The body lacks the member '" + rowsMember + "'");
            }
            return new KeysRequest(rows, columns, insertIfMissing, limit, after);
        }

        private void member(JsonParser in, String name) throws IOException {
            if (name.equals(rowsMember)) {
                findRows(in);
            } else if (name.equals("columns")) {
                columns = in.currentToken() == JsonToken.VALUE_NULL ? null : strings(in);
            } else if (!others.contains(name)) {
                throw RequestJson.invalid("The member '" + name + "' is not known here; there are '" + rowsMember
                        + "', 'columns', '" + String.join("', '", others) + "'");
            } else if (name.equals("limit")) {
                limit = number(in);
            } else if (name.equals("after")) {
                after = in.currentToken() == JsonToken.VALUE_NULL ? null : text(in, "'after' is a string");
            } else {
                insertIfMissing = flag(in);
            }
        }

        private void findRows(JsonParser in) throws IOException {
            JsonToken begin = rowsMember.equals("keys") ? JsonToken.START_ARRAY : JsonToken.START_OBJECT;
            if (in.currentToken() != begin) {
                throw RequestJson.invalid("'" + rowsMember + "' is "
                        + (begin == JsonToken.START_ARRAY ? "an array of objects" : "an object")
                        + " with the key's columns");
            }
            int start = (int) in.currentTokenLocation().getByteOffset();
            JsonToken first = in.nextToken();
            boolean empty = first == JsonToken.END_ARRAY;
            int depth = first == JsonToken.END_OBJECT || empty ? 0 : 1;
            if (depth == 1) {
                skipToEnd(in, begin);
            }
            int end = (int) in.currentLocation().getByteOffset();
            found = true;
            rows = empty ? null : body.slice(body.position() + start, end - start);
        }

        /** The parser stands on the first token in the array or object, and then on its end. */
        private static void skipToEnd(JsonParser in, JsonToken begin) throws IOException {
            JsonToken end = begin == JsonToken.START_ARRAY ? JsonToken.END_ARRAY : JsonToken.END_OBJECT;
            in.skipChildren();
            while (in.nextToken() != end) {
                if (in.currentToken() == null) {
                    throw new JsonParseException(in, "the body ends too early");
                }
                in.skipChildren();
            }
        }

        private static List<String> strings(JsonParser in) throws IOException {
            String what = "'columns' is an array of column names";
            if (in.currentToken() != JsonToken.START_ARRAY) {
                throw RequestJson.invalid(what);
            }
            List<String> strings = new ArrayList<>();
            while (in.nextToken() != JsonToken.END_ARRAY) {
                strings.add(text(in, what));
                if (strings.size() > COLUMNS_MAX) {
                    throw RequestJson.invalid("'columns' names more columns than a table can have");
                }
            }
            if (strings.isEmpty()) {
                throw RequestJson.invalid("'columns' is empty; leave it out for all columns");
            }
            return strings;
        }

        private static String text(JsonParser in, String what) throws IOException {
            if (in.currentToken() != JsonToken.VALUE_STRING) {
                throw RequestJson.invalid(what);
            }
            return in.getText();
        }

        private static boolean flag(JsonParser in) {
            return switch (in.currentToken()) {
                case VALUE_TRUE -> true;
                case VALUE_FALSE, VALUE_NULL -> false;
                default -> throw RequestJson.invalid("'insert_if_missing' is true or false");
            };
        }

        private static @Nullable Integer number(JsonParser in) throws IOException {
            if (in.currentToken() == JsonToken.VALUE_NULL) {
                return null;
            }
            String what = "'limit' is a whole number from 1 to " + PrefixRoute.LIMIT_MAX;
            if (in.currentToken() != JsonToken.VALUE_NUMBER_INT || in.getText().length() > 9) {
                throw RequestJson.invalid(what);
            }
            int number = in.getIntValue();
            if (number < 1 || number > PrefixRoute.LIMIT_MAX) {
                throw RequestJson.invalid(what);
            }
            return number;
        }
    }
}
