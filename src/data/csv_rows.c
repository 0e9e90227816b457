#include "data/csv_rows.h"

#include "data/number.h"
#include <inttypes.h>

/* ---- cells ------------------------------------------------------------- */

static inline void store_integer(struct lt_csv_reader *r, int64_t column, int64_t value)
{
    if (r->state[column] == LT_CSV_REALS) {
        lt_cells_set_real(r->cells, r->rows, column, (double)value);
        return;
    }
    if (r->state[column] == LT_CSV_NOTHING)
        r->state[column] = LT_CSV_INTEGERS;
    lt_cells_set_integer(r->cells, r->rows, column, value);
}

static inline void store_real(struct lt_csv_reader *r, int64_t column, double value)
{
    if (r->state[column] != LT_CSV_REALS) {
        lt_cells_promote(r->cells, column, r->rows);
        r->state[column] = LT_CSV_REALS;
    }
    lt_cells_set_real(r->cells, r->rows, column, value);
}

static int store_missing(struct lt_csv_reader *r, int64_t column, struct lt_error *err)
{
    int64_t nothing = r->state[column] == LT_CSV_TEXT || r->second_pass ? -1 : 0;
    lt_cells_set_integer(r->cells, r->rows, column, nothing);
    return lt_cells_set_missing(r->cells, r->rows, column, err);
}

static int store_text(struct lt_csv_reader *r, const struct lt_csv_field *field, int64_t column,
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
static int begin_text(struct lt_csv_reader *r, const struct lt_csv_field *field, int64_t column,
                      struct lt_error *err)
{
    if (r->state[column] != LT_CSV_NOTHING) {
        r->state[column] = LT_CSV_LATE_TEXT;
        r->late = true;
        return LT_OK;
    }
    r->state[column] = LT_CSV_TEXT;
    for (int64_t i = 0; i < r->rows; i++)
        lt_cells_set_integer(r->cells, i, column, -1);
    return store_text(r, field, column, err);
}

static int store_field(struct lt_csv_reader *r, const struct lt_csv_field *field, int64_t column,
                       struct lt_error *err)
{
    const char *begin = field->begin, *end = field->end;
    int64_t integer = 0;
    double real = 0.0;
    if ((r->state[column] == LT_CSV_LATE_TEXT) != r->second_pass)
        return LT_OK; /* the other pass fills it */
    lt_csv_trim(&begin, &end);
    if (lt_csv_missing(begin, end))
        return store_missing(r, column, err);
    if (r->second_pass || r->state[column] == LT_CSV_TEXT)
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

int lt_csv_fail_ragged(const struct lt_csv_reader *r, const struct lt_csv_cursor *row,
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
static inline const char *fast_number(struct lt_csv_reader *r, const struct lt_csv_cursor *c,
                                      int64_t column)
{
    struct lt_decimal d;
    double real = 0.0;
    int64_t small = 0;
    if (r->state[column] >= LT_CSV_TEXT)
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

static int read_row(struct lt_csv_reader *r, struct lt_csv_cursor *c, struct lt_error *err)
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
            return lt_csv_fail_ragged(r, &row, err);
        if (!q && (rc = store_field(r, &field, j, err)))
            return rc;
    }
    return LT_OK;
}

int lt_csv_rows(struct lt_csv_reader *r, struct lt_csv_cursor *c, struct lt_error *err)
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
