#include "model/schemajson.h"

#include "model/columnjson.h"

#include "base/mem.h"
#include "net/net.h"
#include <math.h>
#include <string.h>

static const char RESAMPLING[] = "area-linear"; /* the rule of data/resample.h */

/* ---- to JSON ---- */

static bool same_group(const struct lt_schema_group *a, const struct lt_schema_group *b)
{
    return a->type == b->type && a->width == b->width && a->rank == b->rank &&
           memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) == 0;
}

static int write_group(struct lt_json *groups, const struct lt_schema_group *g, int64_t count,
                       struct lt_error *err)
{
    struct lt_json *json = NULL, *shape = NULL;
    int rc = lt_json_object(&json, err);
    if (!rc)
        rc = lt_json_array(&shape, err);
    for (int i = 0; i < g->rank && !rc; i++)
        rc = lt_json_append_integer(shape, g->shape[i], err);
    if (!rc)
        rc = lt_json_set_string(json, "type", lt_type_name(g->type), err);
    if (!rc)
        rc = lt_json_set(json, "shape", &shape, err);
    if (!rc)
        rc = lt_json_set_integer(json, "count", count, err);
    if (!rc)
        rc = lt_json_append(groups, &json, err);
    lt_json_free(&json);
    lt_json_free(&shape);
    return rc;
}

/* Equal groups that follow one another (the columns of a CSV file) are one entry with a count. */
static int write_groups(struct lt_json *json, const struct lt_schema *s, struct lt_error *err)
{
    struct lt_json *groups = NULL;
    int rc = lt_json_array(&groups, err);
    for (int i = 0, run; i < s->groups && !rc; i += run) {
        for (run = 1; i + run < s->groups; run++)
            if (!same_group(&s->group[i], &s->group[i + run]))
                break;
        rc = write_group(groups, &s->group[i], run, err);
    }
    if (!rc)
        return lt_json_set(json, "schema.groups", &groups, err);
    lt_json_free(&groups);
    return rc;
}

static int write_names(struct lt_json *json, const struct lt_schema *s, struct lt_error *err)
{
    struct lt_json *names = NULL;
    if (!s->names)
        return lt_json_set_null(json, "schema.names", err);
    int rc = lt_json_array(&names, err);
    for (int64_t j = 0; j < s->columns && !rc; j++)
        rc = lt_text_to_json(names, s->names[j], err);
    if (!rc)
        return lt_json_set(json, "schema.names", &names, err);
    lt_json_free(&names);
    return rc;
}

int lt_prep_to_json(struct lt_json *json, const struct lt_prep *prep, struct lt_error *err)
{
    int rc = lt_json_set_integer(json, "schema.columns", prep->schema.columns, err);
    if (!rc)
        rc = write_groups(json, &prep->schema, err);
    if (!rc)
        rc = write_names(json, &prep->schema, err);
    if (!rc && prep->schema.resampled)
        rc = lt_json_set_string(json, "schema.resize", RESAMPLING, err);
    if (!rc)
        rc = lt_json_set_string(json, "prep.scaling", lt_prep_scaling_name(prep), err);
    if (!rc)
        rc = lt_json_set_number(json, "prep.low", prep->low, err);
    if (!rc)
        rc = lt_json_set_number(json, "prep.high", prep->high, err);
    return rc ? rc : lt_columns_to_json(json, prep, err);
}

/* ---- from JSON ---- */

static int read_integer(const struct lt_json *json, const char *path, int64_t low, int64_t high,
                        int64_t *out, struct lt_error *err)
{
    int rc = lt_json_get_integer(json, path, out, err);
    if (!rc && (*out < low || *out > high))
        rc = lt_fail(err, LT_ECONTENT, "\"%s\" is %lld, outside of %lld to %lld", path,
                     (long long)*out, (long long)low, (long long)high);
    return rc;
}

static int read_group(const struct lt_json *json, int64_t columns, struct lt_schema_group *g,
                      int64_t *count, struct lt_error *err)
{
    const char *name = NULL;
    const struct lt_json *shape = NULL;
    int rc = lt_json_get_string(json, "type", &name, err);
    if (!rc)
        rc = lt_json_get_array(json, "shape", &shape, err);
    if (!rc)
        rc = read_integer(json, "count", 1, columns, count, err);
    if (rc)
        return rc;
    int type = lt_type_by_name(name);
    if (type < 0)
        return lt_fail(err, LT_ECONTENT, "\"type\" has the unknown value \"%.32s\"", name);
    size_t rank = lt_json_count(shape);
    if (rank < 1 || rank > sizeof g->shape / sizeof *g->shape)
        return lt_fail(err, LT_ECONTENT, "\"shape\" has %zu sizes", rank);
    *g = (struct lt_schema_group){.type = (enum lt_type)type, .width = 1, .rank = (int)rank};
    for (size_t i = 0; i < rank; i++) {
        if ((rc = read_integer(lt_json_at(shape, i), "", 1, columns, &g->shape[i], err)))
            return rc;
        g->width *= g->shape[i]; /* both factors are at most LT_WIDTH_MAX */
        if (g->width > columns)
            return lt_fail(err, LT_ECONTENT, "\"shape\" has more columns than the schema");
    }
    return LT_OK;
}

