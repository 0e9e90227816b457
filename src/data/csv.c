#include "data/csv.h"

#include "base/mem.h"
#include "data/cells.h"
#include "data/csv_scan.h"
#include "data/number.h"
#include <inttypes.h>
#include <stdio.h>

enum state {                /* what a column holds so far */
             HOLDS_NOTHING, /* missing cells only */
             HOLDS_INTEGERS,
             HOLDS_REALS,
             HOLDS_TEXT,
             HOLDS_LATE_TEXT, /* text below numbers: filled by the second pass */
};

struct csv_reader {
    struct lt_cells *cells;
    struct lt_numbers *numbers;
    enum state *state; /* (D) */
    int64_t columns, rows;
    bool header;
    bool second_pass;
    bool late; /* some column needs the second pass */
    char *scratch;
    size_t scratch_room;
    int file;
    int64_t next_line; /* where the row is if nothing unusual came before it */
};

/* ---- cells ------------------------------------------------------------- */

static inline void store_integer(struct csv_reader *r, int64_t column, int64_t value)
{
    if (r->state[column] == HOLDS_REALS) {
        lt_cells_set_real(r->cells, r->rows, column, (double)value);
        return;
    }
    if (r->state[column] == HOLDS_NOTHING)
        r->state[column] = HOLDS_INTEGERS;
    lt_cells_set_integer(r->cells, r->rows, column, value);
}

static inline void store_real(struct csv_reader *r, int64_t column, double value)
{
    if (r->state[column] != HOLDS_REALS) {
        lt_cells_promote(r->cells, column, r->rows);
        r->state[column] = HOLDS_REALS;
    }
    lt_cells_set_real(r->cells, r->rows, column, value);
}

static int store_missing(struct csv_reader *r, int64_t column, struct lt_error *err)
{
    int64_t nothing = r->state[column] == HOLDS_TEXT || r->second_pass ? -1 : 0;
    lt_cells_set_integer(r->cells, r->rows, column, nothing);
    return lt_cells_set_missing(r->cells, r->rows, column, err);
}

static int store_text(struct csv_reader *r, const struct lt_csv_field *field, int64_t column,
                      struct lt_error *err)
{
    struct lt_cells_column *c = &r->cells->column[column];
    const char *name = r->cells->base.name;
    const char *text = field->begin;
    size_t length = (size_t)(field->end - field->begin);
    int32_t code = 0;
    int rc = LT_OK;
    if (field->doubled) {
        rc = lt_csv_text(field, &r->scratch, &r->scratch_room, &length, name, err);
        text = r->scratch;
    }
    if (!rc)
        rc = lt_dictionary_code(&c->dictionary, text, length, &code, name, err);
    lt_cells_set_integer(r->cells, r->rows, column, code);
    return rc;
}

/* A column turns to text: at once when no number stands above, else later. */
static int begin_text(struct csv_reader *r, const struct lt_csv_field *field, int64_t column,
                      struct lt_error *err)
{
    if (r->state[column] != HOLDS_NOTHING) {
        r->state[column] = HOLDS_LATE_TEXT;
        r->late = true;
        return LT_OK;
    }
    r->state[column] = HOLDS_TEXT;
    for (int64_t i = 0; i < r->rows; i++)
        lt_cells_set_integer(r->cells, i, column, -1);
    return store_text(r, field, column, err);
}

static int store_field(struct csv_reader *r, const struct lt_csv_field *field, int64_t column,
                       struct lt_error *err)
{
    const char *begin = field->begin, *end = field->end;
    int64_t integer = 0;
    double real = 0.0;
    if ((r->state[column] == HOLDS_LATE_TEXT) != r->second_pass)
        return LT_OK; /* the other pass fills it */
    lt_csv_trim(&begin, &end);
    if (lt_csv_missing(begin, end))
        return store_missing(r, column, err);
    if (r->second_pass || r->state[column] == HOLDS_TEXT)
        return store_text(r, field, column, err);
    switch (lt_number_parse(r->numbers, begin, end, &integer, &real)) {
    case LT_NUMBER_INTEGER:
        store_integer(r, column, integer);
        return LT_OK;
    case LT_NUMBER_REAL:
        store_real(r, column, real);
        return LT_OK;
    case LT_NUMBER_NONE:
        break;
    }
    return begin_text(r, field, column, err);
}

