#include "base/mem.h"
#include "latent.h"
#include "model/checkpoint.h"
#include "model/modelfile.h"
#include "model/safetensors.h"
#include "t.h"
#include "t_alloc.h"

static struct lt_node node(enum lt_node_kind kind, const char *name, int input)
{
    struct lt_node n = {.kind = kind};
    snprintf(n.name, sizeof n.name, "%s", name);
    if (kind != LT_NODE_INPUT) {
        n.inputs = 1;
        n.input[0] = input;
    }
    return n;
}

/* Every kind of node: noise, a skip connection past the first layer, dropout, tied weights, two
 * heads with losses of their own. */
static struct lt_net_spec rich_spec(void)
{
    struct lt_net_spec s = {0};
    struct lt_node n = node(LT_NODE_INPUT, "input", 0);
    n.shape = (struct lt_shape){1, 2, 2};
    s.node[s.count++] = n;
    n = node(LT_NODE_NOISE, "noise", 0);
    n.noise = LT_NOISE_SALTPEPPER;
    n.amount = 0.1f;
    n.most = 0.7f;
    n.low = -1.5f;
    n.high = 2.25f;
    s.node[s.count++] = n;
    n = node(LT_NODE_DENSE, "encoder1", 1);
    n.width = 3;
    n.act = LT_ACT_ELU;
    s.node[s.count++] = n;
    n = node(LT_NODE_DENSE, "encoder2", 2);
    n.width = 3;
    n.act = LT_ACT_TANH;
    s.node[s.count++] = n;
    n = node(LT_NODE_ADD, "skip", 2);
    n.inputs = 2;
    n.input[1] = 3;
    s.node[s.count++] = n;
    n = node(LT_NODE_CONCAT, "both", 4);
    n.inputs = 2;
    n.input[1] = 2;
    s.node[s.count++] = n;
    n = node(LT_NODE_DENSE, "encoder3", 5);
    n.width = 2;
    s.node[s.count++] = n;
    s.code = s.count;
    s.node[s.count++] = node(LT_NODE_CODE, "code", 6);
    n = node(LT_NODE_DROPOUT, "dropout", 7);
    n.amount = 0.25f;
    s.node[s.count++] = n;
    n = node(LT_NODE_DENSE, "decoder3", 8);
    n.width = 6;
    n.tied = 6;
    n.act = LT_ACT_RELU;
    s.node[s.count++] = n;
    n = node(LT_NODE_DENSE, "decoder1", 9);
    n.width = 2;
    s.node[s.count++] = n;
    n = node(LT_NODE_HEAD, "left", 10);
    n.loss = LT_LOSS_BCE;
    n.unit = LT_ACT_SIGMOID;
    n.weight = 1;
    s.node[s.count++] = n;
    n = node(LT_NODE_HEAD, "right", 10);
    n.loss = LT_LOSS_HUBER;
    n.weight = 0.5f;
    n.target = 2;
    s.node[s.count++] = n;
    return s;
}

static struct lt_net_spec plain_spec(void)
{
    struct lt_net_spec s = {.count = 6, .code = 3};
    s.node[0] = node(LT_NODE_INPUT, "input", 0);
    s.node[0].shape = (struct lt_shape){4, 1, 1};
    s.node[1] = node(LT_NODE_DENSE, "encoder1", 0);
    s.node[1].width = 1;
    s.node[2] = node(LT_NODE_SPARSE, "sparse", 1);
    s.node[2].sparsity = LT_SPARSITY_BATCHTOPK;
    s.node[2].width = 1;
    s.node[2].threshold = 0.75f;
    s.node[3] = node(LT_NODE_CODE, "code", 2);
    s.node[4] = node(LT_NODE_DENSE, "decoder1", 3);
    s.node[4].width = 4;
    s.node[5] = node(LT_NODE_HEAD, "head", 4);
    s.node[5].weight = 1;
    return s;
}

/* Grids: a convolution, its normalisation, pooling and back. */
static struct lt_net_spec grid_spec(void)
{
    struct lt_net_spec s = {.count = 10, .code = 5};
    s.node[0] = node(LT_NODE_INPUT, "input", 0);
    s.node[0].shape = (struct lt_shape){1, 2, 2};
    s.node[1] = node(LT_NODE_CONV, "encoder1", 0);
    s.node[2] = node(LT_NODE_NORM, "encoder1_norm", 1);
    s.node[2].norm = LT_NORM_BATCH;
    s.node[2].act = LT_ACT_SILU;
    s.node[3] = node(LT_NODE_POOL, "encoder2", 2);
    s.node[3].pool = LT_POOL_AVERAGE;
    s.node[3].stride = 2;
    s.node[4] = node(LT_NODE_NORM, "encoder3", 3);
    s.node[4].norm = LT_NORM_LAYER;
    s.node[5] = node(LT_NODE_CODE, "code", 4);
    s.node[6] = node(LT_NODE_UPSAMPLE, "decoder1", 5);
    s.node[6].upsample = LT_UPSAMPLE_BILINEAR;
    s.node[6].stride = 2;
    s.node[7] = node(LT_NODE_DECONV, "decoder2", 6);
    s.node[8] = node(LT_NODE_NORM, "decoder2_norm", 7);
    s.node[8].norm = LT_NORM_BATCH;
    s.node[9] = node(LT_NODE_HEAD, "output", 8);
    s.node[9].weight = 1;
    for (int i = 1; i < 8; i += 6) {
        s.node[i].width = i == 1 ? 3 : 1;
        s.node[i].kernel = 3;
        s.node[i].stride = 1;
    }
    for (int i = 6; i < 8; i++)
        s.node[i].grid_h = s.node[i].grid_w = 2;
    return s;
}

