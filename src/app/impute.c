#include "app/impute.h"

#include "app/arrange.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/csv_copy.h"
#include "data/number.h"
#include "data/writer.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 512 }; /* bytes of a value as text, unless it is a level */

/* What is written, and where. */
struct job {
    struct lt_impute_work w;
    struct lt_bytes bytes;       /* DATA, where it is text */
    struct lt_sink *uncertainty; /* or NULL */
    char text[TEXT];
};

/* ---- rows ---- */

/* Makes the run that holds a row the one at hand. */
static int load(struct lt_impute_work *w, int64_t row, struct lt_error *err)
{
    if (row >= w->first && row < w->first + w->count)
        return LT_OK;
    int64_t left = lt_table_rows(w->table) - row;
    w->first = row;
    w->count = left < LT_IMPUTE_ROWS ? left : LT_IMPUTE_ROWS;
    for (int64_t i = 0; i < w->count; i++)
        w->ids[i] = row + i;
    int rc = lt_pace_tell(&w->pace, row, err);
    if (!rc)
        rc = lt_feed_rows(w->feed, w->ids, w->count, w->x, err);
    if (!rc)
        lt_imputer_expect(w->imputer, w->x, w->count, w->expected);
    return rc;
}

static const float *expected(const struct lt_impute_work *w, int64_t row, const struct lt_column *c)
{
    return w->expected + (row - w->first) * w->model->prep.features + c->first;
}

/* ---- values ---- */

/* A feature in the units of its column. */
static double unscaled(const struct lt_prep *p, const struct lt_column *c, double x)
{
    return x / p->scale[c->first] + p->offset[c->first];
}

/* To about a ten-thousandth of the column's spread: further digits say nothing. */
static double rounded(const struct lt_impute_work *w, const struct lt_column *c, double value)
{
    double spread =
        fabs(lt_imputer_facts(w->imputer)->spread[c->first] / w->model->prep.scale[c->first]);
    int digits = (int)fmax(-15, fmin(15, 4 - floor(log10(spread))));
    double unit = pow(10, abs(digits));
    double shown = digits >= 0 ? round(value * unit) / unit : round(value / unit) * unit;
    return isfinite(shown) ? shown : value;
}

static const char *number_text(const struct lt_impute_work *w, const struct lt_column *c,
                               double value, bool whole, char *buf)
{
    if (c->kind == LT_KIND_TIME)
        lt_timestamp_print(&c->format, value, buf, TEXT);
    else if (whole && fabs(value) < 0x1p62)
        lt_number_format_i64(buf, (int64_t)llround(value));
    else
        lt_number_format_f64(buf, rounded(w, c, value));
    return buf;
}

static bool is_whole(const struct lt_column *c)
{
    return c->kind == LT_KIND_INTEGER || c->kind == LT_KIND_BOOLEAN;
}

/* What is filled into a cell of column j of the model, as a number: the level of a category, the
 * seconds of a time; NaN: nothing. */
static double value_of(const struct lt_impute_work *w, int64_t row, int64_t j)
{
    const struct lt_prep *p = &w->model->prep;
    const struct lt_column *c = &p->column[j];
    if (c->kind == LT_KIND_IDENTIFIER)
        return NAN;
    if (c->kind == LT_KIND_CONSTANT)
        return c->value;
    const float *y = expected(w, row, c);
    if (c->kind == LT_KIND_CATEGORY)
        return lt_imputer_level(c, y, NULL);
    double v = unscaled(p, c, (double)*y);
    return c->kind == LT_KIND_BOOLEAN ? v > 0.5 : v;
}

/* The same as text; NULL: nothing. */
static const char *text_of(const struct lt_impute_work *w, int64_t row, int64_t j, char *buf)
{
    const struct lt_column *c = &w->model->prep.column[j];
    double value = value_of(w, row, j);
    if (isnan(value))
        return NULL;
    if (c->kind == LT_KIND_CATEGORY)
        return c->level[(int32_t)value];
    if (c->kind == LT_KIND_CONSTANT && c->levels > 0)
        return c->level[0];
    if (c->kind == LT_KIND_CONSTANT) {
        lt_number_format_f64(buf, value);
        return buf;
    }
    return number_text(w, c, value, is_whole(c), buf);
}