/* ---- rows -------------------------------------------------------------- */

static int fail_ragged(const struct csv_reader *r, const struct lt_csv_cursor *row,
                       struct lt_error *err)
{
    int64_t count = lt_csv_count(*row);
    return lt_fail(err, LT_ECONTENT,
                   "%s:%" PRId64 ": %" PRId64 " field%s where the %s has %" PRId64
                   "; give every row as many, and put a text that holds a delimiter in quotes",
                   row->name, row->line, count, count == 1 ? "" : "s",
                   r->header ? "header" : "first row", r->columns);
}

/* One to three digits and a delimiter, the cells of images and counts; returns
 * the end of the digits, or NULL. */
static inline const char *small_integer(const struct lt_csv_cursor *c, int64_t *value)
{
    const char *p = c->p;
    if (c->end - p < 4)
        return NULL;
    unsigned first = (unsigned)(unsigned char)p[0] - '0';
    unsigned second = (unsigned)(unsigned char)p[1] - '0';
    unsigned third = (unsigned)(unsigned char)p[2] - '0';
    if (first > 9)
        return NULL;
    *value = first;
    if (p[1] == c->delimiter)
        return p + 1;
    if (second > 9)
        return NULL;
    *value = first * 10 + second;
    if (p[2] == c->delimiter)
        return p + 2;
    *value = *value * 10 + third;
    return third <= 9 && p[3] == c->delimiter ? p + 3 : NULL;
}

/* A plain number followed by what ends a field, stored without further ado.
 * Returns the end of the number, or NULL: the careful way is needed. */
static inline const char *fast_number(struct csv_reader *r, const struct lt_csv_cursor *c,
                                      int64_t column)
{
    struct lt_decimal d;
    double real = 0.0;
    int64_t small = 0;
    if (r->state[column] >= HOLDS_TEXT)
        return NULL;
    const char *p = small_integer(c, &small);
    if (p) {
        store_integer(r, column, small);
        return p;
    }
    const char *q = lt_decimal_scan(c->p, c->end, &d);
    if (!q || q == c->end || d.count > 18)
        return NULL;
    if (*q != c->delimiter && *q != '\n' && !(*q == '\r' && q + 1 < c->end && q[1] == '\n'))
        return NULL;
    if (d.integer)
        store_integer(r, column, d.negative ? -(int64_t)d.digits : (int64_t)d.digits);
    else if (lt_decimal_value(&d, &real))
        store_real(r, column, real);
    else
        return NULL;
    return q;
}

static int read_row(struct csv_reader *r, struct lt_csv_cursor *c, struct lt_error *err)
{
    const struct lt_csv_cursor row = *c;
    const int64_t last = r->columns - 1;
    for (int64_t j = 0; j <= last; j++) {
        const char *q = r->second_pass ? NULL : fast_number(r, c, j);
        if (q && *q == c->delimiter && j < last) {
            c->p = q + 1;
            continue;
        }
        if (q && *q == '\n' && j == last) {
            c->p = q + 1;
            c->line++;
            return LT_OK;
        }
        struct lt_csv_field field;
        int rc = lt_csv_next(c, &field, err);
        if (rc)
            return rc;
        if (field.last != (j == last))
            return fail_ragged(r, &row, err);
        if (!q && (rc = store_field(r, &field, j, err)))
            return rc;
    }
    return LT_OK;
}

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

