package io.weir.codec.batch;

/**
 * One idempotent request inside a stored batch. It stands in the batch that holds the request's last row, so a request is known as
 * applied only when all of it is.
 *
 * @param writerId 1 to 128 characters
 * @param sequence the writer's number for the request
 * @param endRow index in this batch just past the request's last row
 * @param rows rows of the whole request in this bucket; more than {@code endRow} when the request began in an earlier batch
 */
public record WriterEntry(String writerId, long sequence, int endRow, int rows) {}