/* ---- uncertainty ---- */

static int put_head(struct lt_sink *sink, struct lt_error *err)
{
    static const char head[] = "row,column,value,low,high,probability\n";
    return lt_sink_write(sink, head, strlen(head), err);
}

static int put_field(struct lt_sink *sink, const char *text, char after, struct lt_error *err)
{
    int rc = text ? lt_csv_put(sink, text, err) : LT_OK;
    return rc ? rc : lt_sink_write(sink, &after, 1, err);
}

/* The 90 % interval of a number and the probability of a level; empty where there is none. */
static int put_uncertainty(struct job *job, int64_t row, int64_t column, int64_t j,
                           const char *value, struct lt_error *err)
{
    const struct lt_impute_work *w = &job->w;
    const struct lt_prep *p = &w->model->prep;
    const struct lt_column *c = &p->column[j];
    char name[256], number[LT_NUMBER_TEXT], low[TEXT] = "", high[TEXT] = "", share[TEXT] = "";
    double probability = NAN, radius = lt_imputer_facts(w->imputer)->radius[j];
    if (!job->uncertainty)
        return LT_OK;
    if (c->kind == LT_KIND_CATEGORY) {
        lt_imputer_level(c, expected(w, row, c), &probability);
    } else if (c->kind == LT_KIND_BOOLEAN) {
        double v = fmin(1, fmax(0, unscaled(p, c, (double)*expected(w, row, c))));
        probability = v > 0.5 ? v : 1 - v;
    } else if (c->width > 0 && isfinite(radius)) {
        double x = (double)*expected(w, row, c), a = unscaled(p, c, x - radius);
        double b = unscaled(p, c, x + radius);
        number_text(w, c, fmin(a, b), false, low);
        number_text(w, c, fmax(a, b), false, high);
    }
    if (isfinite(probability))
        snprintf(share, sizeof share, "%.4f", probability);
    lt_number_format_i64(number, row);
    int rc = put_field(job->uncertainty, number, ',', err);
    if (!rc)
        rc = put_field(job->uncertainty, lt_table_column_name(w->table, column, name, sizeof name),
                       ',', err);
    if (!rc)
        rc = put_field(job->uncertainty, value, ',', err);
    if (!rc)
        rc = put_field(job->uncertainty, *low ? low : NULL, ',', err);
    if (!rc)
        rc = put_field(job->uncertainty, *high ? high : NULL, ',', err);
    return rc ? rc : put_field(job->uncertainty, *share ? share : NULL, '\n', err);
}

/* ---- text in, text out ---- */

static int fill_field(void *context, int64_t row, int64_t column, const char **text,
                      struct lt_error *err)
{
    struct job *job = context;
    struct lt_impute_work *w = &job->w;
    int64_t j = w->column[column];
    *text = NULL;
    int rc = load(w, row, err);
    if (!rc && j >= 0)
        *text = text_of(w, row, j, job->text);
    if (rc || !*text) {
        w->left[column]++;
        return rc;
    }
    w->cells++;
    w->filled[column]++;
    return put_uncertainty(job, row, column, j, *text, err);
}

static int write_text(struct job *job, struct lt_error *err)
{
    const char *path = job->w.options->path;
    struct lt_csv_copier copier = {job, fill_field};
    struct lt_sink *sink = NULL;
    bool gzip = false;
    if (!lt_writer_is_text(path, &gzip))
        return lt_fail(err, LT_EUSAGE,
                       "%s: the data are text and come out as text; name a .csv or .tsv file",
                       path);
    int rc = lt_sink_open(&sink, path ? path : "-", gzip, err);
    if (!rc)
        rc = lt_csv_copy(lt_table_name(job->w.table), (const char *)job->bytes.data,
                         job->bytes.size, &copier, sink, err);
    if (!rc)
        rc = lt_sink_commit(&sink, err);
    lt_sink_abort(&sink);
    return rc;
}

