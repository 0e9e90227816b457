#include "model/netjson.h"

#include <math.h>
#include <string.h>

/* What a node of a kind has besides name, kind and inputs: one row per attribute. */
enum form {
    FORM_INTEGER, /* int64_t */
    FORM_SIZE,    /* the same; absent where 0 */
    FORM_FLOAT,   /* float */
    FORM_LEVEL,   /* the same; absent where 0 */
    FORM_NAME,    /* an enum, by the names of `names` */
    FORM_NODE,    /* int: an earlier node by name; absent where 0 */
};

static const char *act_name(int v)
{
    return lt_act_name((enum lt_act)v);
}
static const char *noise_name(int v)
{
    return lt_noise_name((enum lt_noise)v);
}
static const char *loss_name(int v)
{
    return lt_loss_name((enum lt_loss)v);
}

static const char *sparsity_name(int v)
{
    return lt_sparsity_name((enum lt_sparsity)v);
}

static const char *pool_name(int v)
{
    return lt_pool_name((enum lt_pool)v);
}
static const char *upsample_name(int v)
{
    return lt_upsample_name((enum lt_upsample)v);
}
static const char *norm_name(int v)
{
    return lt_norm_name((enum lt_norm)v);
}

struct names {
    const char *(*name)(int value);
    int (*by_name)(const char *name); /* -1: unknown */
};
static const struct names acts = {act_name, lt_act_by_name};
static const struct names noises = {noise_name, lt_noise_by_name};
static const struct names sparsities = {sparsity_name, lt_sparsity_by_name};
static const struct names losses = {loss_name, lt_loss_by_name};

static const struct names pools = {pool_name, lt_pool_by_name};
static const struct names upsamples = {upsample_name, lt_upsample_by_name};
static const struct names norms = {norm_name, lt_norm_by_name};

/* An enum is written and read as an int. */
_Static_assert(sizeof(enum lt_act) == sizeof(int) && sizeof(enum lt_noise) == sizeof(int) &&
                   sizeof(enum lt_loss) == sizeof(int) && sizeof(enum lt_sparsity) == sizeof(int) &&
                   sizeof(enum lt_pool) == sizeof(int) && sizeof(enum lt_upsample) == sizeof(int) &&
                   sizeof(enum lt_norm) == sizeof(int),
               "enums are ints");

