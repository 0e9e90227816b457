/* CSV and TSV out.  Names stand in a header where there are names. */
#include "data/writer_ops.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "data/number.h"
#include <math.h>
#include <string.h>

static char delimiter_of(const struct lt_writer *w)
{
    return w->ops == &lt_tsv_writer ? '\t' : ',';
}

/* A text as a cell, quoted when a reader would take it for something else. */
static int write_text(struct lt_writer *w, const char *text, struct lt_error *err)
{
    bool quote =
        !*text || strpbrk(text, "\"\r\n,;\t|") || text[0] == ' ' || text[strlen(text) - 1] == ' ';
    if (!quote)
        return lt_sink_write(w->sink, text, strlen(text), err);
    int rc = lt_sink_write(w->sink, "\"", 1, err);
    for (; *text && !rc; text++)
        rc = lt_sink_write(w->sink, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1, err);
    return rc ? rc : lt_sink_write(w->sink, "\"", 1, err);
}

static int begin(struct lt_writer *w, struct lt_error *err)
{
    char delimiter = delimiter_of(w);
    int rc = lt_grow(&w->buffer, &w->room, (size_t)w->columns * LT_NUMBER_TEXT, 1, w->name, err);
    if (rc || !w->names)
        return rc;
    for (int64_t j = 0; j < w->columns && !rc; j++) {
        if (j)
            rc = lt_sink_write(w->sink, &delimiter, 1, err);
        if (!rc)
            rc = write_text(w, w->names[j], err);
    }
    return rc ? rc : lt_sink_write(w->sink, "\n", 1, err);
}

static int format(char *to, enum lt_type type, const struct lt_out_rows *rows, int64_t cell)
{
    const double value = lt_out_value(rows, cell);
    if (rows->type == LT_I64 && type == LT_I64) /* beyond 2^53 too */
        return lt_number_format_i64(to, ((const int64_t *)rows->values)[cell]);
    if (rows->type == LT_U64 && type == LT_U64)
        return lt_number_format_u64(to, ((const uint64_t *)rows->values)[cell]);
    if (type == LT_F32)
        return lt_number_format_f32(to, (float)value);
    if (type == LT_F64)
        return lt_number_format_f64(to, value);
    double whole = lt_writer_fit(type, value);
    return whole < 0.0 ? lt_number_format_i64(to, (int64_t)whole)
                       : lt_number_format_u64(to, (uint64_t)whole);
}

/* A cell of text; what is formatted already goes out first. */
static int write_text_cell(struct lt_writer *w, int64_t column, double value, char **to,
                           struct lt_error *err)
{
    char buf[LT_WRITER_TEXT];
    const char *text = w->text(w->text_context, column, value, buf, sizeof buf);
    int rc = lt_sink_write(w->sink, w->buffer, (size_t)(*to - w->buffer), err);
    *to = w->buffer;
    return rc || !text ? rc : write_text(w, text, err);
}

/* One after the other: texts go by the sink on their way. */
static int write_texts(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                       struct lt_error *err)
{
    char delimiter = delimiter_of(w);
    int rc = LT_OK;
    for (int64_t i = 0; i < n && !rc; i++) {
        char *to = w->buffer;
        for (int64_t j = 0; j < w->columns && !rc; j++) {
            double value = lt_out_value(rows, i * w->columns + j);
            if (w->types[j] == LT_TEXT)
                rc = write_text_cell(w, j, value, &to, err);
            else if (!isnan(value))
                to += format(to, w->types[j], rows, i * w->columns + j);
            *to++ = j + 1 < w->columns ? delimiter : '\n';
        }
        if (!rc)
            rc = lt_sink_write(w->sink, w->buffer, (size_t)(to - w->buffer), err);
    }
    return rc;
}

/* ---- numbers, on several threads --------------------------------------- */

/* Rows are put into text by the chunk, each in its own place of the buffer, and go out in order. */
enum { CHUNK_CELLS = 1024, CHUNKS = 64 };

struct numbers {
    const struct lt_writer *w;
    const struct lt_out_rows *rows;
    int64_t first, n; /* rows at work */
    size_t chunk;     /* rows of one */
    size_t used[CHUNKS];
};

static char *place_of(const struct numbers *t, size_t chunk)
{
    return t->w->buffer + chunk * t->chunk * (size_t)t->w->columns * LT_NUMBER_TEXT;
}

static void format_chunk(void *context, size_t chunk, int thread)
{
    struct numbers *t = context;
    const struct lt_writer *w = t->w;
    const char delimiter = delimiter_of(w);
    char *begin = place_of(t, chunk), *to = begin;
    (void)thread;
    for (size_t i = lt_chunk_begin(chunk, t->chunk);
         i < lt_chunk_end(chunk, t->chunk, (size_t)t->n); i++) {
        for (int64_t j = 0; j < w->columns; j++) {
            int64_t cell = (t->first + (int64_t)i) * w->columns + j;
            if (!isnan(lt_out_value(t->rows, cell)))
                to += format(to, w->types[j], t->rows, cell);
            *to++ = j + 1 < w->columns ? delimiter : '\n';
        }
    }
    t->used[chunk] = (size_t)(to - begin);
}

static int write_numbers(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                         struct lt_error *err)
{
    const int64_t chunk = w->columns < CHUNK_CELLS ? CHUNK_CELLS / w->columns : 1;
    const int64_t chunks = w->columns < CHUNK_CELLS ? CHUNKS : 1; /* a long row is enough at once */
    struct numbers t = {.w = w, .rows = rows, .chunk = (size_t)chunk};
    int rc = LT_OK;
    for (; t.first < n && !rc; t.first += t.n) {
        t.n = n - t.first < chunk * chunks ? n - t.first : chunk * chunks;
        rc = lt_grow(&w->buffer, &w->room, (size_t)(t.n * w->columns) * LT_NUMBER_TEXT, 1, w->name,
                     err);
        const size_t count = lt_chunks((size_t)t.n, t.chunk);
        if (!rc)
            lt_parallel(w->threads, count, format_chunk, &t);
        for (size_t i = 0; i < count && !rc; i++)
            rc = lt_sink_write(w->sink, place_of(&t, i), t.used[i], err);
    }
    return rc;
}

static int write_rows(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                      struct lt_error *err)
{
    for (int64_t j = 0; j < w->columns; j++)
        if (w->types[j] == LT_TEXT)
            return write_texts(w, rows, n, err);
    return write_numbers(w, rows, n, err);
}

const struct lt_writer_ops lt_csv_writer = {
    .ending = ".csv", .gz = true, .begin = begin, .rows = write_rows};
const struct lt_writer_ops lt_tsv_writer = {
    .ending = ".tsv", .gz = true, .begin = begin, .rows = write_rows};