/* ---- arrays in, arrays or text out ---- */

/* One cell of an array; missing ones are filled. */
static int array_value(struct job *job, const struct lt_block *block, int64_t row, int64_t column,
                       double *value, struct lt_error *err)
{
    struct lt_impute_work *w = &job->w;
    int64_t offset = 0, j = w->column[column];
    int g = lt_table_group_of(w->table, column, &offset);
    const struct lt_group *group = lt_table_group(w->table, g);
    int64_t at = (row - w->first) * group->width + offset;
    const struct lt_block_group *cells = &block->group[g];
    *value = lt_block_valid(cells, at) ? lt_type_value(group->type, cells->values, at) : NAN;
    bool wide = group->type == LT_I64 || group->type == LT_U64;
    if (wide && fabs(*value) >= 0x1p53)
        return lt_fail(err, LT_ECONTENT,
                       "%s holds whole numbers beyond 2^53, which cannot be copied exactly",
                       lt_table_name(w->table));
    if (!isnan(*value))
        return LT_OK;
    bool text = j >= 0 && w->model->prep.column[j].kind == LT_KIND_CONSTANT &&
                w->model->prep.column[j].levels > 0;
    *value = j >= 0 && !text ? value_of(w, row, j) : NAN;
    if (isnan(*value)) {
        w->left[column]++;
        return LT_OK;
    }
    const struct lt_column *c = &w->model->prep.column[j];
    if (c->kind == LT_KIND_CATEGORY)
        *value = strtod(c->level[(int32_t)*value], NULL);
    if (is_whole(c))
        *value = round(*value);
    w->cells++;
    w->filled[column]++;
    lt_number_format_f64(job->text, *value);
    return put_uncertainty(job, row, column, j, job->text, err);
}

static int write_rows(struct job *job, struct lt_writer *writer, struct lt_error *err)
{
    struct lt_impute_work *w = &job->w;
    int64_t rows = lt_table_rows(w->table), d = lt_table_columns(w->table);
    struct lt_block *block = NULL;
    double *values = NULL;
    int rc = lt_block_create(&block, w->table, LT_IMPUTE_ROWS, err);
    if (!rc)
        rc = lt_alloc(&values, LT_IMPUTE_ROWS * (size_t)d, sizeof *values, "rows", err);
    for (int64_t first = 0; first < rows && !rc; first += w->count) {
        rc = load(w, first, err);
        if (!rc)
            rc = lt_table_range(w->table, first, w->count, block, err);
        for (int64_t i = 0; i < w->count && !rc; i++)
            for (int64_t k = 0; k < d && !rc; k++)
                rc = array_value(job, block, first + i, k, &values[i * d + k], err);
        if (!rc)
            rc = lt_writer_rows(writer, values, w->count, err);
    }
    lt_block_free(&block);
    lt_free(values);
    return rc;
}

static int write_array(struct job *job, struct lt_error *err)
{
    struct lt_impute_work *w = &job->w;
    struct lt_schema s = {0};
    struct lt_writer *writer = NULL;
    enum lt_type *types = NULL;
    int rc = lt_schema_of(&s, w->table, err);
    if (!rc)
        rc = lt_alloc(&types, (size_t)s.columns, sizeof *types, "columns", err);
    for (int64_t k = 0; k < s.columns && !rc; k++)
        types[k] = lt_table_group(w->table, lt_table_group_of(w->table, k, NULL))->type;
    if (!rc) {
        struct lt_writer_schema schema = {.rows = lt_table_rows(w->table),
                                          .columns = s.columns,
                                          .types = types,
                                          .names = (const char *const *)s.names,
                                          .shape_rank = s.groups == 1 ? s.group[0].rank : 1};
        memcpy(schema.shape, s.group[0].shape, sizeof schema.shape);
        rc = lt_writer_create(&writer, w->options->path, &schema, err);
    }
    if (!rc)
        rc = write_rows(job, writer, err);
    if (!rc)
        rc = lt_writer_commit(&writer, err);
    lt_writer_abort(&writer);
    lt_schema_free(&s);
    lt_free(types);
    return rc;
}

