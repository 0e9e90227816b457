#include "codec/text.h"

#include "data/csv_scan.h"
#include "data/number.h"
#include <stdio.h>
#include <string.h>

enum { SAMPLED_LINES = 256 };

const char *lt_text_line(const char *p, const char *end, const char **stop)
{
    const char *newline = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    *stop = newline ? newline : end;
    return newline ? newline + 1 : end;
}

const char *lt_text_lines(const char *p, const char *end, int64_t rows, int64_t *passed)
{
    const char *stop = NULL;
    int64_t n = 0;
    for (; n < rows && p < end; n++)
        p = lt_text_line(p, end, &stop);
    *passed = n;
    return p;
}

/* Where the field at p ends; NULL when a quote is left open.  Behind the closing quote anything may
 * follow, and is kept as it is. */
static const char *field_end(const char *p, const char *stop, char delimiter)
{
    if (p < stop && *p == '"') {
        do {
            p = memchr(p + 1, '"', (size_t)(stop - p - 1));
            if (!p)
                return NULL;
            p++;
        } while (p < stop && *p == '"'); /* "" is a quote within */
    }
    while (p < stop && *p != delimiter)
        p++;
    return p;
}

/* The number of fields; 0: irregular.  cells may be NULL; no more than `most` are written. */
static int64_t cut(char delimiter, const char *p, const char *stop, struct lt_text_cell *cells,
                   int64_t most)
{
    for (int64_t count = 1;; count++) {
        const char *end = field_end(p, stop, delimiter);
        if (!end || count > most)
            return 0;
        if (cells)
            cells[count - 1] = (struct lt_text_cell){p, (size_t)(end - p)};
        if (end == stop)
            return count;
        p = end + 1;
    }
}

/* The end of the line without its "\r", or NULL when the line's end is not the format's. */
static const char *content_end(bool crlf, const char *p, const char *stop, bool ended)
{
    bool returned = stop > p && stop[-1] == '\r';
    if (returned != (crlf && ended))
        return NULL;
    return stop - returned;
}

bool lt_text_cut(const struct lt_text_format *format, const char *p, const char *stop, bool ended,
                 struct lt_text_cell *cells)
{
    stop = content_end(format->crlf, p, stop, ended);
    return stop && !memchr(p, 0, (size_t)(stop - p)) &&
           cut(format->delimiter, p, stop, cells, format->columns) == format->columns;
}

/* ---- what the format is ------------------------------------------------ */

/* Most lines of the sample end in "\r\n". */
static bool find_crlf(const char *p, const char *end)
{
    int64_t with = 0, all = 0;
    const char *stop = NULL;
    for (; p < end && all < SAMPLED_LINES; all++) {
        const char *begin = p;
        p = lt_text_line(p, end, &stop);
        if (stop == end)
            break;
        with += stop > begin && stop[-1] == '\r';
    }
    return 2 * with > all;
}

/* The number of fields that most lines of the sample have; the first of equals. */
static int64_t find_columns(char delimiter, const char *p, const char *end)
{
    int64_t fields[SAMPLED_LINES], best = 1;
    int lines = 0, most = 0;
    const char *stop = NULL;
    while (p < end && lines < SAMPLED_LINES) {
        const char *begin = p;
        p = lt_text_line(p, end, &stop);
        fields[lines++] = cut(delimiter, begin, stop, NULL, LT_TEXT_COLUMNS);
    }
    for (int i = 0; i < lines; i++) {
        int same = 0;
        for (int k = i; k < lines; k++)
            same += fields[k] == fields[i];
        if (same > most && fields[i] > 0) {
            most = same;
            best = fields[i];
        }
    }
    return best;
}

/* The bytes of the first record, when it is a header. */
static size_t find_header(const struct lt_csv_cursor *cursor, const struct lt_numbers *numbers)
{
    if (cursor->p == cursor->end || !lt_csv_find_header(cursor, numbers, NULL))
        return 0;
    struct lt_csv_edge edge = {0};
    const char *stop = lt_csv_record_end(&edge, cursor->delimiter, cursor->p, cursor->end);
    size_t size = stop ? (size_t)(stop - cursor->p) : 0;
    return size <= LT_TEXT_HEADER_MAX ? size : 0;
}

int lt_text_find(struct lt_text_format *out, const char *bytes, size_t size, struct lt_error *err)
{
    struct lt_numbers *numbers = NULL;
    int rc = lt_numbers_create(&numbers, err);
    if (rc)
        return rc;
    const char *end = bytes + (size < LT_TEXT_SAMPLE ? size : LT_TEXT_SAMPLE);
    struct lt_csv_cursor cursor = {.p = bytes, .end = end, .line = 1, .name = "text"};
    cursor.delimiter = lt_csv_find_delimiter(&cursor);
    *out = (struct lt_text_format){.delimiter = cursor.delimiter};
    out->header = find_header(&cursor, numbers);
    out->crlf = find_crlf(bytes, end);
    out->columns = find_columns(cursor.delimiter, bytes + out->header, end);
    if (out->header == size) /* a header and nothing below it */
        out->columns = find_columns(cursor.delimiter, bytes, end);
    lt_numbers_free(&numbers);
    return LT_OK;
}

const char *lt_text_name(const struct lt_text_format *format, const char *header, int64_t column,
                         char *buf, size_t size)
{
    bool marked =
        format->header >= 3 && memcmp(header, "\xef\xbb\xbf", 3) == 0; /* a byte order mark */
    struct lt_csv_cursor cursor = {.p = header + (marked ? 3 : 0),
                                   .end = header + format->header,
                                   .line = 1,
                                   .delimiter = format->delimiter,
                                   .name = "text"};
    struct lt_csv_field field = {0};
    int64_t at = -1;
    while (format->header && at < column && !field.last && !lt_csv_next(&cursor, &field, NULL))
        at++;
    if (at == column)
        snprintf(buf, size, "%.*s", (int)(field.end - field.begin), field.begin);
    else
        snprintf(buf, size, "column %lld", (long long)column);
    return buf;
}
