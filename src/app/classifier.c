#include "app/classifier.h"

#include "base/mem.h"
#include "prep/prep.h"
#include <math.h>
#include <string.h>

/* ---- the network ---- */

struct builder {
    const struct lt_net_spec *from;
    const struct lt_classifier_plan *plan;
    struct lt_net_spec *to;
    int made[LT_NODES_MAX]; /* copies of from's nodes */
};

/* Nodes of the autoencoder that a classifier passes by: noise is its own affair, and a code that is drawn
 * stands for its mean. */
static bool is_passed_by(const struct lt_node *n)
{
    return n->kind == LT_NODE_NOISE || n->kind == LT_NODE_SAMPLE || n->kind == LT_NODE_DROPOUT;
}

static void copy_node(struct builder *b, int i)
{
    const struct lt_node *n = &b->from->node[i];
    if (is_passed_by(n)) {
        b->made[i] = b->made[n->input[0]];
        return;
    }
    struct lt_node *c = &b->to->node[b->to->count];
    *c = *n;
    for (int k = 0; k < n->inputs; k++)
        c->input[k] = b->made[n->input[k]];
    c->tied = n->tied ? b->made[n->tied] : 0;
    c->shared = n->shared ? b->made[n->shared] : 0;
    b->made[i] = b->to->count++;
    const bool hidden = lt_node_has_weights(b->from, i) && n->act != LT_ACT_LINEAR;
    if (hidden && b->plan->dropout > 0) {
        int drop = lt_net_spec_add(b->to, LT_NODE_DROPOUT, "drop", b->to->count, b->made[i]);
        b->to->node[drop].amount = (float)b->plan->dropout;
        b->made[i] = drop;
    }
}

static int add_input(struct lt_net_spec *to, struct lt_shape shape, int64_t classes)
{
    const int64_t width = lt_shape_width(shape);
    const int input = lt_net_spec_add(to, LT_NODE_INPUT, "input", 0, 0);
    to->node[input].shape = (struct lt_shape){width + classes, 1, 1};
    const int rows = lt_net_spec_add(to, LT_NODE_SLICE, "rows", 0, input);
    to->node[rows].width = width;
    if (shape.h * shape.w > 1) {
        to->node[rows].grid_h = shape.h;
        to->node[rows].grid_w = shape.w;
    }
    return rows;
}

static void add_classes(struct builder *b, int *logits)
{
    struct lt_net_spec *to = b->to;
    const struct lt_classifier_plan *p = b->plan;
    *logits = lt_net_spec_add_dense(to, "class", 0, to->code, p->classes, LT_ACT_LINEAR);
    const int head = lt_net_spec_add(to, LT_NODE_HEAD, "classes", 0, *logits);
    to->node[head].loss = LT_LOSS_CE;
    to->node[head].group = p->classes;
    to->node[head].target = lt_net_spec_inputs(b->from);
    to->node[head].weight = (float)(1 / p->labelled);
}

/* The nodes behind the code, whose heads ask for as much as `reconstruction` says. */
static void add_decoder(struct builder *b, const bool *encoder)
{
    bool needed[LT_NODES_MAX];
    lt_mark_needed(b->from, needed);
    for (int i = 1; i < b->from->count; i++) {
        if (encoder[i] || !needed[i])
            continue;
        copy_node(b, i);
        struct lt_node *n = &b->to->node[b->made[i]];
        if (n->kind == LT_NODE_HEAD)
            n->weight *= (float)b->plan->reconstruction;
    }
}

/* What layers see of the rows: missing cells told apart, where they are. */
static int seen_rows(const struct lt_net_spec *s, int rows)
{
    for (int i = rows; i < s->count; i++)
        if (s->node[i].kind == LT_NODE_OBSERVE)
            return i;
    return rows;
}

int lt_classifier_build(struct lt_net_spec *spec, struct lt_net_spec *training,
                        const struct lt_net_spec *autoencoder,
                        const struct lt_classifier_plan *plan, struct lt_error *err)
{
    struct builder b = {.from = autoencoder, .plan = plan, .to = training};
    bool encoder[LT_NODES_MAX];
    int logits;
    if (2 * autoencoder->count + 8 > LT_NODES_MAX)
        return lt_fail(
            err, LT_EUSAGE,
            "the autoencoder has %d layers and other nodes, and a classifier can be made of "
            "%d at most; pretrain a smaller one",
            autoencoder->count, (LT_NODES_MAX - 8) / 2);
    *training = (struct lt_net_spec){0};
    lt_mark_below(autoencoder, autoencoder->code, encoder);
    const int rows = add_input(training, autoencoder->node[0].shape, plan->classes);
    b.made[0] = rows;
    for (int i = 1; i <= autoencoder->code; i++)
        if (encoder[i])
            copy_node(&b, i);
    training->code = b.made[autoencoder->code];
    add_classes(&b, &logits);
    *spec = *training;
    int rc = lt_net_spec_infer(spec, err);
    if (!rc && plan->reconstruction > 0)
        add_decoder(&b, encoder);
    if (!rc)
        rc = lt_net_spec_infer(training, err);
    if (!rc && plan->agreement > 0)
        rc = lt_net_spec_agree(training, seen_rows(training, rows), logits, plan->agreement,
                               plan->length, err);
    return rc;
}