static void must(int rc, const struct lt_error *err)
{
    if (rc)
        T_FAIL("%s", err->text);
}

static void add_network(struct lt_model *m, const char *role, struct lt_net_spec spec)
{
    struct lt_error err = {0};
    struct lt_params layout;
    float *params = NULL;
    must(lt_net_spec_infer(&spec, &err), &err);
    must(lt_params_of(&layout, &spec, &err), &err);
    must(lt_alloc(&params, layout.total, sizeof *params, "weights", &err), &err);
    for (size_t i = 0; i < layout.total; i++)
        params[i] = (float)sin((double)i + m->networks);
    for (int p = 0; p < layout.count; p++)
        for (int64_t i = 0; layout.param[p].kind == LT_PARAM_VARIANCE && i < layout.param[p].rows;
             i++)
            params[layout.param[p].offset + (size_t)i] = (float)(i + 1);
    must(lt_model_add_network(m, role, &spec, params, &err), &err);
    lt_free(params);
}

/* D = 4: an integer and three reals, named, one name in Latin-1; two networks; PCA of 2. */
static struct lt_model *make_model(void)
{
    static const char *const names[4] = {"a", "caf\xe9", "", "\xce\xbc \"x\"\n"};
    static const enum lt_type types[4] = {LT_I64, LT_F64, LT_F64, LT_F64};
    struct lt_model *m = NULL;
    struct lt_error err = {0};
    must(lt_model_create(&m, &err), &err);
    struct lt_prep *p = &m->prep;
    *p = (struct lt_prep){.low = -3.25, .high = 4.1};
    p->schema = (struct lt_schema){.columns = 4, .groups = 4};
    must(lt_alloc(&p->schema.group, 4, sizeof *p->schema.group, "groups", &err), &err);
    must(lt_alloc(&p->schema.names, 4, sizeof *p->schema.names, "names", &err), &err);
    must(lt_alloc(&p->column, 4, sizeof *p->column, "columns", &err), &err);
    must(lt_alloc(&p->offset, 4, sizeof *p->offset, "offset", &err), &err);
    must(lt_alloc(&p->scale, 4, sizeof *p->scale, "scale", &err), &err);
    must(lt_alloc(&p->knot_value, 3, sizeof *p->knot_value, "knots", &err), &err);
    must(lt_alloc(&p->knot_score, 3, sizeof *p->knot_score, "knots", &err), &err);
    for (int k = 0; k < 3; k++) {
        p->knot_value[k] = k * k * 10.5;
        p->knot_score[k] = k - 1;
    }
    for (int j = 0; j < 4; j++) {
        p->schema.group[j] =
            (struct lt_schema_group){.type = types[j], .width = 1, .rank = 1, .shape = {1}};
        must(lt_strdup(&p->schema.names[j], names[j], &err), &err);
        p->column[j].scaling = j == 2 ? LT_SCALING_QUANTILE : LT_SCALING_STANDARD;
        p->column[j].knots = j == 2 ? 3 : 0;
        p->offset[j] = 1.0 / (j + 1);
        p->scale[j] = 3.0 * (j + 1);
    }
    p->column[0].kind = LT_KIND_INTEGER;
    must(lt_prep_layout(p, &err), &err);
    add_network(m, "autoencoder", rich_spec());
    struct lt_net_spec drawn = plain_spec();
    must(lt_net_spec_infer(&drawn, &err), &err);
    must(lt_net_spec_contract(&drawn, 3, 0.5, &err), &err);
    drawn.node[6].weight = 0; /* near.noise: no attribute of noise */
    add_network(m, "detector_1", drawn);
    struct lt_baseline *b = &m->baseline;
    b->dims = 2;
    must(lt_alloc(&b->mean, 4, sizeof *b->mean, "mean", &err), &err);
    must(lt_alloc(&b->basis, 8, sizeof *b->basis, "basis", &err), &err);
    must(lt_alloc(&b->variance, 2, sizeof *b->variance, "variance", &err), &err);
    b->mean[1] = 0.5f;
    b->basis[0] = b->basis[5] = 1;
    b->variance[0] = 2;
    must(lt_json_set_integer(m->record, "settings.seed", 1, &err), &err);
    must(lt_json_set_number(m->record, "error", 9.004, &err), &err);
    lt_model_seal(m);
    return m;
}

static void bytes_of(const struct lt_model *m, unsigned char **bytes, size_t *size)
{
    struct lt_error err = {0};
    must(lt_model_to_bytes(m, bytes, size, &err), &err);
}

