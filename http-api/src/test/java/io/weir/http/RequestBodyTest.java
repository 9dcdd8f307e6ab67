package io.weir.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.util.ByteString;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class RequestBodyTest {
    private final InFlightBytes inFlight = new InFlightBytes(1 << 20);

    private static void assertRefused(ThrowingCallable call, ErrorCode code) {
        assertThatThrownBy(call).isInstanceOfSatisfying(WeirException.class, e -> assertThat(e.code())
                .isEqualTo(code));
    }

    private static ByteString gzip(int zeros) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(new byte[zeros]);
        }
        return ByteString.fromArray(out.toByteArray());
    }

    @Test
    void joinsItsPartsAndCountsWhatItHolds() {
        RequestBody body = new RequestBody(inFlight, 1 << 19);
        body.append(ByteString.fromString("ab"))
                .append(ByteString.fromString("cd"))
                .whole();
        assertThat(ByteString.fromByteBuffer(body.buffer()).utf8String()).isEqualTo("abcd");
        assertThat(inFlight.held()).isGreaterThanOrEqualTo(4);
        body.close();
        body.close();
        assertThat(inFlight.held()).isZero();
    }

    @Test
    void refusesABodyThatIsTooLongAndHoldsNothingOfIt() {
        RequestBody body = new RequestBody(inFlight, 10);
        body.append(ByteString.fromString("0123456789"));
        body.append(ByteString.fromString("x")).append(ByteString.fromString("y"));
        assertThat(inFlight.held()).isZero();
        assertRefused(body::whole, ErrorCode.BODY_TOO_LARGE);
        assertRefused(() -> body.append(ByteString.fromArray(new byte[100])), ErrorCode.BODY_TOO_LARGE);
    }

    @Test
    void refusesAnAnnouncedLengthThatIsTooLong() {
        assertRefused(() -> new RequestBody(inFlight, 10).expect(11), ErrorCode.BODY_TOO_LARGE);
        assertRefused(() -> new RequestBody(inFlight, 10).expect(Long.MAX_VALUE), ErrorCode.BODY_TOO_LARGE);
    }

    @Test
    void refusesWhatTheNodeHasNoRoomForAndTakesItLater() {
        RequestBody first = new RequestBody(inFlight, 1 << 20);
        first.expect(1 << 20);
        RequestBody second = new RequestBody(inFlight, 1 << 20);
        assertRefused(() -> second.expect(1), ErrorCode.OVERLOADED);
        first.close();
        second.expect(1 << 20);
        second.close();
        assertThat(inFlight.held()).isZero();
    }

    @Test
    void undoesGzipWithinTheBound() throws IOException {
        RequestBody body =
                new RequestBody(inFlight, 100_000).append(gzip(100_000)).gunzip();
        assertThat(body.length()).isEqualTo(100_000);
        body.close();
        assertThat(inFlight.held()).isZero();
    }

    @Test
    void aGzipBombIsRefusedAtTheBound() throws IOException {
        RequestBody bomb = new RequestBody(inFlight, 100_000).append(gzip(50_000_000));
        assertRefused(bomb::gunzip, ErrorCode.BODY_TOO_LARGE);
        assertThat(inFlight.held()).isZero();
    }

    @Test
    void whatIsNoGzipIsRefused() {
        RequestBody body = new RequestBody(inFlight, 100).append(ByteString.fromString("{\"a\":1}"));
        assertRefused(body::gunzip, ErrorCode.INVALID_REQUEST);
        assertThat(inFlight.held()).isZero();
    }
}
