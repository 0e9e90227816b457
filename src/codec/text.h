/* Text of delimited lines, cut into cells as raw bytes, so that putting the cells together again gives
 * the same bytes.
 *
 * Unlike the reader of tables (data/csv_scan.h) a row here is a line, whatever quotes say: bytes up to
 * and without "\n", the last line of the data perhaps without one.  A line is regular when it has the
 * line end of the format ("\r\n" or "\n"), as many fields as the format says, no quote left open and no
 * zero byte; its cells are then what lies between its delimiters, quotes included.  A delimiter between
 * quotes does not count, when the first of the quotes begins its field.  All other lines are irregular
 * and are kept whole.  So every sequence of bytes is lines, and lines are bytes again.
 */
#ifndef LT_CODEC_TEXT_H
#define LT_CODEC_TEXT_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LT_TEXT_COLUMNS = 65536,     /* lines of more fields are irregular */
    LT_TEXT_SAMPLE = 1 << 20,    /* bytes that the format is found from */
    LT_TEXT_HEADER_MAX = 1 << 20 /* bytes; a longer first record is no header */
};

struct lt_text_format {
    char delimiter;  /* one of , ; tab | */
    bool crlf;       /* regular lines end in "\r\n" */
    int64_t columns; /* fields of a regular line, >= 1 */
    size_t
        header; /* bytes of the header's lines at the beginning of the data, line ends included; 0: none */
};

/* The format of the text that begins with these bytes: delimiter and header by the rules of the reader of
 * tables, line end and number of fields by most of the first lines.  A wrong guess costs bytes in the
 * file, never truth. */
int lt_text_find(struct lt_text_format *out, const char *bytes, size_t size, struct lt_error *err);

/* The name of a column in the header (its first `format->header` bytes), without quotes, cut to `size`
 * bytes with the final zero; "column 3" (from 0) where there is none.  Returns buf. */
const char *lt_text_name(const struct lt_text_format *format, const char *header, int64_t column,
                         char *buf, size_t size);

/* Where the line at p < end ends: *stop is its "\n", or `end` where there is none.  Returns where the next
 * line begins. */
const char *lt_text_line(const char *p, const char *end, const char **stop);
/* Moves over at most `rows` lines; returns where it stopped and, in *passed, how many there were. */
const char *lt_text_lines(const char *p, const char *end, int64_t rows, int64_t *passed);

struct lt_text_cell {
    const char *begin;
    size_t size;
};
/* Cuts the line [p, stop), which `ended` says stands before a "\n", into cells; false: it is irregular.
 * They lie in the line. */
bool lt_text_cut(const struct lt_text_format *format, const char *p, const char *stop, bool ended,
                 struct lt_text_cell *cells /* (columns) */);

#endif
