/* CSV and TSV out.  Names stand in a header where there are names. */
#include "data/writer_ops.h"

#include "base/mem.h"
#include "data/number.h"
#include <math.h>
#include <string.h>

static char delimiter_of(const struct lt_writer *w)
{
    return w->ops == &lt_tsv_writer ? '\t' : ',';
}

static int write_name(struct lt_writer *w, const char *name, struct lt_error *err)
{
    bool quote =
        !*name || strpbrk(name, "\"\r\n,;\t|") || name[0] == ' ' || name[strlen(name) - 1] == ' ';
    if (!quote)
        return lt_sink_write(w->sink, name, strlen(name), err);
    int rc = lt_sink_write(w->sink, "\"", 1, err);
    for (; *name && !rc; name++)
        rc = lt_sink_write(w->sink, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1, err);
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
            rc = write_name(w, w->names[j], err);
    }
    return rc ? rc : lt_sink_write(w->sink, "\n", 1, err);
}

static int format(char *to, enum lt_type type, double value)
{
    if (type == LT_F32)
        return lt_number_format_f32(to, (float)value);
    if (type == LT_F64)
        return lt_number_format_f64(to, value);
    double whole = lt_writer_fit(type, value);
    return whole < 0.0 ? lt_number_format_i64(to, (int64_t)whole)
                       : lt_number_format_u64(to, (uint64_t)whole);
}

static int write_rows(struct lt_writer *w, const struct lt_out_rows *rows, int64_t n,
                      struct lt_error *err)
{
    char delimiter = delimiter_of(w);
    int rc = LT_OK;
    for (int64_t i = 0; i < n && !rc; i++) {
        char *to = w->buffer;
        for (int64_t j = 0; j < w->columns; j++) {
            double value = lt_out_value(rows, i * w->columns + j);
            if (isnan(value) && w->types[j] != LT_F32 && w->types[j] != LT_F64)
                return lt_writer_fail_nan(w, i, j, err);
            to += format(to, w->types[j], value);
            *to++ = delimiter;
        }
        to[-1] = '\n';
        rc = lt_sink_write(w->sink, w->buffer, (size_t)(to - w->buffer), err);
    }
    return rc;
}

const struct lt_writer_ops lt_csv_writer = {".csv", true, begin, write_rows, NULL};
const struct lt_writer_ops lt_tsv_writer = {".tsv", true, begin, write_rows, NULL};
