package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ObjectNameTest {
    @Test
    void namesThatCouldLeadElsewhereAreRefused() {
        for (String bad : List.of(
                "",
                "/",
                "/a",
                "a/",
                "a//b",
                "..",
                "a/../b",
                ".",
                "a/./b",
                ".puts/1",
                "a\\b",
                "a?b",
                "a#b",
                "a\nb",
                "a\0b",
                "\uD800",
                "x".repeat(201),
                "ж".repeat(101),
                "abc/".repeat(225) + "d")) {
            assertThatThrownBy(() -> new ObjectName(bad)).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(new ObjectName("abc/".repeat(224) + "defg").value()).hasSize(900);
    }

    @Test
    void namesAreOrderedByTheirBytes() {
        // By UTF-16 units the first would be after the second.
        assertThat(new ObjectName("\uFF5E")).isLessThan(new ObjectName("🌊"));
        assertThat(new ObjectName("a-b")).isLessThan(new ObjectName("a/b"));
    }
}