static void check_node(const struct lt_node *a, const struct lt_node *b)
{
    T_STR(a->name, b->name);
    T_OK(a->kind == b->kind && a->inputs == b->inputs && a->width == b->width && a->act == b->act &&
         a->tied == b->tied && a->shared == b->shared && a->noise == b->noise &&
         a->amount == b->amount && a->most == b->most && a->low == b->low && a->high == b->high &&
         a->loss == b->loss && a->unit == b->unit && a->weight == b->weight &&
         a->target == b->target && a->kernel == b->kernel && a->stride == b->stride &&
         a->grid_h == b->grid_h && a->grid_w == b->grid_w && a->pool == b->pool &&
         a->upsample == b->upsample && a->norm == b->norm && a->sparsity == b->sparsity &&
         a->threshold == b->threshold);
    T_OK(memcmp(a->input, b->input, sizeof a->input) == 0);
    T_OK(memcmp(&a->shape, &b->shape, sizeof a->shape) == 0);
}

static void check_equal(const struct lt_model *a, const struct lt_model *b)
{
    const struct lt_schema *s = &a->prep.schema, *t = &b->prep.schema;
    T_INT(s->columns, t->columns);
    T_INT(s->groups, t->groups);
    T_INT(s->resampled, t->resampled);
    for (int i = 0; i < s->groups; i++) {
        const struct lt_schema_group *g = &s->group[i], *h = &t->group[i];
        T_OK(g->type == h->type && g->width == h->width && g->rank == h->rank);
        T_OK(memcmp(g->shape, h->shape, sizeof g->shape) == 0);
    }
    T_OK(!s->names == !t->names);
    for (int64_t j = 0; s->names && j < s->columns; j++)
        T_STR(s->names[j], t->names[j]);
    size_t d = (size_t)s->columns;
    T_OK(a->prep.low == b->prep.low && a->prep.high == b->prep.high);
    for (int64_t j = 0; j < s->columns; j++) {
        const struct lt_column *c = &a->prep.column[j], *e = &b->prep.column[j];
        T_OK(c->kind == e->kind && c->first == e->first && c->scaling == e->scaling &&
             c->knots == e->knots && c->knot_first == e->knot_first);
    }
    for (int64_t j = 0; j < s->columns; j++)
        for (double v = -100; v < 100; v += 7)
            T_NEAR(lt_prep_scale_value(&a->prep, &a->prep.column[j], v),
                   lt_prep_scale_value(&b->prep, &b->prep.column[j], v), 0);
    T_INT(a->prep.knots, b->prep.knots);
    size_t knots = (size_t)a->prep.knots * sizeof(double);
    T_OK(memcmp(a->prep.knot_value, b->prep.knot_value, knots) == 0);
    T_OK(memcmp(a->prep.knot_score, b->prep.knot_score, knots) == 0);
    T_OK(memcmp(a->prep.offset, b->prep.offset, d * sizeof(double)) == 0);
    T_OK(memcmp(a->prep.scale, b->prep.scale, d * sizeof(double)) == 0);
    T_INT(a->networks, b->networks);
    for (int i = 0; i < a->networks; i++) {
        const struct lt_network *n = &a->network[i], *o = &b->network[i];
        T_STR(n->role, o->role);
        T_INT(n->spec.count, o->spec.count);
        T_INT(n->spec.code, o->spec.code);
        for (int k = 0; k < n->spec.count; k++)
            check_node(&n->spec.node[k], &o->spec.node[k]);
        T_INT(n->layout.total, o->layout.total);
        T_OK(memcmp(n->params, o->params, n->layout.total * sizeof(float)) == 0);
    }
    T_STR(a->weights_sha256, b->weights_sha256);
    T_INT(a->baseline.dims, b->baseline.dims);
    T_OK(!a->baseline.mean == !b->baseline.mean);
    size_t k = (size_t)a->baseline.dims;
    if (a->baseline.mean) {
        T_OK(memcmp(a->baseline.mean, b->baseline.mean, d * sizeof(float)) == 0);
        T_OK(memcmp(a->baseline.basis, b->baseline.basis, k * d * sizeof(float)) == 0);
        T_OK(memcmp(a->baseline.variance, b->baseline.variance, k * sizeof(float)) == 0);
    }
    char *x = NULL, *y = NULL;
    T_INT(lt_json_dump(a->record, 0, &x, NULL, NULL), 0);
    T_INT(lt_json_dump(b->record, 0, &y, NULL, NULL), 0);
    T_STR(x, y);
    lt_free(x);
    lt_free(y);
}

TEST(the_version_in_files_is_the_library_s)
{
    T_STR(LT_VERSION, LATENT_VERSION);
}

TEST(a_model_comes_back_as_it_was)
{
    struct lt_model *m = make_model(), *back = NULL;
    struct lt_error err = {0};
    const char *path = t_tmp("m.latent");
    must(lt_model_write(m, path, &err), &err);
    must(lt_model_read(&back, path, &err), &err);
    check_equal(m, back);
    unsigned char *a = NULL, *b = NULL;
    size_t n = 0, o = 0;
    bytes_of(m, &a, &n);
    bytes_of(back, &b, &o);
    T_OK(n == o && memcmp(a, b, n) == 0); /* and is written as the same bytes */
    lt_free(a);
    lt_free(b);
    lt_model_free(&back);
    lt_model_free(&m);
    T_OK(m == NULL);
}

