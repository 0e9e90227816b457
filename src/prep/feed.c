#include "base/fmath.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "data/csv_scan.h"
#include "data/number.h"
#include "prep/convert.h"
#include "prep/inspect.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows are read in chunks of CHUNK by as many threads as there are, each with a block of its own.
 * Which thread reads a chunk changes nothing; of several bad cells the first is told.
 *
 * What a text means is looked up once for every text of the table: its level, time or number. */

enum { CHUNK = 32 };

/* What the cells of one column mean, beyond numbers. */
struct meaning {
    int32_t *level; /* category of text: (dictionary) its level */
    double *value;  /* time, or number that comes as text: (dictionary) seconds, or the number;
                       infinite: neither */
    int32_t *order; /* category: (levels) numbers of levels, sorted by text */
    double *number; /* category: (levels) the number that a level spells; NaN: none */
};

struct lt_feed {
    const struct lt_table *table;
    const struct lt_prep *prep;
    int threads;
    int64_t columns;          /* D */
    bool *plain;              /* (groups): affine numbers whose features stand side by side */
    struct meaning *meaning;  /* (D) */
    struct lt_block **blocks; /* (threads), CHUNK rows each */
    unsigned char *failed;    /* (chunks of the capacity) */
};

/* ---- meanings ---- */

static bool is_numeric(const struct lt_column *c)
{
    return c->kind == LT_KIND_NUMBER || c->kind == LT_KIND_INTEGER || c->kind == LT_KIND_BOOLEAN;
}

static int sort_levels(struct meaning *m, const struct lt_column *c, struct lt_error *err)
{
    int rc = lt_alloc(&m->order, (size_t)c->levels, sizeof *m->order, "a feed", err);
    for (int32_t k = 0; k < c->levels && !rc; k++) { /* insertion: at most LT_LEVELS_MAX of them */
        int32_t at = k;
        for (; at > 0 && strcmp(c->level[m->order[at - 1]], c->level[k]) > 0; at--)
            m->order[at] = m->order[at - 1];
        m->order[at] = k;
    }
    return rc;
}

