/* Lines of text as integers, and back.  Exceptions are in the order of the lines and, within one, of the
 * columns: each is its length as a varint and its bytes. */
#include "base/mem.h"
#include "codec/plane.h"

#include <string.h>

static int put_text(struct lt_growable *exceptions, const char *begin, size_t size,
                    struct lt_error *err)
{
    int rc = lt_growable_varint(exceptions, size, err);
    return rc ? rc : lt_growable_put(exceptions, begin, size, err);
}

/* All planes repeat the row above. */
static int map_whole(const struct lt_planes *planes, const char *begin, const char *stop,
                     bool above, int64_t *to, struct lt_growable *exceptions, struct lt_error *err)
{
    if (!planes->irregular)
        return lt_fail(err, LT_EFAIL,
                       "a line has another form than before; the data changed while it was read");
    size_t bytes = (size_t)planes->count * sizeof *to;
    if (above)
        memcpy(to, to - planes->count, bytes);
    else
        memset(to, 0, bytes);
    to[0] = 1;
    return put_text(exceptions, begin, (size_t)(stop - begin), err);
}

static int map_cells(const struct lt_planes *planes, const struct lt_text_cell *cells, bool above,
                     int64_t *to, struct lt_growable *exceptions, struct lt_error *err)
{
    int rc = LT_OK;
    if (planes->irregular)
        to[0] = 0;
    for (int64_t j = 0; !rc && j < planes->columns; j++) {
        const struct lt_mapping *m = &planes->mapping[j];
        int64_t n = 0;
        enum lt_cell_kind kind = lt_text_forward(m, &cells[j], &n);
        if (kind && kind >= m->kinds)
            return lt_plane_fail_changed(j, err);
        if (kind == LT_CELL_RAW)
            rc = put_text(exceptions, cells[j].begin, cells[j].size, err);
        lt_plane_put(m, kind, n, above, planes->count, to + planes->first[j]);
    }
    return rc;
}

int lt_planes_map_lines(const struct lt_planes *planes, const char *begin, const char *end,
                        int64_t first, int64_t rows, int64_t *values,
                        struct lt_growable *exceptions, struct lt_error *err)
{
    struct lt_text_cell *cells = NULL;
    int rc = lt_alloc(&cells, (size_t)planes->columns, sizeof *cells, "columns", err);
    for (int64_t r = 0; !rc && r < rows; r++, values += planes->count) {
        const char *line = begin, *stop = NULL;
        begin = lt_text_line(line, end, &stop);
        bool ended = stop < end, open = planes->unended && first + r == planes->rows - 1;
        if (line == end || ended == open)
            rc = lt_fail(err, LT_EFAIL, "lines end elsewhere; the data changed while it was read");
        else if (lt_text_cut(&planes->format, line, stop, ended, cells))
            rc = map_cells(planes, cells, r > 0, values, exceptions, err);
        else
            rc = map_whole(planes, line, stop, r > 0, values, exceptions, err);
    }
    if (!rc && begin != end)
        rc = lt_fail(err, LT_EFAIL, "there are more lines; the data changed while it was read");
    lt_free(cells);
    return rc;
}

/* ---- back -------------------------------------------------------------- */

static int copy_text(struct lt_reader *exceptions, struct lt_growable *text, struct lt_error *err)
{
    size_t size = (size_t)lt_read_up_to(exceptions, lt_reader_left(exceptions));
    const unsigned char *bytes = lt_read_bytes(exceptions, size);
    if (!bytes)
        return lt_fail(err, LT_ECONTENT, "a block ends within its exceptions");
    return lt_growable_put(text, bytes, size, err);
}

static int unmap_cell(const struct lt_mapping *m, const int64_t *from, int64_t column,
                      struct lt_reader *exceptions, struct lt_growable *text, struct lt_error *err)
{
    enum lt_cell_kind kind;
    int64_t n = 0;
    if (!lt_plane_take(m, from, &kind, &n))
        return lt_plane_fail_broken(column, err);
    if (kind == LT_CELL_REGULAR)
        return lt_text_back(m, n, text, err);
    if (kind == LT_CELL_MISSING)
        return LT_OK;
    if (kind == LT_CELL_RAW)
        return copy_text(exceptions, text, err);
    int i = (int)kind - LT_CELL_SPECIAL;
    if (i < 0 || i >= m->special.count)
        return lt_plane_fail_broken(column, err);
    const size_t *start = m->special.start + i;
    return lt_growable_put(text, m->special.bytes + start[0], start[1] - start[0], err);
}

static int unmap_line(const struct lt_planes *planes, const int64_t *from,
                      struct lt_reader *exceptions, struct lt_growable *text, struct lt_error *err)
{
    int rc = LT_OK;
    for (int64_t j = 0; !rc && j < planes->columns; j++) {
        if (j > 0)
            rc = lt_growable_put(text, &planes->format.delimiter, 1, err);
        if (!rc)
            rc = unmap_cell(&planes->mapping[j], from + planes->first[j], j, exceptions, text, err);
    }
    return rc;
}

int lt_planes_unmap_lines(const struct lt_planes *planes, const int64_t *values, int64_t first,
                          int64_t rows, const void *exceptions, size_t size,
                          struct lt_growable *text, struct lt_error *err)
{
    int rc = LT_OK;
    struct lt_reader reader = lt_reader_of(exceptions, size);
    for (int64_t r = 0; !rc && r < rows; r++, values += planes->count) {
        bool whole = planes->irregular && values[0] != 0;
        bool open = planes->unended && first + r == planes->rows - 1;
        const char *newline = planes->format.crlf && !whole ? "\r\n" : "\n";
        rc = whole ? copy_text(&reader, text, err) : unmap_line(planes, values, &reader, text, err);
        if (!rc && !open)
            rc = lt_growable_put(text, newline, strlen(newline), err);
    }
    if (!rc && lt_reader_left(&reader))
        rc = lt_fail(err, LT_ECONTENT, "a block holds more exceptions than its cells call for");
    return rc;
}
