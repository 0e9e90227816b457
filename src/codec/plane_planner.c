/* The first pass: all rows are seen, then every column gets its mapping. */
#include "base/mem.h"
#include "codec/plane.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    DISTINCT_BUDGET = 1 << 26, /* bytes of all sets of distinct values together */
    DISTINCT_LEAST = 16        /* a set that may not hold more is not kept */
};

struct lt_planner {
    struct lt_planes source;      /* groups, format, header; rows so far */
    int64_t gathers;              /* columns, or 1 where they share */
    struct lt_gather *gather;     /* (gathers), of arrays */
    struct lt_text_gather *texts; /* (gathers), of text */
    struct lt_text_cell *cells;   /* (columns) of a line */
    struct lt_bound *bounds;      /* (columns) */
};

static int check_bound(const struct lt_bound *bound, struct lt_error *err)
{
    if (bound->kind == LT_BOUND_NONE || (bound->value > 0.0 && isfinite(bound->value)))
        return LT_OK;
    return lt_fail(err, LT_EUSAGE, "a bound must be a positive number");
}

static int keep_bounds(struct lt_planner *p, const struct lt_bound *bounds, struct lt_error *err)
{
    int64_t n = p->source.columns;
    int rc = lt_alloc(&p->bounds, (size_t)n, sizeof *p->bounds, "bounds", err);
    for (int64_t j = 0; !rc && bounds && j < n; j++)
        if (!(rc = check_bound(&bounds[j], err)))
            p->bounds[j] = bounds[j];
    return rc;
}

static bool same_bounds(const struct lt_planner *p)
{
    for (int64_t j = 1; j < p->source.columns; j++)
        if (p->bounds[j].kind != p->bounds[0].kind || p->bounds[j].value != p->bounds[0].value)
            return false;
    return true;
}

static int keep_groups(struct lt_planes *source, const struct lt_group *group, int groups,
                       struct lt_error *err)
{
    int rc = lt_alloc(&source->group, (size_t)groups, sizeof *group, "groups", err);
    for (int i = 0; !rc && i < groups; i++) {
        if (group[i].type == LT_TEXT)
            return lt_fail(err, LT_EUSAGE, "text in arrays cannot be mapped to integers");
        source->group[i] = group[i];
        source->group[i].first = source->columns;
        source->group[i].missing = false;
        source->columns += group[i].width;
        if (source->columns > LT_PLANES_COLUMNS)
            return lt_fail(err, LT_EUSAGE, "rows have more than %d columns", LT_PLANES_COLUMNS);
    }
    source->groups = groups;
    return rc;
}

static int begin_gathers(struct lt_planner *p, struct lt_error *err)
{
    struct lt_planes *source = &p->source;
    source->shared = lt_planes_may_share(source) && same_bounds(p);
    p->gathers = source->shared ? 1 : source->columns;
    int rc = lt_alloc(&p->gather, (size_t)p->gathers, sizeof *p->gather, "columns", err);
    /* Sets are half full at least: 16 bytes a value, 32 while they grow. */
    int64_t distinct = DISTINCT_BUDGET / 32 / p->gathers;
    distinct = distinct > LT_PLANES_DISTINCT ? LT_PLANES_DISTINCT : distinct;
    distinct = distinct < DISTINCT_LEAST ? 0 : distinct;
    for (int i = 0; !rc && i < source->groups; i++)
        for (int64_t c = 0; c < source->group[i].width; c++) {
            int64_t column = source->group[i].first + c;
            if (column < p->gathers)
                lt_gather_begin(&p->gather[column], source->group[i].type, &p->bounds[column],
                                (size_t)distinct);
        }
    return rc;
}

int lt_planner_array(struct lt_planner **out, const struct lt_group *group, int groups,
                     const struct lt_bound *bounds, struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, "planning", err);
    if (rc)
        return rc;
    if ((rc = keep_groups(&(*out)->source, group, groups, err)) ||
        (rc = keep_bounds(*out, bounds, err)) || (rc = begin_gathers(*out, err)))
        lt_planner_free(out);
    return rc;
}

int lt_planner_text(struct lt_planner **out, const struct lt_text_format *format,
                    const char *header, const struct lt_bound *bounds, struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, "planning", err);
    if (rc)
        return rc;
    struct lt_planner *p = *out;
    p->source.text = true;
    p->source.format = *format;
    p->source.columns = p->gathers = format->columns;
    size_t columns = (size_t)format->columns;
    if (!(rc = keep_bounds(p, bounds, err)) &&
        !(rc = lt_alloc(&p->source.header, format->header, 1, "the header", err)) &&
        !(rc = lt_text_gathers_create(&p->texts, format->columns, p->bounds, err)))
        rc = lt_alloc(&p->cells, columns, sizeof *p->cells, "columns", err);
    if (rc)
        lt_planner_free(out);
    else if (format->header)
        memcpy(p->source.header, header, format->header);
    return rc;
}