TEST(a_model_without_names_and_baseline_comes_back)
{
    struct lt_model *m = make_model(), *back = NULL;
    struct lt_error err = {0};
    unsigned char *bytes = NULL;
    size_t size = 0;
    for (int j = 0; j < 4; j++)
        lt_free(m->prep.schema.names[j]);
    lt_free(m->prep.schema.names);
    m->prep.schema.names = NULL;
    lt_free(m->baseline.mean);
    lt_free(m->baseline.basis);
    lt_free(m->baseline.variance);
    m->baseline = (struct lt_baseline){0};
    m->prep.schema.groups = 1; /* one image of (2, 2) bytes */
    m->prep.schema.group[0] =
        (struct lt_schema_group){.type = LT_U8, .width = 4, .rank = 2, .shape = {2, 2}};
    m->prep.column[0].kind = LT_KIND_NUMBER;
    m->prep.schema.resampled = true;
    bytes_of(m, &bytes, &size);
    must(lt_model_from_bytes(&back, "m", bytes, size, &err), &err);
    check_equal(m, back);
    lt_free(bytes);
    lt_model_free(&back);
    lt_model_free(&m);
}

TEST(a_baseline_of_no_dimensions_comes_back)
{
    struct lt_model *m = make_model(), *back = NULL;
    struct lt_error err = {0};
    unsigned char *bytes = NULL;
    size_t size = 0;
    m->baseline.dims = 0;
    bytes_of(m, &bytes, &size);
    must(lt_model_from_bytes(&back, "m", bytes, size, &err), &err);
    check_equal(m, back);
    lt_free(bytes);
    lt_model_free(&back);
    lt_model_free(&m);
}

TEST(every_changed_byte_of_a_model_is_noticed)
{
    struct lt_model *m = make_model(), *back = NULL;
    unsigned char *bytes = NULL;
    size_t size = 0;
    bytes_of(m, &bytes, &size);
    for (size_t i = 0; i < size; i++)
        for (int k = 0; k < 2; k++) {
            unsigned char change = (unsigned char)(k ? 0xff : 1 << i % 8);
            bytes[i] ^= change;
            struct lt_error err = {0};
            if (lt_model_from_bytes(&back, "m.latent", bytes, size, &err) != LT_ECONTENT || back)
                T_FAIL("byte %zu of %zu changed by %d: %s", i, size, change, err.text);
            bytes[i] ^= change;
        }
    lt_free(bytes);
    lt_model_free(&m);
}

TEST(a_model_cut_short_anywhere_is_refused)
{
    struct lt_model *m = make_model(), *back = NULL;
    unsigned char *bytes = NULL;
    size_t size = 0;
    bytes_of(m, &bytes, &size);
    for (size_t n = 0; n < size; n++) {
        unsigned char *exact = malloc(n ? n : 1);
        memcpy(exact, bytes, n);
        T_INT(lt_model_from_bytes(&back, "m.latent", exact, n, NULL), LT_ECONTENT);
        free(exact);
    }
    lt_free(bytes);
    lt_model_free(&m);
}

TEST(writing_and_reading_survive_every_failing_allocation)
{
    struct lt_model *m = make_model();
    for (long k = 1, made = k; made >= k; k++) {
        struct lt_model *back = NULL;
        struct lt_error err = {0};
        unsigned char *bytes = NULL;
        size_t size = 0;
        t_alloc.calls = 0;
        t_alloc.fail_at = k;
        int rc = lt_model_to_bytes(m, &bytes, &size, &err);
        if (!rc)
            rc = lt_model_from_bytes(&back, "m.latent", bytes, size, &err);
        t_alloc.fail_at = 0;
        made = t_alloc.calls;
        if (rc != (made >= k ? LT_EFAIL : LT_OK) || !back != (rc != 0))
            T_FAIL("allocation %ld of %ld: %d %s", k, made, rc, err.text);
        lt_model_free(&back);
        lt_free(bytes);
    }
    lt_model_free(&m);
}

TEST(messages_say_what_the_file_is)
{
    struct lt_model *m = make_model(), *back = NULL;
    struct lt_error err = {0};
    struct lt_json *state = NULL;
    unsigned char *bytes = NULL;
    char want[T_MAX_PATH];
    size_t size = 0;
    bytes_of(m, &bytes, &size);
    bytes[size - 1] ^= 1;
    T_INT(lt_model_from_bytes(&back, "m.latent", bytes, size, &err), LT_ECONTENT);
    T_ERR(err, "m.latent: the weights do not match their checksum (SHA-256): the file was changed "
               "or damaged; get a fresh copy");
    lt_free(bytes);
    lt_model_free(&m);
    err = (struct lt_error){0};
    T_INT(lt_model_read(&back, "missing.latent", &err), LT_EFAIL);
    T_ERR(err, "missing.latent: no such file; check the name");
    const char *csv = t_text("data.csv", "a,b,c\n1,2,3\n4,5,6\n");
    err = (struct lt_error){0};
    T_INT(lt_model_read(&back, csv, &err), LT_ECONTENT);
    snprintf(want, sizeof want, "%s: not a Latent model (it is a text file)", csv);
    T_ERR(err, want);
    const char *cp = t_tmp("run.checkpoint");
    T_INT(lt_json_object(&state, NULL), 0);
    T_INT(lt_checkpoint_write(cp, state, NULL, 0, NULL), 0);
    lt_json_free(&state);
    err = (struct lt_error){0};
    T_INT(lt_model_read(&back, cp, &err), LT_ECONTENT);
    snprintf(want, sizeof want,
             "%s: not a Latent model (it is a checkpoint of a training run; continue it with "
             "--resume)",
             cp);
    T_ERR(err, want);
}

