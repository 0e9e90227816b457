#include "data/csv_copy.h"

#include "data/csv.h"
#include "data/csv_scan.h"
#include "data/number.h"
#include <string.h>

/* A copy on its way. */
struct copy {
    const struct lt_csv_copier *copier;
    struct lt_sink *sink;
    struct lt_csv_cursor c;
    const char *written; /* all of the text up to here has been written or replaced */
};

int lt_csv_put(struct lt_sink *sink, const char *text, struct lt_error *err)
{
    size_t n = strlen(text);
    if (n > 0 && !strpbrk(text, "\"\r\n,;\t|") && text[0] != ' ' && text[n - 1] != ' ')
        return lt_sink_write(sink, text, n, err);
    int rc = lt_sink_write(sink, "\"", 1, err);
    for (; *text && !rc; text++)
        rc = lt_sink_write(sink, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1, err);
    return rc ? rc : lt_sink_write(sink, "\"", 1, err);
}

/* Writes what stands before `to` and was not written yet. */
static int write_up_to(struct copy *k, const char *to, struct lt_error *err)
{
    size_t n = (size_t)(to - k->written);
    k->written = to;
    return n > 0 ? lt_sink_write(k->sink, to - n, n, err) : LT_OK;
}

/* Steps over one field, and replaces it when it is missing and something is known. */
static int copy_field(struct copy *k, int64_t row, int64_t column, bool *last, struct lt_error *err)
{
    const char *start = k->c.p, *text = NULL;
    struct lt_csv_field field;
    int rc = lt_csv_next(&k->c, &field, err);
    if (rc)
        return rc;
    *last = field.last;
    const char *begin = field.begin, *end = field.end;
    lt_csv_trim(&begin, &end);
    if (!lt_csv_missing(begin, end))
        return LT_OK;
    rc = k->copier->fill(k->copier->context, row, column, &text, err);
    if (rc || !text)
        return rc;
    if ((rc = write_up_to(k, start, err)) || (rc = lt_csv_put(k->sink, text, err)))
        return rc;
    k->written = field.end + field.quoted; /* the quote that closes it */
    return LT_OK;
}

static int copy_rows(struct copy *k, int64_t columns, struct lt_error *err)
{
    int rc = LT_OK;
    for (int64_t row = 0; k->c.p < k->c.end && !rc; row++) {
        if (columns > 1 && lt_csv_skip_blank(&k->c)) {
            row--;
            continue;
        }
        bool last = false;
        for (int64_t j = 0; !last && !rc; j++)
            rc = copy_field(k, row, j, &last, err);
    }
    return rc;
}

int lt_csv_copy(const char *name, const char *text, size_t size, const struct lt_csv_copier *copier,
                struct lt_sink *sink, struct lt_error *err)
{
    struct lt_csv_source source = {name, text, size, NULL};
    struct copy k = {.copier = copier, .sink = sink, .written = text};
    struct lt_numbers *numbers = NULL;
    bool header = false;
    int64_t columns = 0;
    int rc = lt_numbers_create(&numbers, err);
    if (!rc)
        rc = lt_csv_begin(&source, numbers, &header, &k.c, err);
    if (!rc) {
        columns = lt_csv_count(k.c);
        if (columns == 1)
            lt_csv_drop_blank_end(&k.c);
    }
    struct lt_csv_field field = {.last = !header};
    while (!rc && !field.last)
        rc = lt_csv_next(&k.c, &field, err);
    if (!rc)
        rc = copy_rows(&k, columns, err);
    if (!rc)
        rc = write_up_to(&k, text + size, err);
    lt_numbers_free(&numbers);
    return rc;
}