void lt_classifier_start(const struct lt_params *layout, const struct lt_net_spec *training,
                         const struct lt_network *from, uint64_t seed, float *weights)
{
    lt_params_init(layout, training, seed, weights);
    for (int p = 0; from && p < from->layout.count; p++) {
        const struct lt_param *q = &from->layout.param[p];
        lt_params_take(layout, weights, q->name, q, from->params);
    }
}

/* ---- applying ---- */

enum { ROWS = 512 };

struct lt_classifier {
    const struct lt_prep *prep;
    struct lt_classes own; /* of a model's file; none otherwise */
    const struct lt_classes *classes;
    struct lt_backend *backend; /* the caller's */
    struct lt_net *net;
    float *x; /* (ROWS, D + C) */
};

static const struct lt_network *network_of(const struct lt_model *model)
{
    for (int i = 0; i < model->networks; i++)
        if (strcmp(model->network[i].role, LT_CLASSIFIER_ROLE) == 0)
            return &model->network[i];
    return NULL;
}

/* A file can hold anything: what it says must fit together. */
static int check_fit(const struct lt_net_spec *spec, const struct lt_prep *prep,
                     const struct lt_classes *classes, struct lt_error *err)
{
    const int64_t inputs = lt_net_spec_inputs(spec);
    if (inputs == prep->features + classes->count)
        return 0;
    return lt_fail(
        err, LT_ECONTENT,
        "the classifier reads %lld values, but the model has %lld inputs and %lld classes; "
        "the file is damaged",
        (long long)inputs, (long long)prep->features, (long long)classes->count);
}

static int open_net(struct lt_classifier *c, const struct lt_net_spec *spec, const float *params,
                    const struct lt_classes *classes, struct lt_error *err)
{
    c->classes = classes;
    int rc = check_fit(spec, c->prep, classes, err);
    if (!rc)
        rc = lt_net_create(&c->net, spec, c->backend, &(struct lt_net_options){.rows = ROWS}, err);
    if (!rc)
        rc = lt_alloc(&c->x, ROWS * (size_t)lt_net_spec_inputs(spec), sizeof *c->x, "a classifier",
                      err);
    if (!rc)
        lt_net_set_weights(c->net, params);
    return rc;
}

static int start(struct lt_classifier **out, const struct lt_prep *prep, struct lt_backend *backend,
                 struct lt_error *err)
{
    int rc = lt_alloc(out, 1, sizeof **out, "a classifier", err);
    if (!rc) {
        (*out)->prep = prep;
        (*out)->backend = backend;
    }
    return rc;
}

int lt_classifier_create(struct lt_classifier **out, const struct lt_net_spec *spec,
                         const float *params, const struct lt_prep *prep,
                         const struct lt_classes *classes, struct lt_backend *backend,
                         struct lt_error *err)
{
    int rc = start(out, prep, backend, err);
    if (!rc && (rc = open_net(*out, spec, params, classes, err)))
        lt_classifier_close(out);
    return rc;
}

int lt_classifier_open(struct lt_classifier **out, const struct lt_model *model,
                       struct lt_backend *backend, struct lt_error *err)
{
    const struct lt_network *network = network_of(model);
    *out = NULL;
    if (!model->classifier || !network)
        return lt_fail(
            err, LT_EUSAGE,
            "the model has no classifier; make one of it with \"latent finetune MODEL DATA "
            "--labels L -o CLASSIFIER\"");
    int rc = start(out, &model->prep, backend, err);
    if (!rc)
        rc = lt_classes_from_json(&(*out)->own, model->classifier, "classes", err);
    if (!rc)
        rc = open_net(*out, &network->spec, network->params, &(*out)->own, err);
    if (rc && *out)
        lt_classifier_close(out);
    return rc;
}

void lt_classifier_close(struct lt_classifier **classifier)
{
    struct lt_classifier *c = *classifier;
    *classifier = NULL;
    if (!c)
        return;
    lt_net_free(&c->net);
    lt_classes_free(&c->own);
    lt_free(c->x);
    lt_free(c);
}

const struct lt_classes *lt_classifier_classes(const struct lt_classifier *classifier)
{
    return classifier->classes;
}