/* ---- files that are whole and contradict themselves ---- */

/* The description of the example model, to change and seal again. */
static struct lt_json *description(void)
{
    struct lt_model *m = make_model();
    struct lt_safetensors st;
    struct lt_json *json = NULL;
    struct lt_error err = {0};
    unsigned char *bytes = NULL;
    size_t size = 0;
    bytes_of(m, &bytes, &size);
    must(lt_safetensors_open_bytes(&st, "m", bytes, size, "a model", &err), &err);
    const char *text = lt_safetensors_text(&st, "latent");
    must(lt_json_parse(&json, "m", text, strlen(text), &err), &err);
    lt_safetensors_close(&st);
    lt_free(bytes);
    lt_model_free(&m);
    return json;
}

/* Reads the example's tensors under another description, which is freed. */
static int read_with(struct lt_json *json, struct lt_error *err)
{
    struct lt_model *m = make_model(), *back = NULL;
    struct lt_safetensors st;
    unsigned char *bytes = NULL, *changed = NULL;
    char *text = NULL;
    size_t size = 0;
    bytes_of(m, &bytes, &size);
    must(lt_safetensors_open_bytes(&st, "m", bytes, size, "a model", err), err);
    must(lt_json_dump(json, 0, &text, NULL, err), err);
    struct lt_safetensors_text metadata[] = {{"latent", text}, {"later", "ignored"}};
    struct lt_safetensors_content content = {metadata, 2, st.tensor, st.tensors};
    must(lt_safetensors_bytes(&content, &changed, &size, err), err);
    int rc = lt_model_from_bytes(&back, "m.latent", changed, size, err);
    lt_safetensors_close(&st);
    lt_json_free(&json);
    lt_free(text);
    lt_free(bytes);
    lt_free(changed);
    lt_model_free(&back);
    lt_model_free(&m);
    return rc;
}

TEST(unknown_keys_are_ignored)
{
    struct lt_json *json = description();
    struct lt_error err = {0};
    T_INT(lt_json_set_string(json, "invented.later", "value", &err), 0);
    T_INT(lt_json_set_string(json, "prep.invented", "value", &err), 0);
    T_INT(read_with(json, &err), 0);
}

TEST(a_newer_format_is_refused_by_name)
{
    struct lt_json *json = description();
    struct lt_error err = {0};
    T_INT(lt_json_set_integer(json, "format", 2, &err), 0);
    T_INT(lt_json_set_string(json, "version", "9.1.0", &err), 0);
    T_INT(read_with(json, &err), LT_ECONTENT);
    T_ERR(err, "m.latent: written by Latent 9.1.0 in format 2, and this is Latent " LT_VERSION
               ", which reads formats up to 1; install a newer Latent");
}

/* Parses the value and puts it at the path. */
static void put(struct lt_json *json, const char *path, const char *value)
{
    struct lt_json *holder = NULL, *copy = NULL;
    struct lt_error err = {0};
    char text[200];
    snprintf(text, sizeof text, "[%s]", value);
    must(lt_json_parse(&holder, "value", text, strlen(text), &err), &err);
    must(lt_json_copy(&copy, lt_json_at(holder, 0), &err), &err);
    must(lt_json_set(json, path, &copy, &err), &err);
    lt_json_free(&holder);
}