/* The level of a text; `levels` for the others. */
static int32_t find_level(const struct lt_column *c, const struct meaning *m, const char *text)
{
    int32_t low = 0, high = c->levels;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        int sign = strcmp(c->level[m->order[middle]], text);
        if (sign == 0)
            return m->order[middle];
        if (sign < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return c->levels;
}

/* The level of a number: the one that is spelt as it is printed, else one of its value, for the
 * spelling 007 or 1.50 is lost where a column comes as numbers. */
static int32_t find_number(const struct lt_column *c, const struct meaning *m, const char *text,
                           double value)
{
    int32_t level = find_level(c, m, text);
    for (int32_t k = 0; k < c->levels && level == c->levels; k++)
        if (!(m->number[k] < value) && !(m->number[k] > value) && !isnan(m->number[k]))
            level = k;
    return level;
}

/* The number that a text spells, spaces around it aside; `otherwise` when it spells none. */
static double spelt(const struct lt_numbers *numbers, const char *text, double otherwise)
{
    const char *end = text + strlen(text);
    int64_t integer = 0;
    double real = 0;
    lt_csv_trim(&text, &end);
    switch (lt_number_parse(numbers, text, end, &integer, &real)) {
    case LT_NUMBER_INTEGER:
        return (double)integer;
    case LT_NUMBER_REAL:
        return real;
    default:
        return otherwise;
    }
}

static int find_levels(struct lt_feed *feed, int64_t j, const struct lt_numbers *numbers,
                       struct lt_error *err)
{
    struct meaning *m = &feed->meaning[j];
    const struct lt_column *c = &feed->prep->column[j];
    int32_t texts = lt_table_text_count(feed->table, j);
    int rc = sort_levels(m, c, err);
    if (!rc)
        rc = lt_alloc(&m->number, (size_t)c->levels, sizeof *m->number, "a feed", err);
    for (int32_t k = 0; k < c->levels && !rc; k++)
        m->number[k] = spelt(numbers, c->level[k], NAN);
    if (!rc)
        rc = lt_alloc(&m->level, (size_t)texts, sizeof *m->level, "a feed", err);
    for (int32_t k = 0; k < texts && !rc; k++)
        m->level[k] = find_level(c, m, lt_table_text(feed->table, j, k));
    return rc;
}

static int find_meaning(struct lt_feed *feed, int64_t j, const struct lt_numbers *numbers,
                        struct lt_error *err)
{
    struct meaning *m = &feed->meaning[j];
    const struct lt_column *c = &feed->prep->column[j];
    int32_t texts = lt_table_text_count(feed->table, j);
    if (c->kind == LT_KIND_CATEGORY)
        return find_levels(feed, j, numbers, err);
    if (texts == 0 || !(c->kind == LT_KIND_TIME || is_numeric(c)))
        return 0;
    int rc = lt_alloc(&m->value, (size_t)texts, sizeof *m->value, "a feed", err);
    for (int32_t k = 0; k < texts && !rc; k++) {
        const char *text = lt_table_text(feed->table, j, k);
        if (c->kind != LT_KIND_TIME)
            m->value[k] = spelt(numbers, text, INFINITY);
        else if (!lt_timestamp_parse(&c->format, text, &m->value[k]))
            m->value[k] = INFINITY;
    }
    return rc;
}

static int find_meanings(struct lt_feed *feed, struct lt_error *err)
{
    struct lt_numbers *numbers = NULL;
    int rc = lt_alloc(&feed->meaning, (size_t)feed->columns, sizeof *feed->meaning, "a feed", err);
    if (!rc)
        rc = lt_numbers_create(&numbers, err);
    for (int64_t j = 0; j < feed->columns && !rc; j++)
        rc = find_meaning(feed, j, numbers, err);
    lt_numbers_free(&numbers);
    return rc;
}

static void find_plain(struct lt_feed *feed)
{
    const struct lt_column *column = feed->prep->column;
    for (int i = 0; i < lt_table_groups(feed->table); i++) {
        const struct lt_group *g = lt_table_group(feed->table, i);
        feed->plain[i] = g->type != LT_TEXT;
        for (int64_t j = g->first; j < g->first + g->width; j++)
            feed->plain[i] &= is_numeric(&column[j]) && column[j].knots == 0 &&
                              column[j].first == column[g->first].first + j - g->first;
    }
}

int lt_feed_create(struct lt_feed **out, const struct lt_table *table, const struct lt_prep *prep,
                   int64_t capacity, int threads, struct lt_error *err)
{
    struct lt_feed *feed = NULL;
    int64_t columns = lt_table_columns(table);
    *out = NULL;
    if (columns != prep->schema.columns)
        return lt_fail(err, LT_ECONTENT,
                       "%s has %lld columns where the model was trained on %lld; give data of "
                       "the same shape",
                       lt_table_name(table), (long long)columns, (long long)prep->schema.columns);
    int rc = lt_alloc(&feed, 1, sizeof *feed, "a feed", err);
    if (rc)
        return rc;
    *feed = (struct lt_feed){.table = table, .prep = prep, .threads = threads, .columns = columns};
    rc = lt_alloc(&feed->failed, lt_chunks((size_t)capacity, CHUNK), 1, "a feed", err);
    if (!rc)
        rc = lt_alloc(&feed->plain, (size_t)lt_table_groups(table), 1, "a feed", err);
    if (!rc)
        rc = find_meanings(feed, err);
    if (!rc)
        find_plain(feed);
    if (!rc)
        rc = lt_alloc(&feed->blocks, (size_t)threads, sizeof(struct lt_block *), "a feed", err);
    for (int t = 0; t < threads && !rc; t++)
        rc = lt_block_create(&feed->blocks[t], table, CHUNK, err);
    if (rc)
        lt_feed_free(&feed);
    *out = feed;
    return rc;
}

/* ---- cells to features ---- */

/* One column of a chunk. */
struct cells {
    const struct lt_group *group;
    const struct lt_block_group *block;
    int64_t offset, n; /* the column within the group; rows */
    float *x;          /* row 0 of the features, (n, F) */
};

static bool present(const struct cells *c, int64_t r)
{
    return lt_block_valid(c->block, r * c->group->width + c->offset);
}

static int32_t code(const struct cells *c, int64_t r)
{
    return ((const int32_t *)c->block->values)[r * c->group->width + c->offset];
}

static double number(const struct cells *c, int64_t r)
{
    return lt_type_value(c->group->type, c->block->values, r * c->group->width + c->offset);
}

/* The number or time of a cell; NaN: missing; infinite: neither. */
static double value(const struct lt_feed *feed, int64_t j, const struct cells *c, int64_t r)
{
    if (!present(c, r))
        return NAN;
    if (c->group->type == LT_TEXT)
        return feed->meaning[j].value[code(c, r)];
    if (feed->prep->column[j].kind == LT_KIND_TIME && !isnan(number(c, r)))
        return INFINITY; /* times are text */
    return number(c, r);
}

/* Each returns the first row with a cell that cannot be taken, or -1. */

static int64_t put_numbers(const struct lt_feed *feed, int64_t j, const struct cells *c)
{
    const struct lt_prep *p = feed->prep;
    const struct lt_column *column = &p->column[j];
    for (int64_t r = 0; r < c->n; r++) {
        double v = value(feed, j, c, r);
        if (isinf(v) || (isnan(v) && !p->observes))
            return r;
        c->x[r * p->features + column->first] = (float)lt_prep_scale_value(p, column, v);
    }
    return -1;
}

static int64_t put_levels(const struct lt_feed *feed, int64_t j, const struct cells *c)
{
    const struct lt_prep *p = feed->prep;
    const struct lt_column *column = &p->column[j];
    const struct meaning *m = &feed->meaning[j];
    bool text = c->group->type == LT_TEXT;
    char buf[LT_LEVEL_TEXT];
    for (int64_t r = 0; r < c->n; r++) {
        float *x = c->x + r * p->features + column->first;
        bool here = present(c, r) && (text || !isnan(number(c, r)));
        for (int64_t k = 0; k < column->width; k++)
            x[k] = here ? 0 : NAN;
        if (!here)
            continue;
        int32_t level =
            text ? m->level[code(c, r)]
                 : find_number(column, m, lt_level_text(feed->table, j, number(c, r), buf),
                               number(c, r));
        x[level] = 1;
    }
    return -1;
}

/* Sine and cosine of 2 pi turns, turns >= 0. */
static void put_cycle(float *x, double turns)
{
    double quarter_back = turns + 0.75;
    x[0] = lt_cos2pif((float)(quarter_back - floor(quarter_back)));
    x[1] = lt_cos2pif((float)(turns - floor(turns)));
}

static void put_time(const struct lt_prep *p, const struct lt_column *column, double seconds,
                     float *x)
{
    struct lt_timestamp_parts parts;
    *x++ = (float)lt_prep_scale_value(p, column, seconds);
    lt_timestamp_parts(seconds, &parts);
    const double turns[] = {parts.hour / 24, (parts.weekday + parts.hour / 24) / 7,
                            parts.day_of_year / 366.0};
    for (int i = 0; i < 3; i++)
        if (column->parts & 1u << i) {
            put_cycle(x, turns[i]);
            x += 2;
        }
}

static int64_t put_times(const struct lt_feed *feed, int64_t j, const struct cells *c)
{
    const struct lt_prep *p = feed->prep;
    const struct lt_column *column = &p->column[j];
    for (int64_t r = 0; r < c->n; r++) {
        float *x = c->x + r * p->features + column->first;
        double seconds = value(feed, j, c, r);
        if (isinf(seconds))
            return r;
        if (isnan(seconds))
            for (int64_t k = 0; k < column->width; k++)
                x[k] = NAN;
        else
            put_time(p, column, seconds, x);
    }
    return -1;
}

static int64_t put_column(const struct lt_feed *feed, int64_t j, const struct cells *c)
{
    switch (feed->prep->column[j].kind) {
    case LT_KIND_CATEGORY:
        return put_levels(feed, j, c);
    case LT_KIND_TIME:
        return put_times(feed, j, c);
    case LT_KIND_IDENTIFIER:
    case LT_KIND_CONSTANT:
        return -1;
    default:
        return put_numbers(feed, j, c);
    }
}

/* ---- rows ---- */

struct reading {
    struct lt_feed *feed;
    const int64_t *rows;
    int64_t n;
    float *x;
};

static int read_plain(const struct lt_feed *feed, const struct cells *c, const int64_t *rows,
                      struct lt_error *err)
{
    const struct lt_prep *p = feed->prep;
    const struct lt_column *column = &p->column[c->group->first];
    int64_t first = column->first, width = c->group->width;
    int64_t bad = lt_convert_find_infinite(c->group, c->block, c->n);
    if (bad >= 0 && lt_block_valid(c->block, bad))
        return lt_prep_bad_cell(column[bad % width].kind, feed->table, rows[bad / width],
                                c->group->first + bad % width, err);
    lt_convert_scaled(c->group, c->block, c->n, p->offset + first, p->scale + first, c->x + first,
                      p->features);
    for (int64_t r = 0; r < c->n && !p->observes; r++)
        for (int64_t k = 0; k < width; k++)
            if (isnan(c->x[r * p->features + first + k]))
                return lt_prep_bad_cell(column[k].kind, feed->table, rows[r], c->group->first + k,
                                        err);
    return LT_OK;
}

static int read_group(const struct lt_feed *feed, int i, struct cells *c, const int64_t *rows,
                      struct lt_error *err)
{
    c->group = lt_table_group(feed->table, i);
    if (feed->plain[i])
        return read_plain(feed, c, rows, err);
    for (c->offset = 0; c->offset < c->group->width; c->offset++) {
        int64_t j = c->group->first + c->offset, bad = put_column(feed, j, c);
        if (bad >= 0)
            return lt_prep_bad_cell(feed->prep->column[j].kind, feed->table, rows[bad], j, err);
    }
    return LT_OK;
}

static int read_chunk(const struct reading *r, size_t chunk, int thread, struct lt_error *err)
{
    const struct lt_feed *feed = r->feed;
    struct lt_block *block = feed->blocks[thread];
    int64_t begin = (int64_t)lt_chunk_begin(chunk, CHUNK);
    int64_t n = (int64_t)lt_chunk_end(chunk, CHUNK, (size_t)r->n) - begin;
    const int64_t *rows = r->rows + begin;
    int rc = lt_table_fetch(feed->table, rows, n, block, err);
    for (int i = 0; i < block->groups && !rc; i++) {
        struct cells cells = {
            .block = &block->group[i], .n = n, .x = r->x + begin * feed->prep->features};
        rc = read_group(feed, i, &cells, rows, err);
    }
    return rc;
}

static void read_one(void *context, size_t chunk, int thread)
{
    const struct reading *r = context;
    r->feed->failed[chunk] = read_chunk(r, chunk, thread, NULL) != 0;
}

int lt_feed_rows(struct lt_feed *feed, const int64_t *rows, int64_t n, float *x,
                 struct lt_error *err)
{
    struct reading r = {feed, rows, n, x};
    size_t chunks = lt_chunks((size_t)n, CHUNK);
    lt_parallel(feed->threads, chunks, read_one, &r);
    for (size_t c = 0; c < chunks; c++)
        if (feed->failed[c])
            return read_chunk(&r, c, 0, err);
    return 0;
}

void lt_feed_free(struct lt_feed **feed)
{
    struct lt_feed *f = *feed;
    *feed = NULL;
    if (!f)
        return;
    for (int64_t j = 0; f->meaning && j < f->columns; j++) {
        lt_free(f->meaning[j].level);
        lt_free(f->meaning[j].value);
        lt_free(f->meaning[j].order);
        lt_free(f->meaning[j].number);
    }
    for (int t = 0; f->blocks && t < f->threads; t++)
        lt_block_free(&f->blocks[t]);
    lt_free(f->meaning);
    lt_free(f->plain);
    lt_free(f->blocks);
    lt_free(f->failed);
    lt_free(f);
}
