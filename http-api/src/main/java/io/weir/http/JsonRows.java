package io.weir.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.actors.bucket.Bucket;
import io.weir.codec.batch.RecordBatches;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.arrow.memory.BufferAllocator;

/** Writes rows of batches as JSON objects, one after the other, with something of the format's own around each. */
final class JsonRows {
    private final RowForm form;
    private final BufferAllocator allocator;

    JsonRows(RowForm form, BufferAllocator allocator) {
        this.form = form;
        this.allocator = allocator;
    }

    /** What a format puts around rows. Offsets are the row's own. */
    interface Frame {
        /** @return false to write neither this row nor any after it */
        boolean before(ByteArrayOutputStream out, long offset);

        void after(ByteArrayOutputStream out, long offset);
    }

    /** @return false where the frame stopped the writing */
    boolean write(ByteArrayOutputStream out, Slice slice, Bucket.FetchedRows batch, Frame frame) {
        boolean[] all = {true};
        RecordBatches.load(form.columns(), batch.rows(), allocator, root -> {
            try (JsonGenerator json = Json.generator(out)) {
                json.setRootValueSeparator(null);
                for (int row = 0; row < batch.rows().rowCount() && all[0]; row++) {
                    long offset = Slice.offset(batch, row);
                    all[0] = frame.before(out, offset);
                    if (all[0]) {
                        form.writeRow(json, root, slice, batch, row);
                        json.flush();
                        frame.after(out, offset);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return all[0];
    }
}