static int read_groups(struct lt_schema *s, const struct lt_json *json, struct lt_error *err)
{
    const struct lt_json *groups = NULL;
    size_t capacity = 0;
    int64_t covered = 0;
    int rc = lt_json_get_array(json, "schema.groups", &groups, err);
    for (size_t i = 0; !rc && i < lt_json_count(groups); i++) {
        struct lt_schema_group g;
        int64_t count = 0;
        if ((rc = read_group(lt_json_at(groups, i), s->columns, &g, &count, err)))
            break;
        if (count > (s->columns - covered) / g.width)
            return lt_fail(err, LT_ECONTENT, "\"schema.groups\" have more columns than the schema");
        covered += count * g.width;
        rc = lt_grow(&s->group, &capacity, (size_t)(s->groups + count), sizeof g, "a schema", err);
        for (int64_t k = 0; k < count && !rc; k++)
            s->group[s->groups++] = g;
    }
    if (!rc && covered != s->columns)
        rc = lt_fail(err, LT_ECONTENT, "\"schema.groups\" have %lld columns of %lld",
                     (long long)covered, (long long)s->columns);
    return rc;
}

static int read_names(struct lt_schema *s, const struct lt_json *json, struct lt_error *err)
{
    const struct lt_json *names = lt_json_get(json, "schema.names");
    if (names && lt_json_kind(names) == LT_JSON_NULL)
        return LT_OK;
    int rc = lt_json_get_array(json, "schema.names", &names, err);
    if (!rc && lt_json_count(names) != (size_t)s->columns)
        rc = lt_fail(err, LT_ECONTENT, "\"schema.names\" are %zu for %lld columns",
                     lt_json_count(names), (long long)s->columns);
    if (!rc)
        rc = lt_alloc(&s->names, (size_t)s->columns, sizeof *s->names, "column names", err);
    for (int64_t j = 0; j < s->columns && !rc; j++)
        rc = lt_text_from_json(&s->names[j], lt_json_at(names, (size_t)j), err);
    return rc;
}

static int read_resize(struct lt_schema *s, const struct lt_json *json, struct lt_error *err)
{
    const char *rule = NULL;
    int64_t h, w, c;
    if (!lt_json_get(json, "schema.resize"))
        return LT_OK;
    int rc = lt_json_get_string(json, "schema.resize", &rule, err);
    if (!rc && strcmp(rule, RESAMPLING) != 0)
        rc = lt_fail(err, LT_ECONTENT, "\"schema.resize\" has the unknown value \"%.32s\"", rule);
    if (!rc && !lt_schema_image(s, &h, &w, &c))
        rc = lt_fail(err, LT_ECONTENT, "\"schema.resize\" stands beside rows that are no images");
    s->resampled = !rc;
    return rc;
}

/* The scaling that the columns share; -1 when they differ. */
static int read_scaling(struct lt_prep *p, const struct lt_json *json, int *scaling,
                        struct lt_error *err)
{
    const char *name = NULL;
    int rc = lt_json_get_string(json, "prep.scaling", &name, err);
    if (!rc)
        rc = lt_json_get_number(json, "prep.low", &p->low, err);
    if (!rc)
        rc = lt_json_get_number(json, "prep.high", &p->high, err);
    if (rc)
        return rc;
    *scaling = lt_scaling_by_name(name);
    if ((*scaling < 0 && strcmp(name, "mixed") != 0) || *scaling == LT_SCALING_AUTO)
        return lt_fail(err, LT_ECONTENT, "\"prep.scaling\" has the unknown value \"%.32s\"", name);
    if (!isfinite(p->low) || !isfinite(p->high) || p->low > p->high)
        return lt_fail(err, LT_ECONTENT, "\"prep.low\" and \"prep.high\" are no range");
    return LT_OK;
}

int lt_prep_from_json(struct lt_prep *out, const struct lt_json *json, struct lt_error *err)
{
    int scaling = -1;
    memset(out, 0, sizeof *out);
    int rc = read_integer(json, "schema.columns", 1, LT_WIDTH_MAX, &out->schema.columns, err);
    if (!rc)
        rc = read_groups(&out->schema, json, err);
    if (!rc)
        rc = read_names(&out->schema, json, err);
    if (!rc)
        rc = read_resize(&out->schema, json, err);
    if (!rc)
        rc = read_scaling(out, json, &scaling, err);
    if (!rc)
        rc = lt_columns_from_json(out, json, scaling, err);
    if (!rc)
        rc = lt_prep_layout(out, err);
    if (rc)
        lt_prep_free(out);
    return rc;
}