/* ---- opening ---- */

static int open_table(struct job *job, struct lt_error *err)
{
    const char *name = job->w.options->data;
    int rc = lt_table_text_bytes(&job->bytes, name, err);
    if (!rc && job->bytes.data)
        rc = lt_table_from_bytes(&job->w.table, strcmp(name, "-") == 0 ? "standard input" : name,
                                 job->bytes.data, job->bytes.size, NULL, err);
    else if (!rc)
        rc = lt_table_open(&job->w.table, &name, 1, NULL, err);
    return rc;
}

/* Which of the model's columns each column of the table is. */
static int map_columns(struct lt_impute_work *w, struct lt_error *err)
{
    const struct lt_schema *schema = &w->model->prep.schema;
    int64_t d = lt_table_columns(w->table);
    bool named = schema->names && lt_table_has_names(w->table);
    int rc = lt_alloc(&w->column, (size_t)d, sizeof *w->column, "columns", err);
    for (int64_t k = 0; k < d && !rc; k++)
        w->column[k] = named ? -1 : k;
    for (int64_t j = 0; named && j < schema->columns && !rc; j++)
        w->column[lt_table_find(w->table, schema->names[j])] = j; /* the view has found them all */
    return rc;
}

static int open_work(struct lt_impute_work *w, struct lt_error *err)
{
    const struct lt_prep *p = &w->model->prep;
    size_t values = LT_IMPUTE_ROWS * (size_t)p->features;
    size_t d = (size_t)lt_table_columns(w->table);
    int rc = lt_arrange(w->model, w->table, w->options->listener, &w->view, err);
    if (!rc)
        rc = map_columns(w, err);
    if (!rc)
        rc = lt_feed_create(&w->feed, w->view, p, LT_IMPUTE_ROWS, w->backend->threads, err);
    if (!rc)
        rc = lt_imputer_create(&w->imputer, w->model, w->backend, LT_IMPUTE_ROWS, err);
    if (!rc)
        rc = lt_alloc(&w->x, values, sizeof *w->x, "rows", err);
    if (!rc)
        rc = lt_alloc(&w->expected, values, sizeof *w->expected, "rows", err);
    if (!rc)
        rc = lt_alloc(&w->ids, LT_IMPUTE_ROWS, sizeof *w->ids, "rows", err);
    if (!rc)
        rc = lt_alloc(&w->filled, d, sizeof *w->filled, "columns", err);
    return rc ? rc : lt_alloc(&w->left, d, sizeof *w->left, "columns", err);
}

static void close_job(struct job *job)
{
    struct lt_impute_work *w = &job->w;
    lt_sink_abort(&job->uncertainty);
    lt_imputer_free(&w->imputer);
    lt_feed_free(&w->feed);
    lt_table_free(&w->view);
    lt_table_free(&w->table);
    lt_bytes_free(&job->bytes);
    lt_free(w->column);
    lt_free(w->x);
    lt_free(w->expected);
    lt_free(w->ids);
    lt_free(w->filled);
    lt_free(w->left);
    lt_backend_free(&w->backend);
}

/* ---- telling ---- */

/* "12 cells in 2 columns stay missing: \"id\" (identifier), \"more\" (not in the model)" */
static void tell_left(const struct lt_impute_work *w, struct lt_report *report)
{
    enum { NAMED = 6 };
    char text[900] = "", name[256];
    int64_t cells = 0, columns = 0;
    size_t used = 0;
    for (int64_t k = 0; k < lt_table_columns(w->table); k++) {
        if (w->left[k] == 0)
            continue;
        cells += w->left[k];
        if (++columns > NAMED)
            continue;
        int64_t j = w->column[k];
        used += (size_t)snprintf(
            text + used, sizeof text - used, "%s\"%.80s\" (%s)", used ? ", " : "",
            lt_table_column_name(w->table, k, name, sizeof name),
            j < 0 ? "not in the model" : lt_kind_name(w->model->prep.column[j].kind));
    }
    lt_report_integer(report, "left.cells", cells);
    lt_report_integer(report, "left.columns", columns);
    if (cells > 0)
        lt_report_warn(report, "left_missing", "%lld cell%s of %lld column%s left missing: %s%s",
                       (long long)cells, cells == 1 ? "" : "s", (long long)columns,
                       columns == 1 ? "" : "s", text, columns > NAMED ? ", ..." : "");
}