/* ---- gathering --------------------------------------------------------- */

static int add_column(struct lt_planner *p, struct lt_group *group,
                      const struct lt_block_group *block, int64_t c, int64_t rows,
                      struct lt_error *err)
{
    struct lt_gather *g = &p->gather[p->source.shared ? 0 : group->first + c];
    int rc = LT_OK;
    for (int64_t r = 0; !rc && r < rows; r++) {
        int64_t cell = r * group->width + c;
        if (lt_block_valid(block, cell)) {
            rc = lt_gather_cell(g, lt_raw_load(group->type, block->values, cell), err);
        } else {
            g->seen |= 1u << LT_CELL_MISSING;
            group->missing = true;
        }
    }
    return rc;
}

int lt_planner_add(struct lt_planner *p, const struct lt_block_group *group, int64_t rows,
                   struct lt_error *err)
{
    int rc = LT_OK;
    for (int i = 0; i < p->source.groups; i++)
        for (int64_t c = 0; !rc && c < p->source.group[i].width; c++)
            rc = add_column(p, &p->source.group[i], &group[i], c, rows, err);
    p->source.rows += rows;
    return rc;
}

static int add_line(struct lt_planner *p, const char *begin, const char *stop, bool ended,
                    struct lt_error *err)
{
    int rc = LT_OK;
    if (p->source.unended)
        return lt_fail(err, LT_EUSAGE, "lines follow one that has no end");
    p->source.unended = !ended;
    p->source.rows++;
    if (!lt_text_cut(&p->source.format, begin, stop, ended, p->cells)) {
        p->source.irregular = true;
        return LT_OK;
    }
    for (int64_t j = 0; !rc && j < p->source.columns; j++)
        rc = lt_text_gather_cell(lt_text_gather_of(p->texts, j), &p->cells[j], err);
    return rc;
}

int lt_planner_add_lines(struct lt_planner *p, const char *begin, const char *end,
                         struct lt_error *err)
{
    int rc = LT_OK;
    const char *stop = NULL;
    while (!rc && begin < end) {
        const char *line = begin;
        begin = lt_text_line(begin, end, &stop);
        rc = add_line(p, line, stop, stop < end, err);
    }
    return rc;
}

/* ---- finishing --------------------------------------------------------- */

static int copy_source(struct lt_planes *to, const struct lt_planner *p, struct lt_error *err)
{
    *to = p->source;
    to->group = NULL;
    to->header = NULL;
    to->mappings = p->gathers;
    size_t groups = (size_t)to->groups;
    int rc = lt_alloc(&to->group, groups, sizeof *to->group, "groups", err);
    if (rc || (rc = lt_alloc(&to->header, to->format.header, 1, "the header", err)))
        return rc;
    if (groups)
        memcpy(to->group, p->source.group, groups * sizeof *to->group);
    if (to->format.header)
        memcpy(to->header, p->source.header, to->format.header);
    return lt_alloc(&to->mapping, (size_t)to->mappings, sizeof *to->mapping, "mappings", err);
}

static int choose_text(const struct lt_planner *p, int64_t column, struct lt_mapping *out,
                       struct lt_error *err)
{
    char name[200], where[240];
    lt_text_name(&p->source.format, p->source.header, column, name, sizeof name);
    bool named = p->source.format.header > 0;
    snprintf(where, sizeof where, named ? "column \"%s\"" : "%s", name);
    return lt_text_gather_choose(lt_text_gather_of(p->texts, column), where, out, err);
}

int lt_planner_finish(const struct lt_planner *p, struct lt_planes **out, struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, "planes", err);
    if (rc)
        return rc;
    rc = copy_source(*out, p, err);
    for (int64_t j = 0; !rc && j < p->gathers; j++)
        rc = p->source.text ? choose_text(p, j, &(*out)->mapping[j], err)
                            : lt_gather_choose(&p->gather[j], &(*out)->mapping[j], err);
    if (rc || (rc = lt_planes_arrange(*out, err)))
        lt_planes_free(out);
    return rc;
}

void lt_planner_free(struct lt_planner **planner)
{
    struct lt_planner *p = *planner;
    if (!p)
        return;
    for (int64_t j = 0; p->gather && j < p->gathers; j++)
        lt_distinct_free(&p->gather[j].distinct);
    lt_text_gathers_free(&p->texts, p->gathers);
    lt_free(p->gather);
    lt_free(p->cells);
    lt_free(p->bounds);
    lt_free(p->source.group);
    lt_free(p->source.header);
    lt_free(p);
    *planner = NULL;
}