static const struct attribute {
    enum lt_node_kind kind;
    const char *key;
    enum form form;
    size_t offset;
    const struct names *names;
} attributes[] = {
#define FIELD(member) offsetof(struct lt_node, member)
    {LT_NODE_NOISE, "noise", FORM_NAME, FIELD(noise), &noises},
    {LT_NODE_NOISE, "amount", FORM_FLOAT, FIELD(amount), NULL},
    {LT_NODE_NOISE, "most", FORM_LEVEL, FIELD(most), NULL},
    {LT_NODE_NOISE, "low", FORM_FLOAT, FIELD(low), NULL},
    {LT_NODE_NOISE, "high", FORM_FLOAT, FIELD(high), NULL},
    {LT_NODE_DENSE, "width", FORM_INTEGER, FIELD(width), NULL},
    {LT_NODE_DENSE, "act", FORM_NAME, FIELD(act), &acts},
    {LT_NODE_DENSE, "tied", FORM_NODE, FIELD(tied), NULL},
    {LT_NODE_DENSE, "shared", FORM_NODE, FIELD(shared), NULL},
    {LT_NODE_DENSE, "grid_h", FORM_SIZE, FIELD(grid_h), NULL},
    {LT_NODE_DENSE, "grid_w", FORM_SIZE, FIELD(grid_w), NULL},
    {LT_NODE_CONV, "width", FORM_INTEGER, FIELD(width), NULL},
    {LT_NODE_CONV, "act", FORM_NAME, FIELD(act), &acts},
    {LT_NODE_CONV, "kernel", FORM_INTEGER, FIELD(kernel), NULL},
    {LT_NODE_CONV, "stride", FORM_INTEGER, FIELD(stride), NULL},
    {LT_NODE_CONV, "shared", FORM_NODE, FIELD(shared), NULL},
    {LT_NODE_DECONV, "width", FORM_INTEGER, FIELD(width), NULL},
    {LT_NODE_DECONV, "act", FORM_NAME, FIELD(act), &acts},
    {LT_NODE_DECONV, "kernel", FORM_INTEGER, FIELD(kernel), NULL},
    {LT_NODE_DECONV, "stride", FORM_INTEGER, FIELD(stride), NULL},
    {LT_NODE_DECONV, "grid_h", FORM_INTEGER, FIELD(grid_h), NULL},
    {LT_NODE_DECONV, "grid_w", FORM_INTEGER, FIELD(grid_w), NULL},
    {LT_NODE_DECONV, "shared", FORM_NODE, FIELD(shared), NULL},
    {LT_NODE_DROPOUT, "amount", FORM_FLOAT, FIELD(amount), NULL},
    {LT_NODE_DROPOUT, "shared", FORM_NODE, FIELD(shared), NULL},
    {LT_NODE_CONTRACT, "weight", FORM_FLOAT, FIELD(weight), NULL},
    {LT_NODE_ADVERSARY, "length", FORM_FLOAT, FIELD(amount), NULL},
    {LT_NODE_AGREE, "weight", FORM_FLOAT, FIELD(weight), NULL},
    {LT_NODE_ATTRACT, "weight", FORM_FLOAT, FIELD(weight), NULL},
    {LT_NODE_PREFIX, "first", FORM_SIZE, FIELD(target), NULL},
    {LT_NODE_PREFIX, "width", FORM_SIZE, FIELD(width), NULL},
    {LT_NODE_PREFIX, "until", FORM_SIZE, FIELD(until), NULL},
    {LT_NODE_HEAD, "loss", FORM_NAME, FIELD(loss), &losses},
    {LT_NODE_HEAD, "unit", FORM_NAME, FIELD(unit), &acts},
    {LT_NODE_HEAD, "weight", FORM_FLOAT, FIELD(weight), NULL},
    {LT_NODE_HEAD, "target", FORM_INTEGER, FIELD(target), NULL},
    {LT_NODE_HEAD, "group", FORM_INTEGER, FIELD(group), NULL},
    {LT_NODE_OBSERVE, "flag_first", FORM_INTEGER, FIELD(flag_first), NULL},
    {LT_NODE_OBSERVE, "flags", FORM_INTEGER, FIELD(flags), NULL},
    {LT_NODE_OBSERVE, "levels_first", FORM_INTEGER, FIELD(target), NULL},
    {LT_NODE_OBSERVE, "gain", FORM_FLOAT, FIELD(weight), NULL},
    {LT_NODE_SPARSE, "sparsity", FORM_NAME, FIELD(sparsity), &sparsities},
    {LT_NODE_SPARSE, "keep", FORM_INTEGER, FIELD(width), NULL},
    {LT_NODE_SPARSE, "rho", FORM_FLOAT, FIELD(amount), NULL},
    {LT_NODE_SPARSE, "weight", FORM_FLOAT, FIELD(weight), NULL},
    {LT_NODE_SPARSE, "threshold", FORM_LEVEL, FIELD(threshold), NULL},
    {LT_NODE_SAMPLE, "weight", FORM_FLOAT, FIELD(weight), NULL},
    {LT_NODE_SAMPLE, "variance", FORM_FLOAT, FIELD(amount), NULL},
    {LT_NODE_POOL, "pool", FORM_NAME, FIELD(pool), &pools},
    {LT_NODE_POOL, "window", FORM_INTEGER, FIELD(stride), NULL},
    {LT_NODE_UPSAMPLE, "upsample", FORM_NAME, FIELD(upsample), &upsamples},
    {LT_NODE_UPSAMPLE, "factor", FORM_INTEGER, FIELD(stride), NULL},
    {LT_NODE_UPSAMPLE, "grid_h", FORM_INTEGER, FIELD(grid_h), NULL},
    {LT_NODE_UPSAMPLE, "grid_w", FORM_INTEGER, FIELD(grid_w), NULL},
    {LT_NODE_NORM, "norm", FORM_NAME, FIELD(norm), &norms},
    {LT_NODE_NORM, "act", FORM_NAME, FIELD(act), &acts},
    {LT_NODE_SLICE, "first", FORM_INTEGER, FIELD(target), NULL},
    {LT_NODE_SLICE, "width", FORM_INTEGER, FIELD(width), NULL},
    {LT_NODE_SLICE, "grid_h", FORM_SIZE, FIELD(grid_h), NULL},
    {LT_NODE_SLICE, "grid_w", FORM_SIZE, FIELD(grid_w), NULL},
#undef FIELD
};
enum { ATTRIBUTES = sizeof attributes / sizeof *attributes };

