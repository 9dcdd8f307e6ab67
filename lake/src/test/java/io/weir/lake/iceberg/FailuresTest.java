package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;

class FailuresTest {
    @Test
    void whatIsAtTheBottomOfAFailureIsSaidOnce() {
        RuntimeException full =
                new UncheckedIOException("Failed to create x\nmore", new IOException("No space left on device"));
        assertThatThrownBy(() -> Failures.run("writing d.t", () -> {
                    throw new IllegalStateException(full);
                }))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LAKE_UNAVAILABLE))
                .hasMessageEndingWith("Failed to create x: No space left on device");
        assertThatThrownBy(() -> Failures.run("writing d.t", () -> {
                    throw new UncheckedIOException(new IOException("away"));
                }))
                .hasMessage("writing d.t: the lake failed: java.io.IOException: away");
    }
}
