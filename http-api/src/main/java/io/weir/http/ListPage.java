package io.weir.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/** Pages of a sorted list: a page token says after which item to go on, so items that come and go shift nothing. */
final class ListPage {
    static final Set<String> PARAMETERS = Set.of("page_size", "page_token");
    static final int SIZE_DEFAULT = 100;
    static final int SIZE_MAX = 1000;
    private static final String VERSION = "p1:";

    private ListPage() {}

    /**
     * @param sorted all items' keys, in an order of their own
     * @param add puts one item into the answer's array
     */
    static <K extends Comparable<K>> ObjectNode of(
            Exchange exchange,
            String member,
            List<K> sorted,
            java.util.function.Function<String, K> parse,
            BiConsumer<ArrayNode, K> add) {
        int size = (int) exchange.number("page_size", 1, SIZE_MAX, SIZE_DEFAULT);
        List<K> rest = exchange.parameter("page_token")
                .map(token -> after(sorted, parseKey(token, parse)))
                .orElse(sorted);
        ObjectNode answer = Json.object();
        ArrayNode items = answer.putArray(member);
        List<K> page = rest.subList(0, Math.min(size, rest.size()));
        page.forEach(key -> add.accept(items, key));
        if (rest.size() > size) {
            answer.put("next_page_token", token(page.get(size - 1).toString()));
        }
        return answer;
    }

    private static <K extends Comparable<K>> List<K> after(List<K> sorted, K key) {
        int start = 0;
        while (start < sorted.size() && sorted.get(start).compareTo(key) <= 0) {
            start++;
        }
        return sorted.subList(start, sorted.size());
    }

    private static String token(String key) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString((VERSION + key).getBytes(StandardCharsets.UTF_8));
    }

    private static <K> K parseKey(String token, java.util.function.Function<String, K> parse) {
        try {
            String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
            if (text.startsWith(VERSION) && text.length() > VERSION.length()) {
                return parse.apply(text.substring(VERSION.length()));
            }
        } catch (IllegalArgumentException e) {
            throw new WeirException(ErrorCode.INVALID_REQUEST, NOT_OURS, e);
        }
        throw new WeirException(ErrorCode.INVALID_REQUEST, NOT_OURS);
    }

    private static final String NOT_OURS =
            "The page_token is not one that this server gave; leave it out to start at the first page";
}