/* ---- to JSON ---- */

static int write_attribute(struct lt_json *json, const struct lt_net_spec *spec,
                           const struct lt_node *node, const struct attribute *a,
                           struct lt_error *err)
{
    const char *at = (const char *)node + a->offset;
    int64_t integer = 0;
    float real = 0;
    int index = 0;
    switch (a->form) {
    case FORM_INTEGER:
    case FORM_SIZE:
        memcpy(&integer, at, sizeof integer);
        if (a->form == FORM_SIZE && integer == 0)
            return LT_OK;
        return lt_json_set_integer(json, a->key, integer, err);
    case FORM_FLOAT:
    case FORM_LEVEL:
        memcpy(&real, at, sizeof real);
        if (a->form == FORM_LEVEL && real == 0)
            return LT_OK;
        return lt_json_set_number(json, a->key, (double)real, err);
    case FORM_NAME:
        memcpy(&index, at, sizeof index);
        return lt_json_set_string(json, a->key, a->names->name(index), err);
    default:
        memcpy(&index, at, sizeof index);
        return index ? lt_json_set_string(json, a->key, spec->node[index].name, err) : LT_OK;
    }
}

static int write_shape(struct lt_json *json, struct lt_shape s, struct lt_error *err)
{
    struct lt_json *shape = NULL;
    int rc = lt_json_array(&shape, err);
    if (!rc)
        rc = lt_json_append_integer(shape, s.c, err);
    if (!rc)
        rc = lt_json_append_integer(shape, s.h, err);
    if (!rc)
        rc = lt_json_append_integer(shape, s.w, err);
    if (!rc)
        return lt_json_set(json, "shape", &shape, err);
    lt_json_free(&shape);
    return rc;
}

static int write_inputs(struct lt_json *json, const struct lt_net_spec *spec,
                        const struct lt_node *node, struct lt_error *err)
{
    struct lt_json *inputs = NULL;
    int rc = lt_json_array(&inputs, err);
    for (int i = 0; i < node->inputs && !rc; i++)
        rc = lt_json_append_string(inputs, spec->node[node->input[i]].name, err);
    if (!rc)
        return lt_json_set(json, "inputs", &inputs, err);
    lt_json_free(&inputs);
    return rc;
}

static int write_node(struct lt_json *nodes, const struct lt_net_spec *spec, int i,
                      struct lt_error *err)
{
    const struct lt_node *node = &spec->node[i];
    struct lt_json *json = NULL;
    int rc = lt_json_object(&json, err);
    if (!rc)
        rc = lt_json_set_string(json, "name", node->name, err);
    if (!rc)
        rc = lt_json_set_string(json, "kind", lt_node_kind_name(node->kind), err);
    if (!rc)
        rc = write_inputs(json, spec, node, err);
    if (!rc && node->kind == LT_NODE_INPUT)
        rc = write_shape(json, node->shape, err);
    for (int a = 0; a < ATTRIBUTES && !rc; a++)
        if (attributes[a].kind == node->kind)
            rc = write_attribute(json, spec, node, &attributes[a], err);
    if (!rc)
        return lt_json_append(nodes, &json, err);
    lt_json_free(&json);
    return rc;
}