static void tell_filled(const struct lt_impute_work *w, struct lt_report *report)
{
    int64_t columns = 0, left = 0;
    for (int64_t k = 0; k < lt_table_columns(w->table); k++) {
        columns += w->filled[k] > 0;
        left += w->left[k];
    }
    lt_report_integer(report, "rows", lt_table_rows(w->table));
    lt_report_integer(report, "columns", lt_table_columns(w->table));
    lt_report_integer(report, "filled.cells", w->cells);
    lt_report_integer(report, "filled.columns", columns);
    if (w->cells > 0)
        lt_report_line(report,
                       "filled %lld cell%s in %lld column%s of %lld rows; all others are as "
                       "they were",
                       (long long)w->cells, w->cells == 1 ? "" : "s", (long long)columns,
                       columns == 1 ? "" : "s", (long long)lt_table_rows(w->table));
    else if (left == 0)
        lt_report_line(report, "no cell is missing; the data are copied as they are");
    else
        lt_report_line(report, "no missing cell could be filled; the data are copied as they are");
    tell_left(w, report);
    if (w->options->path)
        lt_report_string(report, "file", w->options->path);
    if (w->options->uncertainty)
        lt_report_string(report, "uncertainty_file", w->options->uncertainty);
}

/* What can be refused before data is read. */
static int check(const struct lt_impute_work *w, bool *gzip, struct lt_error *err)
{
    const struct lt_impute_options *o = w->options;
    int rc = lt_writer_check(o->path, err);
    if (!rc && o->uncertainty)
        rc = lt_writer_check(o->uncertainty, err);
    if (!rc && o->uncertainty && !lt_writer_is_text(o->uncertainty, gzip))
        rc = lt_fail(err, LT_EUSAGE, "--uncertainty %s: what is written is text; name a .csv file",
                     o->uncertainty);
    return rc || lt_imputer_in(w->model) ? rc : lt_imputer_refuse(err);
}

static int run(struct job *job, struct lt_report *report, struct lt_error *err)
{
    const struct lt_impute_options *o = job->w.options;
    bool gzip = false;
    int rc = check(&job->w, &gzip, err);
    if (!rc)
        rc = lt_backend_create(&job->w.backend, o->backend, o->threads, err);
    if (!rc)
        rc = open_table(job, err);
    if (!rc)
        rc = open_work(&job->w, err);
    if (!rc && o->uncertainty)
        rc = lt_sink_open(&job->uncertainty, o->uncertainty, gzip, err);
    if (!rc && job->uncertainty)
        rc = put_head(job->uncertainty, err);
    if (!rc)
        rc = lt_impute_judge(&job->w, report, err);
    job->w.pace = lt_pace_start(o->listener, "writing", rc ? 0 : lt_table_rows(job->w.table));
    if (!rc)
        rc = job->bytes.data ? write_text(job, err) : write_array(job, err);
    if (!rc && job->uncertainty)
        rc = lt_sink_commit(&job->uncertainty, err);
    if (!rc)
        tell_filled(&job->w, report);
    return rc;
}

int lt_impute(const struct lt_model *model, const struct lt_impute_options *options,
              struct lt_report **report, struct lt_error *err)
{
    struct job job = {.w = {.model = model, .options = options}};
    struct lt_report *told = NULL;
    double started = lt_clock();
    int rc = lt_report_create(&told, err);
    if (!rc)
        rc = run(&job, told, err);
    if (!rc) {
        lt_report_number(told, "seconds", lt_clock() - started);
        rc = lt_report_seal(told, err);
    }
    if (rc || !report)
        lt_report_free(&told);
    if (report)
        *report = told;
    close_job(&job);
    return rc;
}
