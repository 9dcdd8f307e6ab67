package io.weir.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The benchmark's check finds what it is there to find. */
class WideRowsTest {
    private static void read(WideRows.Check check, byte[]... requests) throws IOException {
        for (byte[] request : requests) {
            check.bucket(new ByteArrayInputStream(request));
        }
    }

    @Test
    void rowsAsTheyWereWrittenAreCounted() throws IOException {
        try (WideRows rows = new WideRows("t")) {
            WideRows.Check check = rows.new Check();
            read(check, rows.body(0).clone(), rows.body(9).clone(), rows.body(1).clone());
            assertThat(check.rows()).isEqualTo(3L * WideRows.ROWS);
        }
    }

    @Test
    void aRequestThatComesTwiceIsFound() throws IOException {
        try (WideRows rows = new WideRows("t")) {
            WideRows.Check check = rows.new Check();
            byte[] request = rows.body(3).clone();
            assertThatThrownBy(() -> read(check, request, request)).hasMessageContaining("row 6000");
        }
    }

    @Test
    void oneOtherByteIsFound() throws IOException {
        try (WideRows rows = new WideRows("t")) {
            WideRows.Check check = rows.new Check();
            byte[] request = rows.body(2).clone();
            request[request.length - 100] ^= 1;
            assertThatThrownBy(() -> read(check, request)).hasMessageContaining("column s15");
        }
    }
}