int lt_net_spec_to_json(struct lt_json **out, const struct lt_net_spec *spec, struct lt_error *err)
{
    struct lt_json *json = NULL, *nodes = NULL;
    *out = NULL;
    int rc = lt_json_object(&json, err);
    if (!rc)
        rc = lt_json_array(&nodes, err);
    if (!rc)
        rc = lt_json_set_string(json, "code", spec->node[spec->code].name, err);
    for (int i = 0; i < spec->count && !rc; i++)
        rc = write_node(nodes, spec, i, err);
    if (!rc)
        rc = lt_json_set(json, "nodes", &nodes, err);
    lt_json_free(&nodes);
    if (rc) {
        lt_json_free(&json);
        return rc;
    }
    *out = json;
    return LT_OK;
}

/* ---- from JSON ---- */

/* The node of that name among the first `count`; -1 when there is none. */
static int find_node(const struct lt_net_spec *spec, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(spec->node[i].name, name) == 0)
            return i;
    return -1;
}

static int read_name(const struct lt_json *json, const struct attribute *a, void *at,
                     struct lt_error *err)
{
    const char *name = NULL;
    int rc = lt_json_get_string(json, a->key, &name, err);
    if (rc)
        return rc;
    int value = a->names->by_name(name);
    if (value < 0)
        return lt_fail(err, LT_ECONTENT, "\"%s\" has the unknown value \"%.32s\"", a->key, name);
    memcpy(at, &value, sizeof value);
    return LT_OK;
}

static int read_float(const struct lt_json *json, const char *key, void *at, struct lt_error *err)
{
    double real = 0;
    int rc = lt_json_get_number(json, key, &real, err);
    if (rc)
        return rc;
    float value = (float)real;
    if (!isfinite(value))
        return lt_fail(err, LT_ECONTENT, "\"%s\" is not a finite number", key);
    memcpy(at, &value, sizeof value);
    return LT_OK;
}

static int read_node_name(const struct lt_net_spec *spec, int count, const struct lt_json *json,
                          const char *key, void *at, struct lt_error *err)
{
    const char *name = NULL;
    if (!lt_json_member(json, key))
        return LT_OK; /* absent: 0 */
    int rc = lt_json_get_string(json, key, &name, err);
    if (rc)
        return rc;
    int index = find_node(spec, count, name);
    if (index < 1)
        return lt_fail(err, LT_ECONTENT, "\"%s\" names \"%.32s\", which is no earlier node", key,
                       name);
    memcpy(at, &index, sizeof index);
    return LT_OK;
}

static int read_attribute(const struct lt_net_spec *spec, int node, const struct lt_json *json,
                          const struct attribute *a, void *at, struct lt_error *err)
{
    int64_t integer = 0;
    int rc = LT_OK;
    switch (a->form) {
    case FORM_INTEGER:
    case FORM_SIZE:
        if (a->form == FORM_SIZE && !lt_json_get(json, a->key))
            return LT_OK;
        if ((rc = lt_json_get_integer(json, a->key, &integer, err)))
            return rc;
        if (integer < 0 || integer > LT_WIDTH_MAX)
            return lt_fail(err, LT_ECONTENT, "\"%s\" is %lld, outside of 0 to %d", a->key,
                           (long long)integer, LT_WIDTH_MAX);
        memcpy(at, &integer, sizeof integer);
        return LT_OK;
    case FORM_FLOAT:
    case FORM_LEVEL:
        if (a->form == FORM_LEVEL && !lt_json_get(json, a->key))
            return LT_OK;
        return read_float(json, a->key, at, err);
    case FORM_NAME:
        return read_name(json, a, at, err);
    default:
        return read_node_name(spec, node, json, a->key, at, err);
    }
}