static int read_rows(struct csv_reader *r, struct lt_csv_cursor *c, struct lt_error *err)
{
    int rc = LT_OK;
    r->next_line = 0;
    while (!rc && c->p < c->end) {
        if (r->columns > 1 && lt_csv_skip_blank(c))
            continue;
        if (c->line != r->next_line && !r->second_pass &&
            (rc = lt_cells_note_line(r->cells, r->rows, c->line, r->file, err)))
            return rc;
        r->next_line = c->line + 1;
        rc = read_row(r, c, err);
        r->rows++;
    }
    return rc;
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

/* What is not text, or is in another coding, is said at once. */
static int check_text(const struct lt_csv_source *s, struct lt_error *err)
{
    if (!s->form && lt_csv_is_utf16(s->text, s->size))
        return lt_fail(err, LT_ECONTENT, "%s: is UTF-16 text; save it as UTF-8", s->name);
    const char *zero = s->size ? memchr(s->text, 0, s->size) : NULL;
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

static int read_name(struct csv_reader *r, const struct lt_csv_field *field, int64_t column,
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
static int begin_table(struct csv_reader *r, struct lt_csv_cursor *c, int64_t columns,
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
static int check_header(struct csv_reader *r, struct lt_csv_cursor *c, struct lt_error *err)
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
            return fail_ragged(r, &row, err);
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
static int begin_known(struct csv_reader *r, const struct lt_csv_source *s, struct lt_csv_cursor *c,
                       struct lt_error *err)
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
static int begin_unknown(struct csv_reader *r, const struct lt_csv_source *s,
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

static int read_file(struct csv_reader *r, const struct lt_csv_source *s, int index,
                     struct lt_error *err)
{
    struct lt_csv_cursor c;
    int rc = s->form ? begin_known(r, s, &c, err) : begin_unknown(r, s, &c, err);
    if (rc)
        return rc;
    r->file = index;
    if (!r->second_pass) {
        /* Every cell costs at least the byte that ends it, so that a small
         * file never asks for much memory. */
        size_t most = (size_t)(c.end - c.p) + 1, lines = (size_t)count_lines(c.p, c.end), room;
        if (!lt_size_mul(lines, (size_t)r->columns, &room) || room > most)
            room = most + (size_t)r->columns;
        rc = lt_cells_reserve(r->cells, (size_t)(r->rows * r->columns) + room, err);
    }
    return rc ? rc : read_rows(r, &c, err);
}

/* Columns whose text came late are filled from the beginning. */
static int read_again(struct csv_reader *r, const struct lt_csv_source *sources, int count,
                      struct lt_error *err)
{
    int rc = LT_OK;
    r->second_pass = true;
    r->rows = 0;
    for (int64_t j = 0; j < r->columns; j++)
        if (r->state[j] == HOLDS_LATE_TEXT)
            r->cells->column[j].missing = 0;
    for (int i = 0; i < count && !rc; i++)
        rc = read_file(r, &sources[i], i, err);
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

int lt_csv_read(struct lt_table **out, const struct lt_csv_source *sources, int count,
                struct lt_error *err)
{
    *out = NULL;
    struct csv_reader r = {0};
    int rc = lt_numbers_create(&r.numbers, err);
    for (int i = 0; i < count && !rc; i++)
        rc = check_text(&sources[i], err);
    for (int i = 0; i < count && !rc; i++)
        rc = read_file(&r, &sources[i], i, err);
    if (!rc && r.rows == 0)
        rc = lt_fail(err, LT_ECONTENT, "%s: has a header but no rows; add rows below line 1",
                     sources[0].name);
    if (!rc && r.late)
        rc = read_again(&r, sources, count, err);
    if (rc)
        goto out;
    for (int64_t j = 0; j < r.columns; j++) {
        if (r.state[j] >= HOLDS_TEXT)
            r.cells->column[j].type = LT_TEXT;
        else if (r.state[j] != HOLDS_INTEGERS)
            r.cells->column[j].type = LT_F64;
    }
    if (!(rc = keep_names(r.cells, sources, count, err)))
        rc = lt_cells_finish(out, &r.cells, r.rows, err);
out:
    lt_cells_free(&r.cells);
    lt_numbers_free(&r.numbers);
    lt_free(r.state);
    lt_free(r.scratch);
    return rc;
}
