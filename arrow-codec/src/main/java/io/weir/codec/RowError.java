package io.weir.codec;

/**
 * What is wrong with one row of a request.
 *
 * @param row index of the row in the request, from 0
 * @param pointer JSON pointer into the row, e.g. {@code /user} or {@code /tags/3}; empty for the row itself
 * @param detail what was found and what was expected
 */
public record RowError(int row, String pointer, String detail) {}