/* n rows of `features`, one behind the other, apart by room for the classes, from the last on. */
static void make_room(float *x, int64_t n, int64_t features, int64_t classes)
{
    for (int64_t i = n - 1; i >= 0; i--) {
        float *to = x + i * (features + classes);
        memmove(to, x + i * features, (size_t)features * sizeof *x);
        for (int64_t k = 0; k < classes; k++)
            to[features + k] = NAN;
    }
}

static void apply(struct lt_classifier *c, int64_t n, float *chances)
{
    const int64_t d = c->prep->features, k = c->classes->count;
    lt_net_forward(c->net, &(struct lt_pass){.rows = n});
    lt_net_get_output(c->net, c->x, n);
    for (int64_t i = 0; i < n; i++)
        memcpy(chances + i * k, c->x + i * (d + k) + d, (size_t)k * sizeof *chances);
}

static void encode(struct lt_classifier *c, int64_t n, float *codes)
{
    lt_net_encode(c->net, &(struct lt_pass){.rows = n});
    lt_net_get_code(c->net, codes, n);
}

/* Runs of rows through the network; `run` takes from it `width` values a row. */
static int each(struct lt_classifier *c, const struct lt_table *table, const int64_t *rows,
                int64_t count, void (*run)(struct lt_classifier *c, int64_t n, float *out),
                int64_t width, float *out, struct lt_error *err)
{
    int64_t ids[ROWS];
    struct lt_feed *feed = NULL;
    int rc = lt_feed_create(&feed, table, c->prep, ROWS, c->backend->threads, err);
    for (int64_t at = 0; at < count && !rc; at += ROWS) {
        const int64_t n = count - at < ROWS ? count - at : ROWS;
        for (int64_t i = 0; i < n; i++)
            ids[i] = rows ? rows[at + i] : at + i;
        rc = lt_feed_rows(feed, ids, n, c->x, err);
        if (rc)
            continue;
        make_room(c->x, n, c->prep->features, c->classes->count);
        lt_net_put_input(c->net, c->x, n);
        run(c, n, out + at * width);
    }
    lt_feed_free(&feed);
    return rc;
}

int lt_classifier_apply(struct lt_classifier *c, const struct lt_table *table, const int64_t *rows,
                        int64_t n, float *chances, struct lt_error *err)
{
    return each(c, table, rows, n, apply, c->classes->count, chances, err);
}

int lt_classifier_codes(struct lt_classifier *c, const struct lt_table *table, const int64_t *rows,
                        int64_t n, float *codes, struct lt_error *err)
{
    return each(c, table, rows, n, encode, lt_net_spec_dims(lt_net_spec_of(c->net)), codes, err);
}

/* ---- rows that train ---- */

static int64_t row_of(const struct lt_class_rows *r, int64_t id)
{
    return r->rows ? r->rows[id % r->count] : id % r->count;
}

static int read_part(const struct lt_class_rows *part, const int64_t *ids, int64_t n,
                     int64_t features, float *x, struct lt_error *err)
{
    enum { RUN = 256 };
    int64_t rows[RUN];
    int rc = 0;
    for (int64_t at = 0; at < n && !rc; at += RUN) {
        const int64_t m = n - at < RUN ? n - at : RUN;
        for (int64_t i = 0; i < m; i++)
            rows[i] = row_of(part, ids[at + i]);
        rc = lt_feed_rows(part->feed, rows, m, x + at * features, err);
    }
    return rc;
}

static int read_classes(void *context, uint32_t epoch, const int64_t *ids, int64_t n, float *x,
                        struct lt_error *err)
{
    const struct lt_class_source *s = context;
    const int64_t d = s->features, c = s->classes;
    const int64_t labelled = s->unlabelled.count > 0 ? (int64_t)ceil(s->share * (double)n) : n;
    (void)epoch;
    int rc = read_part(&s->labelled, ids, labelled, d, x, err);
    if (!rc && labelled < n)
        rc = read_part(&s->unlabelled, ids + labelled, n - labelled, d, x + labelled * d, err);
    if (rc)
        return rc;
    make_room(x, n, d, c);
    for (int64_t i = 0; i < labelled; i++) {
        const int32_t class = s->labelled.class_of[row_of(&s->labelled, ids[i])];
        for (int64_t k = 0; k < c; k++)
            x[i * (d + c) + d + k] = k == class;
    }
    return 0;
}

struct lt_source lt_class_source(struct lt_class_source *source, uint64_t seed)
{
    const int64_t a = source->labelled.count, b = source->unlabelled.count;
    struct lt_source s = {.read = read_classes, .context = source};
    s.rows.stream = lt_stream(seed, LT_RNG_SHUFFLE, 0, 0);
    s.rows.total = s.rows.count = a > b ? a : b;
    return s;
}