static int read_shape(const struct lt_json *json, struct lt_shape *out, struct lt_error *err)
{
    int64_t size[3] = {0};
    const struct lt_json *shape = NULL;
    int rc = lt_json_get_array(json, "shape", &shape, err);
    if (!rc && lt_json_count(shape) != 3)
        rc = lt_fail(err, LT_ECONTENT, "\"shape\" does not have three sizes");
    for (size_t i = 0; i < 3 && !rc; i++) {
        rc = lt_json_get_integer(lt_json_at(shape, i), "", &size[i], err);
        if (!rc && (size[i] < 1 || size[i] > LT_WIDTH_MAX))
            rc = lt_fail(err, LT_ECONTENT, "\"shape\" has a size outside of 1 to %d", LT_WIDTH_MAX);
    }
    *out = (struct lt_shape){size[0], size[1], size[2]};
    return rc;
}

static int read_inputs(struct lt_net_spec *spec, int node, const struct lt_json *json,
                       struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    const struct lt_json *inputs = NULL;
    int rc = lt_json_get_array(json, "inputs", &inputs, err);
    if (!rc && lt_json_count(inputs) > LT_NODE_INPUTS_MAX)
        rc = lt_fail(err, LT_ECONTENT, "\"inputs\" has more than %d names", LT_NODE_INPUTS_MAX);
    if (rc)
        return rc;
    n->inputs = (int)lt_json_count(inputs);
    for (int i = 0; i < n->inputs; i++) {
        const char *name = NULL;
        if ((rc = lt_json_get_string(lt_json_at(inputs, (size_t)i), "", &name, err)))
            return rc;
        if ((n->input[i] = find_node(spec, node, name)) < 0)
            return lt_fail(err, LT_ECONTENT, "\"inputs\" names \"%.32s\", which is no earlier node",
                           name);
    }
    return LT_OK;
}

static int read_node(struct lt_net_spec *spec, int node, const struct lt_json *json,
                     struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    const char *name = NULL, *kind = NULL;
    int rc = lt_json_get_string(json, "name", &name, err);
    if (!rc)
        rc = lt_json_get_string(json, "kind", &kind, err);
    if (rc)
        return rc;
    if (strlen(name) >= sizeof n->name)
        return lt_fail(err, LT_ECONTENT, "\"name\" is longer than %d bytes", LT_NODE_NAME - 1);
    strcpy(n->name, name);
    int found = lt_node_kind_by_name(kind);
    if (found < 0)
        return lt_fail(err, LT_ECONTENT, "\"kind\" has the unknown value \"%.32s\"", kind);
    n->kind = (enum lt_node_kind)found;
    rc = read_inputs(spec, node, json, err);
    if (!rc && n->kind == LT_NODE_INPUT)
        rc = read_shape(json, &n->shape, err);
    for (int a = 0; a < ATTRIBUTES && !rc; a++)
        if (attributes[a].kind == n->kind)
            rc = read_attribute(spec, node, json, &attributes[a], (char *)n + attributes[a].offset,
                                err);
    return rc;
}

int lt_net_spec_from_json(struct lt_net_spec *out, const struct lt_json *json, struct lt_error *err)
{
    const struct lt_json *nodes = NULL;
    const char *code = NULL;
    memset(out, 0, sizeof *out);
    int rc = lt_json_get_array(json, "nodes", &nodes, err);
    if (!rc)
        rc = lt_json_get_string(json, "code", &code, err);
    if (rc)
        return rc;
    size_t count = lt_json_count(nodes);
    if (count > LT_NODES_MAX)
        return lt_fail(err, LT_ECONTENT, "\"nodes\" has more than %d nodes", LT_NODES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct lt_error inner = {0};
        if ((rc = read_node(out, (int)i, lt_json_at(nodes, i), &inner)))
            return lt_fail(err, rc, "node %zu: %s", i, inner.text);
    }
    out->count = (int)count;
    out->code = find_node(out, out->count, code);
    if (out->code < 0)
        return lt_fail(err, LT_ECONTENT, "\"code\" names \"%.32s\", which is no node", code);
    return lt_net_spec_infer(out, err);
}