TEST(descriptions_out_of_range_are_refused)
{
    static const struct {
        const char *path, *value, *message;
    } bad[] = {
        {"format", "0", "m.latent: \"format\" is 0"},
        {"format", "\"1\"", "m.latent: \"format\" is a string where an integer is expected"},
        {"weights_sha256", "\"00\"", "\"weights_sha256\" is no SHA-256"},
        {"schema.columns", "5", "\"schema.groups\" have 4 columns of 5"},
        {"schema.columns", "0", "\"schema.columns\" is 0, outside of 1 to 1048576"},
        {"schema.columns", "1099511627776",
         "\"schema.columns\" is 1099511627776, outside of 1 to 1048576"},
        {"schema.groups", "[{\"type\": \"f8\", \"shape\": [4], \"count\": 4}]",
         "\"schema.groups\" have more columns than the schema"},
        {"schema.groups", "[{\"type\": \"f9\", \"shape\": [4], \"count\": 1}]",
         "\"type\" has the unknown value \"f9\""},
        {"schema.groups", "[{\"type\": \"f8\", \"shape\": [2, 2, 1, 1, 1], \"count\": 1}]",
         "\"shape\" has 5 sizes"},
        {"schema.resize", "\"nearest\"", "\"schema.resize\" has the unknown value \"nearest\""},
        {"schema.resize", "\"area-linear\"",
         "\"schema.resize\" stands beside rows that are no images"},
        {"schema.resize", "1", "\"schema.resize\" is an integer where a string is expected"},
        {"schema.names", "[\"a\", \"b\"]", "\"schema.names\" are 2 for 4 columns"},
        {"schema.names", "[{\"hex\": \"6\"}, \"\", \"\", \"\"]", "\"hex\" is no text"},
        {"schema.names", "[{\"hex\": \"00\"}, \"\", \"\", \"\"]", "\"hex\" is no text"},
        {"prep.scaling", "\"auto\"", "\"prep.scaling\" has the unknown value \"auto\""},
        {"prep.scaling", "\"mixd\"", "\"prep.scaling\" has the unknown value \"mixd\""},
        {"prep.low", "null", "\"prep.low\" and \"prep.high\" are no range"},
        {"prep.columns", "[]", "\"prep.columns\" are 0 of 4"},
        {"prep.columns", "[{\"kind\": \"numeric\", \"count\": 5, \"missing\": 0}]",
         "\"count\" is 5, outside of 1 to 4"},
        {"prep.columns", "[{\"kind\": \"number\", \"count\": 4, \"missing\": 0}]",
         "\"kind\" has the unknown value \"number\""},
        {"prep.columns",
         "[{\"kind\": \"categorical\", \"count\": 1, \"missing\": 0, \"levels\": []}]",
         "\"levels\" are 0, outside of 1 to 255"},
        {"prep.columns",
         "[{\"kind\": \"categorical\", \"count\": 1, \"missing\": 0, \"levels\": [\"a\", \"a\"]}]",
         "the level \"a\" stands twice"},
        {"prep.columns",
         "[{\"kind\": \"time\", \"count\": 1, \"missing\": 0, \"scaling\": \"standard\", "
         "\"format\": \"%Y\", \"parts\": 0}]",
         "\"format\" has the unknown value \"%Y\""},
        {"prep.columns", "[{\"kind\": \"identifier\", \"count\": 4, \"missing\": 0}]",
         "there is nothing to learn from: every column is a constant or an identifier; give "
         "others, or name their kind with --types COL=categorical"},
        {"prep.columns", "[{\"kind\": \"numeric\", \"count\": 4, \"missing\": 0}]",
         "\"scaling\" is missing"},
        {"prep.columns",
         "[{\"kind\": \"numeric\", \"count\": 4, \"missing\": 0, \"scaling\": \"auto\"}]",
         "\"scaling\" has the unknown value \"auto\""},
        {"prep.columns",
         "[{\"kind\": \"numeric\", \"count\": 4, \"missing\": 0, \"scaling\": \"quantile\"}]",
         "\"knots\" is missing"},
        {"prep.columns",
         "[{\"kind\": \"numeric\", \"count\": 4, \"missing\": 0, \"scaling\": \"quantile\", "
         "\"knots\": 66}]",
         "\"knots\" is 66, outside of 2 to 65"},
        {"networks", "[]", "\"networks\" holds 0, of 1 to 64"},
        {"networks", "[{\"role\": \"a.b\"}]",
         "the role \"a.b\" of a network is not made of 1 to 31 of a-z, 0-9 and _"},
        {"networks", "[{\"role\": \"a\", \"code\": \"c\", \"nodes\": []}]",
         "\"code\" names \"c\", which is no node"},
        {"baseline", "{}", "\"baseline.dims\" is missing"},
        {"baseline.dims", "5", "\"baseline.dims\" is 5 for 4 features"},
        {"record", "[]", "\"record\" is an array where an object is expected"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct lt_json *json = description();
        struct lt_error err = {0};
        put(json, bad[i].path, bad[i].value);
        int rc = read_with(json, &err);
        const char *what = strstr(err.text, bad[i].message);
        if (rc != LT_ECONTENT || !what || strcmp(what, bad[i].message) != 0)
            T_FAIL("%s = %s gives %d\n%s", bad[i].path, bad[i].value, rc, err.text);
    }
}

/* Replaces the networks by one of these nodes, written with ' for ". */
static int read_with_nodes(const char *nodes, struct lt_error *err)
{
    struct lt_json *json = description(), *network = NULL, *networks = NULL;
    char text[2000];
    snprintf(text, sizeof text, "{'role': 'autoencoder', 'code': 'code', 'nodes': [%s]}", nodes);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    must(lt_json_parse(&network, "nodes", text, strlen(text), err), err);
    must(lt_json_array(&networks, err), err);
    must(lt_json_append(networks, &network, err), err);
    must(lt_json_set(json, "networks", &networks, err), err);
    return read_with(json, err);
}

#define INPUT "{'name': 'input', 'kind': 'input', 'inputs': [], 'shape': [4, 1, 1]}"

TEST(networks_that_make_no_sense_are_refused)
{
    static const struct {
        const char *nodes, *message;
    } bad[] = {
        {INPUT, "\"code\" names \"code\", which is no node"},
        {"3", "node 0: \"name\" is missing"},
        {"{'name': 'a', 'kind': 'magic', 'inputs': []}",
         "node 0: \"kind\" has the unknown value \"magic\""},
        {"{'name': 'a', 'kind': 'input', 'inputs': [], 'shape': [4, 1]}",
         "node 0: \"shape\" does not have three sizes"},
        {"{'name': 'a', 'kind': 'input', 'inputs': [], 'shape': [4, 1, -1]}",
         "node 0: \"shape\" has a size outside of 1 to 1048576"},
        {INPUT ", {'name': 'd', 'kind': 'dense', 'inputs': ['x'], 'width': 1, 'act': 'relu'}",
         "node 1: \"inputs\" names \"x\", which is no earlier node"},
        {INPUT ", {'name': 'd', 'kind': 'dense', 'inputs': ['d'], 'width': 1, 'act': 'relu'}",
         "node 1: \"inputs\" names \"d\", which is no earlier node"},
        {INPUT ", {'name': 'd', 'kind': 'dense', 'inputs': ['input'], 'width': -1}",
         "node 1: \"width\" is -1, outside of 0 to 1048576"},
        {INPUT ", {'name': 'd', 'kind': 'dense', 'inputs': ['input'], 'width': 1, 'act': 'x'}",
         "node 1: \"act\" has the unknown value \"x\""},
        {INPUT ", {'name': 'd', 'kind': 'dense', 'inputs': ['input'], 'width': 1}",
         "node 1: \"act\" is missing"},
        {INPUT ", {'name': 'd', 'kind': 'dense', 'inputs': ['input'], 'width': 1, 'act': 'relu',"
               "'tied': 'input'}",
         "node 1: \"tied\" names \"input\", which is no earlier node"},
        {INPUT ", {'name': 'drop', 'kind': 'dropout', 'inputs': ['input'], 'amount': 1e300}",
         "node 1: \"amount\" is not a finite number"},
        {INPUT ", {'name': 'p', 'kind': 'pool', 'inputs': ['input'], 'pool': 'least', 'window': 2}",
         "node 1: \"pool\" has the unknown value \"least\""},
        {INPUT ", {'name': 'n', 'kind': 'norm', 'inputs': ['input'], 'norm': 'batch'}",
         "node 1: \"act\" is missing"},
        {INPUT ", {'name': 'u', 'kind': 'upsample', 'inputs': ['input'], 'upsample': 'nearest'}",
         "node 1: \"factor\" is missing"},
        {INPUT ", {'name': 'p', 'kind': 'prefix', 'inputs': ['input']},"
               "{'name': 'code', 'kind': 'code', 'inputs': ['p']}",
         "network node 1 \"p\": it does not read the code"},
        {INPUT ", {'name': 'a_name_that_is_longer_than_31_bytes', 'kind': 'code'}",
         "node 1: \"name\" is longer than 31 bytes"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct lt_error err = {0};
        int rc = read_with_nodes(bad[i].nodes, &err);
        const char *what = strstr(err.text, bad[i].message);
        if (rc != LT_ECONTENT || !what || strcmp(what, bad[i].message) != 0)
            T_FAIL("%s gives %d\n%s", bad[i].nodes, rc, err.text);
    }
}

/* Whatever runs a network shows it a row of features. */
TEST(every_network_reads_as_many_inputs_as_there_are_features)
{
    static const int64_t widths[] = {3, 5};
    for (int i = 0; i < 2; i++) {
        struct lt_model *m = make_model(), *back = NULL;
        struct lt_net_spec s = plain_spec();
        struct lt_error err = {0};
        unsigned char *bytes = NULL;
        char want[200];
        size_t size = 0;
        s.node[0].shape.c = widths[i];
        s.node[4].width = widths[i];
        add_network(m, "other", s);
        lt_model_seal(m);
        bytes_of(m, &bytes, &size);
        T_INT(lt_model_from_bytes(&back, "m.latent", bytes, size, &err), LT_ECONTENT);
        snprintf(
            want, sizeof want,
            "m.latent: its description does not make sense: the network \"other\" has %d inputs "
            "for 4 features",
            (int)widths[i]);
        T_ERR(err, want);
        lt_free(bytes);
        lt_model_free(&m);
    }
}

TEST(networks_whose_tensors_are_missing_are_refused_before_memory_is_taken)
{
    static const char nodes[] =
        INPUT ", {'name': 'wide', 'kind': 'dense', 'inputs': ['input'], 'width': 1000000,"
              "   'act': 'relu'},"
              "  {'name': 'wider', 'kind': 'dense', 'inputs': ['wide'], 'width': 8000,"
              "   'act': 'relu'},"
              "  {'name': 'code', 'kind': 'code', 'inputs': ['wider']},"
              "  {'name': 'last', 'kind': 'dense', 'inputs': ['code'], 'width': 4,"
              "   'act': 'linear'},"
              "  {'name': 'head', 'kind': 'head', 'inputs': ['last'], 'loss': 'mse',"
              "   'unit': 'linear', 'weight': 1, 'target': 0, 'group': 0}";
    struct lt_error err = {0};
    T_INT(read_with_nodes(nodes, &err), LT_ECONTENT);
    T_ERR(err, "m.latent: the array \"autoencoder.wide.weight\" is missing");
}

TEST(networks_on_grids_come_back_and_a_negative_variance_does_not)
{
    for (int negative = 0; negative < 2; negative++) {
        struct lt_model *m = make_model(), *back = NULL;
        struct lt_error err = {0};
        unsigned char *bytes = NULL;
        size_t size = 0;
        add_network(m, "grids", grid_spec());
        struct lt_network *n = &m->network[2];
        T_STR(n->layout.param[5].name, "encoder1_norm.variance");
        if (negative)
            n->params[n->layout.param[5].offset + 1] = -0.5f;
        lt_model_seal(m);
        bytes_of(m, &bytes, &size);
        int rc = lt_model_from_bytes(&back, "m.latent", bytes, size, &err);
        T_INT(rc, negative ? LT_ECONTENT : 0);
        if (negative)
            T_ERR(err, "m.latent: the array \"grids.encoder1_norm.variance\" holds a negative "
                       "variance; train the model again");
        else
            check_equal(m, back);
        lt_free(bytes);
        lt_model_free(&back);
        lt_model_free(&m);
    }
}

TEST(values_that_are_not_finite_are_refused)
{
    struct lt_error err = {0};
    static const char *const said[] = {
        "m.latent: the array \"autoencoder.encoder1.weight\" holds values that are not finite; "
        "train "
        "the model again",
        "m.latent: the array \"prep.offset\" holds values that are not finite; train the model "
        "again",
        "m.latent: the array \"baseline.basis\" holds values that are not finite; train the model "
        "again",
        "m.latent: the scale of column 2 is 0",
        "m.latent: the array \"prep.knot_value\" holds values that are not finite; train the model "
        "again",
        "m.latent: the knots of column 2 do not increase",
        "m.latent: the knots of column 2 do not increase",
    };
    for (int i = 0; i < 7; i++) {
        struct lt_model *m = make_model(), *back = NULL;
        unsigned char *bytes = NULL;
        size_t size = 0;
        if (i == 0)
            m->network[0].params[0] = NAN;
        else if (i == 1)
            m->prep.offset[3] = (double)INFINITY;
        else if (i == 2)
            m->baseline.basis[7] = -INFINITY;
        else if (i == 3)
            m->prep.scale[2] = 0;
        else if (i == 4)
            m->prep.knot_value[2] = (double)INFINITY;
        else if (i == 5)
            m->prep.knot_value[1] = m->prep.knot_value[0];
        else
            m->prep.knot_score[2] = m->prep.knot_score[0] - 1;
        lt_model_seal(m);
        bytes_of(m, &bytes, &size);
        err = (struct lt_error){0};
        T_INT(lt_model_from_bytes(&back, "m.latent", bytes, size, &err), LT_ECONTENT);
        T_OK(back == NULL);
        T_ERR(err, said[i]);
        lt_free(bytes);
        lt_model_free(&m);
    }
}

TEST(a_role_stands_once_in_a_model)
{
    struct lt_model *m = make_model();
    struct lt_net_spec spec = plain_spec();
    float params[20] = {0};
    T_INT(lt_net_spec_infer(&spec, NULL), 0);
    T_INT(lt_model_add_network(m, "autoencoder", &spec, params, NULL), LT_ECONTENT);
    T_INT(lt_model_add_network(m, "", &spec, params, NULL), LT_ECONTENT);
    T_INT(lt_model_add_network(m, "a.b", &spec, params, NULL), LT_ECONTENT);
    T_INT(lt_model_add_network(m, "other", &spec, params, NULL), 0);
    lt_model_free(&m);
}

TEST(weights_are_hashed_in_the_order_of_the_file)
{
    struct lt_model *m = make_model();
    struct lt_sha256 hash;
    char hex[LT_SHA256_HEX];
    lt_sha256_init(&hash);
    for (int i = 0; i < m->networks; i++)
        for (int k = 0; k < m->network[i].layout.count; k++) {
            const struct lt_param *p = &m->network[i].layout.param[k];
            lt_sha256_update(&hash, m->network[i].params + p->offset,
                             (size_t)(p->rows * p->cols) * sizeof(float));
        }
    lt_sha256_hex(&hash, hex);
    T_STR(m->weights_sha256, hex);
    lt_model_free(&m);
}

TEST(an_output_that_cannot_be_written_is_an_error)
{
    struct lt_model *m = make_model();
    struct lt_error err = {0};
    T_INT(lt_model_write(m, "no/such/folder/m.latent", &err), LT_EFAIL);
    if (access("/dev/full", W_OK) == 0)
        T_INT(lt_model_write(m, "/dev/full", NULL), LT_EFAIL);
    lt_model_free(&m);
}

TEST(python_s_safetensors_loads_a_model)
{
    struct lt_model *m = make_model();
    struct lt_error err = {0};
    char command[3 * T_MAX_PATH], out[200];
    const char *path = t_tmp("python.latent");
    must(lt_model_write(m, path, &err), &err);
    lt_model_free(&m);
    snprintf(command, sizeof command, "python3 '%s/tests/safetensors_load.py' '%s' 2>&1",
             T_SOURCE_ROOT, path);
    int status = t_shell(command, out, sizeof out);
    if (status == 77)
        T_SKIP("Python with safetensors and NumPy is not installed");
    if (status != 0)
        T_FAIL("%s", out);
    T_STR(out, "20 tensors, 2 networks, format 1\n");
}

T_MAIN
