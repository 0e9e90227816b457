#include "base/mem.h"
#include "prep/inspect.h"

static int alloc_scaling(struct lt_prep *p, struct lt_error *err)
{
    size_t f = (size_t)p->features;
    int rc = lt_alloc(&p->offset, f, sizeof *p->offset, "scaling", err);
    if (!rc)
        rc = lt_alloc(&p->scale, f, sizeof *p->scale, "scaling", err);
    for (size_t j = 0; j < f && !rc; j++)
        p->scale[j] = 1;
    for (int64_t j = 0; j < p->schema.columns; j++)
        p->column[j].scaling = LT_SCALING_NONE;
    return rc;
}

static int start(struct lt_prep *p, const struct lt_table *table, struct lt_error *err)
{
    *p = (struct lt_prep){0};
    int rc = lt_schema_of(&p->schema, table, err);
    if (!rc)
        rc = lt_alloc(&p->column, (size_t)p->schema.columns, sizeof *p->column, "columns", err);
    return rc;
}

/* Columns of an array that hold nothing are refused, for no value of theirs is known. */
static int check_empty(const struct lt_prep *p, const struct lt_facts_of_rows *f,
                       struct lt_error *err)
{
    char buf[256];
    for (int64_t j = 0; j < f->columns; j++) {
        if (f->column[j].seen > 0 || p->column[j].width == 0)
            continue;
        const char *name = lt_table_column_name(f->table, j, buf, sizeof buf);
        return lt_fail(err, LT_ECONTENT,
                       "%s: column \"%s\" has no values at all; leave it out with --ignore \"%s\"",
                       lt_table_name(f->table), name, name);
    }
    return LT_OK;
}

int lt_prep_fit(struct lt_prep *out, const struct lt_table *table, const int64_t *rows, int64_t n,
                const struct lt_prep_options *options, struct lt_error *err)
{
    struct lt_facts_of_rows facts = {0};
    int rc = start(out, table, err);
    if (!rc)
        rc = lt_facts_look(&facts, table, rows, n, err);
    if (!rc)
        rc = lt_kinds_find(out, &facts, options->types, err);
    if (!rc)
        rc = lt_prep_layout(out, err);
    if (!rc)
        rc = check_empty(out, &facts, err);
    if (!rc)
        rc = lt_prep_check_types(out, table, err);
    if (!rc)
        rc = alloc_scaling(out, err);
    if (!rc)
        rc = lt_scaling_fit(out, &facts, options->scaling, err);
    if (rc)
        lt_prep_free(out);
    lt_facts_free(&facts);
    return rc;
}

int lt_prep_identity(struct lt_prep *out, const struct lt_table *table, struct lt_error *err)
{
    int rc = start(out, table, err);
    if (!rc) /* every column is a number (kind 0), whatever its name */
        rc = lt_prep_layout(out, err);
    if (!rc)
        rc = lt_prep_check_types(out, table, err);
    if (!rc)
        rc = alloc_scaling(out, err);
    out->observes = false;
    if (rc)
        lt_prep_free(out);
    return rc;
}
