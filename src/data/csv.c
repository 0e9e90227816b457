#include "data/csv.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "data/csv_rows.h"
#include "data/number.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

/* A blank line is nothing, except among the values of a single column: there
 * it is a missing value, unless only blank lines follow. */
void lt_csv_drop_blank_end(struct lt_csv_cursor *c)
{
    while (c->end > c->p) {
        const char *line = c->end; /* the beginning of the last line, if that is blank */
        line -= line[-1] == '\n';
        line -= line > c->p && line[-1] == '\r';
        if (line > c->p && line[-1] != '\n')
            return;
        c->end = line;
    }
}

/* ---- files ------------------------------------------------------------- */

static int64_t count_lines(const char *p, const char *end)
{
    int64_t lines = 1;
    while ((p = memchr(p, '\n', (size_t)(end - p)))) {
        lines++;
        if (++p == end)
            break;
    }
    return lines;
}

bool lt_csv_is_utf16(const void *text, size_t size)
{
    return size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

struct zeros {
    const struct lt_csv_source *source;
    atomic_bool found;
};
enum { ZEROS_CHUNK = 1 << 20 };

static void find_zero(void *context, size_t chunk, int thread)
{
    struct zeros *z = context;
    size_t begin = lt_chunk_begin(chunk, ZEROS_CHUNK);
    size_t end = lt_chunk_end(chunk, ZEROS_CHUNK, z->source->size);
    (void)thread;
    if (memchr(z->source->text + begin, 0, end - begin))
        z->found = true;
}

/* What is not text, or is in another coding, is said at once. */
static int check_text(const struct lt_csv_source *s, int threads, struct lt_error *err)
{
    struct zeros zeros = {.source = s};
    if (!s->form && lt_csv_is_utf16(s->text, s->size))
        return lt_fail(err, LT_ECONTENT, "%s: is UTF-16 text; save it as UTF-8", s->name);
    lt_parallel(threads, lt_chunks(s->size, ZEROS_CHUNK), find_zero, &zeros);
    const char *zero = zeros.found ? memchr(s->text, 0, s->size) : NULL;
    int64_t before = s->form ? s->form->line - 1 : 0;
    if (zero)
        return lt_fail(err, LT_ECONTENT,
                       "%s:%" PRId64 ": a zero byte, which text does not hold; is this a table?",
                       s->name, before + count_lines(s->text, zero));
    return LT_OK;
}

int lt_csv_begin(const struct lt_csv_source *s, const struct lt_numbers *numbers, bool *header,
                 struct lt_csv_cursor *c, struct lt_error *err)
{
    *c = (struct lt_csv_cursor){s->text, s->text + s->size, 1, ',', s->name};
    if (s->size >= 3 && memcmp(s->text, "\xef\xbb\xbf", 3) == 0)
        c->p += 3;
    while (c->p < c->end && lt_csv_skip_blank(c))
        ;
    if (c->p == c->end)
        return lt_fail(err, LT_ECONTENT, "%s: is empty; a table needs at least one row", s->name);
    c->delimiter = lt_csv_find_delimiter(c);
    *header = lt_csv_find_header(c, numbers, NULL);
    return LT_OK;
}

static int read_name(struct lt_csv_reader *r, const struct lt_csv_field *field, int64_t column,
                     struct lt_error *err)
{
    struct lt_csv_field trimmed = *field;
    size_t length = 0;
    char nameless[40];
    lt_csv_trim(&trimmed.begin, &trimmed.end);
    int rc = lt_csv_text(&trimmed, &r->scratch, &r->scratch_room, &length, "a column name", err);
    if (rc)
        return rc;
    snprintf(nameless, sizeof nameless, "column %" PRId64, column);
    return lt_strdup(&r->cells->base.names[column], length ? r->scratch : nameless, err);
}

/* Creates the table; where it has a header, the cursor stands on that. */
static int begin_table(struct lt_csv_reader *r, struct lt_csv_cursor *c, int64_t columns,
                       struct lt_error *err)
{
    r->columns = columns;
    int rc = lt_cells_create(&r->cells, c->name, r->columns, r->header, err);
    if (!rc)
        rc = lt_alloc(&r->state, (size_t)r->columns, sizeof *r->state, c->name, err);
    struct lt_csv_field field;
    for (int64_t j = 0; j < r->columns && r->header && !rc; j++) {
        rc = lt_csv_next(c, &field, err);
        if (!rc)
            rc = read_name(r, &field, j, err);
    }
    return rc;
}

/* The header of a further file must repeat that of the first. */
static int check_header(struct lt_csv_reader *r, struct lt_csv_cursor *c, struct lt_error *err)
{
    const struct lt_table *t = &r->cells->base;
    const struct lt_csv_cursor row = *c;
    struct lt_csv_field field = {0};
    int rc = LT_OK;
    for (int64_t j = 0; j < r->columns; j++) {
        size_t length = 0;
        if ((rc = lt_csv_next(c, &field, err)))
            return rc;
        if (field.last != (j == r->columns - 1))
            return lt_csv_fail_ragged(r, &row, err);
        lt_csv_trim(&field.begin, &field.end);
        if ((rc = lt_csv_text(&field, &r->scratch, &r->scratch_room, &length, t->name, err)))
            return rc;
        if (length && strcmp(r->scratch, t->names[j]) != 0)
            return lt_fail(err, LT_ECONTENT,
                           "%s:%" PRId64 ": column %" PRId64 " is called \"%.200s\" but \"%.200s\" "
                           "in %s; files read together need the same columns",
                           c->name, row.line, j, r->scratch, t->names[j], t->name);
    }
    return LT_OK;
}

/* The cursor on the first row of a source whose form is known. */
static int begin_known(struct lt_csv_reader *r, const struct lt_csv_source *s,
                       struct lt_csv_cursor *c, struct lt_error *err)
{
    const struct lt_csv_form *f = s->form;
    struct lt_csv_cursor header = {f->header, NULL, 1, f->delimiter, s->name};
    *c = (struct lt_csv_cursor){s->text, s->text + s->size, f->line, f->delimiter, s->name};
    r->header = f->header != NULL;
    if (r->header)
        header.end = f->header + f->header_size;
    return r->cells ? LT_OK : begin_table(r, &header, f->columns, err);
}

/* The cursor on the first row of a source about which nothing is known. */
static int begin_unknown(struct lt_csv_reader *r, const struct lt_csv_source *s,
                         struct lt_csv_cursor *at, struct lt_error *err)
{
    struct lt_csv_cursor c;
    bool header = false;
    int rc = lt_csv_begin(s, r->numbers, &header, &c, err);
    if (rc)
        return rc;
    if (!r->cells) {
        r->header = header;
        rc = begin_table(r, &c, lt_csv_count(c), err);
    } else if (r->header && (header || r->second_pass)) {
        rc = check_header(r, &c, err);
    } else if (r->header != header) {
        rc = lt_fail(err, LT_ECONTENT,
                     "%s:%" PRId64 ": %s but %s has %s; files read together need the same columns",
                     s->name, c.line, header ? "has a header" : "has no header",
                     r->cells->base.name, header ? "none" : "one");
    }
    if (r->columns == 1)
        lt_csv_drop_blank_end(&c);
    *at = c;
    return rc;
}

static int read_file(struct lt_csv_reader *r, const struct lt_csv_source *s, int index, int threads,
                     struct lt_error *err)
{
    struct lt_csv_cursor c;
    int rc = s->form ? begin_known(r, s, &c, err) : begin_unknown(r, s, &c, err);
    if (rc)
        return rc;
    bool done = false;
    r->file = index;
    if (!r->second_pass)
        rc = lt_csv_pieces(r, &c, threads, &done, err);
    if (rc || done)
        return rc;
    if (!r->second_pass) {
        /* Every cell costs at least the byte that ends it, so that a small
         * file never asks for much memory. */
        size_t most = (size_t)(c.end - c.p) + 1, lines = (size_t)count_lines(c.p, c.end), room;
        if (!lt_size_mul(lines, (size_t)r->columns, &room) || room > most)
            room = most + (size_t)r->columns;
        rc = lt_cells_reserve(r->cells, (size_t)(r->rows * r->columns) + room, err);
    }
    return rc ? rc : lt_csv_rows(r, &c, err);
}

/* Columns whose text came late are filled from the beginning. */
static int read_again(struct lt_csv_reader *r, const struct lt_csv_source *sources, int count,
                      struct lt_error *err)
{
    int rc = LT_OK;
    r->second_pass = true;
    r->rows = 0;
    for (int64_t j = 0; j < r->columns; j++)
        if (r->state[j] == LT_CSV_LATE_TEXT)
            r->cells->column[j].missing = 0;
    for (int i = 0; i < count && !rc; i++)
        rc = read_file(r, &sources[i], i, 1, err);
    return rc;
}

static int keep_names(struct lt_cells *cells, const struct lt_csv_source *sources, int count,
                      struct lt_error *err)
{
    int rc = lt_alloc(&cells->file, (size_t)count, sizeof *cells->file, cells->base.name, err);
    for (int i = 0; i < count && !rc; i++) {
        rc = lt_strdup(&cells->file[i], sources[i].name, err);
        cells->files = i + 1;
    }
    return rc;
}

int lt_csv_read(struct lt_table **out, const struct lt_csv_source *sources, int count, int threads,
                struct lt_error *err)
{
    *out = NULL;
    struct lt_csv_reader r = {0};
    struct lt_numbers *numbers = NULL;
    int rc = lt_numbers_create(&numbers, err);
    r.numbers = numbers;
    for (int i = 0; i < count && !rc; i++)
        rc = check_text(&sources[i], threads, err);
    for (int i = 0; i < count && !rc; i++)
        rc = read_file(&r, &sources[i], i, threads, err);
    if (!rc && r.rows == 0)
        rc = lt_fail(err, LT_ECONTENT, "%s: has a header but no rows; add rows below line 1",
                     sources[0].name);
    if (!rc && r.late)
        rc = read_again(&r, sources, count, err);
    if (rc)
        goto out;
    for (int64_t j = 0; j < r.columns; j++) {
        if (r.state[j] >= LT_CSV_TEXT)
            r.cells->column[j].type = LT_TEXT;
        else if (r.state[j] != LT_CSV_INTEGERS)
            r.cells->column[j].type = LT_F64;
    }
    if (!(rc = keep_names(r.cells, sources, count, err)))
        rc = lt_cells_finish(out, &r.cells, r.rows, err);
out:
    lt_cells_free(&r.cells);
    lt_numbers_free(&numbers);
    lt_free(r.state);
    lt_free(r.scratch);
    return rc;
}
