#include "app/build.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Levels are shown smaller than numbers.  The default optimizer makes the most of what varies
 * little, and would learn a column of many rare levels before the numbers beside it. */
static const float LEVEL_GAIN = 0.25f;
enum {
    DECODERS_MOST = 4, /* of an ordered code */
    NARROWEST = 4,     /* code that has one of its own */
};

/* ---- the spec, node by node ---- */

/* A node that reads the one before it. */
static int add(struct lt_net_spec *s, enum lt_node_kind kind, const char *name, int number)
{
    return lt_net_spec_add(s, kind, name, number, s->count - 1);
}

static int add_dense(struct lt_net_spec *s, const char *name, int number, int64_t width,
                     enum lt_act act)
{
    return lt_net_spec_add_dense(s, name, number, s->count - 1, width, act);
}

static void add_dropout(struct lt_net_spec *s, double p, const char *name, int number)
{
    if (p > 0)
        s->node[add(s, LT_NODE_DROPOUT, name, number)].amount = (float)p;
}

static void add_noise(struct lt_net_spec *s, const struct lt_autoencoder *a)
{
    if (a->noise == LT_NOISE_NONE)
        return;
    struct lt_node *n = &s->node[add(s, LT_NODE_NOISE, "noise", 0)];
    n->noise = a->noise;
    n->amount = (float)a->amount;
    n->most = (float)a->most;
    n->low = (float)a->low;
    n->high = (float)a->high;
}

static void add_observe(struct lt_net_spec *s, const struct lt_autoencoder *a)
{
    if (!a->observe)
        return;
    struct lt_node *n = &s->node[add(s, LT_NODE_OBSERVE, "observe", 0)];
    n->flag_first = a->flag_first;
    n->flags = a->flags;
    n->target = a->runs > 0 ? a->numbers : lt_shape_width(a->input);
    n->weight = LEVEL_GAIN;
}

/* A penalty on sizes needs units that reach 0, one on mean activities units between 0 and 1.  One on
 * slopes needs units that saturate (Rifai et al. 2011), for a small slope is then no small scale. */
static enum lt_act code_act(const struct lt_autoencoder *a)
{
    return a->sparsity == LT_SPARSITY_L1                         ? LT_ACT_RELU
           : a->sparsity == LT_SPARSITY_KL || a->contraction > 0 ? LT_ACT_SIGMOID
                                                                 : LT_ACT_LINEAR;
}

static void add_sparse(struct lt_net_spec *s, const struct lt_autoencoder *a)
{
    if (a->sparsity == LT_SPARSITY_NONE)
        return;
    struct lt_node *n = &s->node[add(s, LT_NODE_SPARSE, "sparse", 0)];
    n->sparsity = a->sparsity;
    n->width = lt_keeps_largest(a) ? a->keep : 0;
    n->threshold = a->sparsity == LT_SPARSITY_BATCHTOPK ? NAN : 0;
    n->amount = (float)a->rho;
    n->weight = (float)a->penalty;
}

/* The code's layer tells the means; another beside it, on the same input, the variances.  The objective
 * is that of maximum likelihood up to a constant: of Bernoulli outputs under bce; under mse of normal
 * ones, (x - y)^2 / (2 variance), times 2 variance. */
static void add_sample(struct lt_net_spec *s, const struct lt_autoencoder *a)
{
    if (!a->variational)
        return;
    const int mean = s->count - 1;
    const int logvar =
        lt_net_spec_add_dense(s, "logvar", 0, s->node[mean].input[0], a->dims, LT_ACT_LINEAR);
    struct lt_node *n = &s->node[lt_net_spec_add(s, LT_NODE_SAMPLE, "sample", 0, mean)];
    n->inputs = 2;
    n->input[1] = logvar;
    n->weight = (float)(a->variance > 0 ? 2 * a->variance * a->beta : a->beta);
    n->amount = (float)a->variance;
}

static void add_categories(struct lt_net_spec *s, const struct lt_autoencoder *a, int from)
{
    for (int i = 0; i < a->runs; i++) {
        const struct lt_prep_run *run = &a->run[i];
        lt_net_spec_add_dense(s, "levels", (int)run->width, from, run->width * run->count,
                              LT_ACT_LINEAR);
        struct lt_node *head = &s->node[add(s, LT_NODE_HEAD, "output", (int)run->width)];
        head->loss = LT_LOSS_CE;
        head->unit = LT_ACT_LINEAR;
        head->group = run->width;
        head->target = run->first;
        head->weight = (float)(1 / (double)run->width);
    }
}

static bool is_conv(const struct lt_hidden *l)
{
    return l->kernel > 0;
}

bool lt_has_pooling(const struct lt_autoencoder *a)
{
    for (int i = 0; i < a->hidden; i++)
        if (lt_hidden_pools(&a->layer[i]))
            return true;
    return false;
}

/* Behind a hidden product, which is the last node, goes its normalisation, if any, and with it its
 * activation. */
static void add_norm(struct lt_net_spec *s, const struct lt_autoencoder *a)
{
    struct lt_node *product = &s->node[s->count - 1];
    char name[LT_NODE_NAME];
    if (a->norm == LT_NORM_NONE)
        return;
    snprintf(name, sizeof name, "%.24s_norm", product->name);
    struct lt_node *n = &s->node[add(s, LT_NODE_NORM, name, 0)];
    n->norm = a->norm;
    n->act = product->act;
    product->act = LT_ACT_LINEAR;
}

static void shape_conv(struct lt_net_spec *s, int node, const struct lt_hidden *l, int64_t channels,
                       enum lt_act act)
{
    s->node[node].width = channels;
    s->node[node].kernel = l->kernel;
    s->node[node].stride = l->stride;
    s->node[node].act = act;
}

/* x + conv(act(conv(x))), as three nodes NAMEna, NAMEnb and NAMEn, and two that normalise. */
static int add_block(struct lt_net_spec *s, const struct lt_autoencoder *a,
                     const struct lt_hidden *l, const char *name, int number)
{
    char part[LT_NODE_NAME];
    int from = s->count - 1;
    snprintf(part, sizeof part, "%s%da", name, number);
    shape_conv(s, add(s, LT_NODE_CONV, part, 0), l, l->width, a->act);
    add_norm(s, a);
    snprintf(part, sizeof part, "%s%db", name, number);
    shape_conv(s, add(s, LT_NODE_CONV, part, 0), l, l->width, LT_ACT_LINEAR);
    add_norm(s, a);
    int sum = lt_net_spec_add(s, LT_NODE_ADD, name, number, from);
    s->node[sum].inputs = 2;
    s->node[sum].input[1] = sum - 1;
    return sum;
}

static bool is_block(const struct lt_autoencoder *a, int i)
{
    return i >= 0 && i < a->hidden && a->layer[i].residual;
}

/* Whether the next layer from i on, in the direction of step, is a block: poolings between are looked
 * past. */
static bool meets_block(const struct lt_autoencoder *a, int i, int step)
{
    while (i >= 0 && i < a->hidden && lt_hidden_pools(&a->layer[i]))
        i += step;
    return is_block(a, i);
}

/* The encoder's layer i; the node of its product. */
static int add_hidden(struct lt_net_spec *s, const struct lt_autoencoder *a, int i)
{
    const struct lt_hidden *l = &a->layer[i];
    const bool code = a->dims == 0 && i + 1 == a->hidden;
    int node;
    if (l->residual)
        return add_block(s, a, l, "encoder", i + 1);
    if (lt_hidden_pools(l)) {
        node = add(s, LT_NODE_POOL, "encoder", i + 1);
        s->node[node].pool = l->pool;
        s->node[node].stride = l->stride;
        return node;
    }
    if (is_conv(l)) {
        const bool linear = meets_block(a, i + 1, 1);
        node = add(s, LT_NODE_CONV, "encoder", i + 1);
        shape_conv(s, node, l, l->width, linear ? LT_ACT_LINEAR : a->act);
        if (linear || code)
            return node;
    } else {
        node = add_dense(s, "encoder", i + 1, l->width, a->act);
    }
    add_norm(s, a);
    return node;
}

/* What the encoder's layer i puts out: the grid behind the convolutions up to it, or units. */
static struct lt_shape grid_after(const struct lt_autoencoder *a, int i)
{
    struct lt_shape g = a->input;
    for (int k = 0; k <= i; k++)
        g = lt_hidden_is_grid(&a->layer[k])
                ? (struct lt_shape){lt_hidden_pools(&a->layer[k]) ? g.c : a->layer[k].width,
                                    lt_conv_coarse(g.h, a->layer[k].stride),
                                    lt_conv_coarse(g.w, a->layer[k].stride)}
                : (struct lt_shape){a->layer[k].width, 1, 1};
    return g;
}

/* From the code, or what the encoder's layer i + 1 mirrored, back to what its layer i put out (i < 0:
 * the input). */
static int add_mirror(struct lt_net_spec *s, const struct lt_autoencoder *a, int i, enum lt_act act)
{
    const struct lt_shape g = grid_after(a, i);
    const struct lt_hidden *mirrored = i + 1 < a->hidden ? &a->layer[i + 1] : NULL;
    const bool linear = meets_block(a, i, -1), grid = i >= 0 && lt_hidden_is_grid(&a->layer[i]);
    int number = a->hidden - i - (a->dims == 0), node;
    if (is_block(a, i + 1))
        return add_block(s, a, mirrored, "decoder", number);
    if (linear)
        act = LT_ACT_LINEAR;
    if (mirrored && lt_hidden_pools(mirrored)) {
        node = add(s, LT_NODE_UPSAMPLE, "decoder", number);
        s->node[node].upsample = a->upsample;
        s->node[node].stride = mirrored->stride;
    } else if (mirrored && is_conv(mirrored)) {
        node = add(s, LT_NODE_DECONV, "decoder", number);
        shape_conv(s, node, mirrored, g.c, act);
    } else {
        node = add_dense(s, "decoder", number, lt_shape_width(g), act);
    }
    if (grid || s->node[node].kind != LT_NODE_DENSE) {
        s->node[node].grid_h = g.h;
        s->node[node].grid_w = g.w;
    }
    if (i >= 0 && !linear && s->node[node].kind != LT_NODE_UPSAMPLE)
        add_norm(s, a);
    return node;
}

static void add_outputs(struct lt_net_spec *s, const struct lt_autoencoder *a, int encoder1)
{
    int from = s->count - 1;
    int64_t numbers = a->runs > 0 ? a->numbers : lt_shape_width(a->input);
    if (numbers > 0) {
        int last = a->runs > 0 ? add_dense(s, "decoder", a->hidden + 1, numbers, LT_ACT_LINEAR)
                               : add_mirror(s, a, -1, LT_ACT_LINEAR);
        s->node[last].tied = a->tied ? encoder1 : 0;
        struct lt_node *head = &s->node[add(s, LT_NODE_HEAD, "output", 0)];
        head->loss = a->loss;
        head->unit = a->unit;
    }
    add_categories(s, a, from);
}

/* The outputs read the shown part of an ordered code as well, past the hidden layers: numbers far back in
 * the order, which those hardly learn to tell, then add what they know as a linear code would.  A grid has
 * no place for them. */
static void add_shown(struct lt_net_spec *s, const struct lt_autoencoder *a, int prefix)
{
    if (!a->ordered || a->hidden == 0 || lt_hidden_is_grid(&a->layer[0]))
        return;
    struct lt_node *n = &s->node[add(s, LT_NODE_CONCAT, "shown", 0)];
    n->inputs = 2;
    n->input[1] = prefix;
}

/* The most nodes that the layers make: a node each, those of a block, and what normalises or drops
 * out, twice; and the input, its noise and what shows it, code, what makes it sparse or draws it, and heads
 * with what they read. */
static int nodes_most(const struct lt_autoencoder *a, int decoders)
{
    const bool norm = a->norm != LT_NORM_NONE, dropout = a->dropout > 0;
    int layers = 0;
    for (int i = 0; i < a->hidden; i++)
        layers += (is_block(a, i) ? 3 + 2 * norm : 1 + norm) + dropout;
    return 7 + layers + decoders * (layers + 2 + 2 * a->runs + 2 * a->ordered);
}

/* Of an ordered code: the last for all K numbers, the others for half as many each, as far as there is
 * room, also for the encoder once more (lt_net_spec_contract). */
static int decoders_of(const struct lt_autoencoder *a)
{
    const int room = LT_NODES_MAX - nodes_most(a, 0);
    int n = 1;
    while (a->ordered && n < DECODERS_MOST && a->dims >> n >= NARROWEST &&
           nodes_most(a, n + 1) <= room)
        n++;
    return n;
}

static int check_layers(const struct lt_autoencoder *a, struct lt_error *err)
{
    if (nodes_most(a, 1) > LT_NODES_MAX)
        return lt_fail(
            err, LT_EUSAGE,
            "--layers: these make %d nodes with all that goes between, and a network has "
            "%d at most; give fewer layers",
            nodes_most(a, 1), LT_NODES_MAX);
    for (int i = 0; i < a->hidden; i++) {
        const struct lt_shape g = grid_after(a, i - 1);
        const struct lt_hidden *l = &a->layer[i];
        if (lt_hidden_pools(l) && (l->stride > g.h || l->stride > g.w))
            return lt_fail(err, LT_EUSAGE,
                           "--layers: layer %d pools squares of %lld x %lld pixels, and the grid "
                           "there has %lld x %lld; leave it out",
                           i + 1, (long long)l->stride, (long long)l->stride, (long long)g.h,
                           (long long)g.w);
        if (a->norm == LT_NORM_LAYER && l->width < 2)
            return lt_fail(err, LT_EUSAGE,
                           "--norm layer leaves nothing of layer %d, which has a single %s; give "
                           "it more, or use --norm batch",
                           i + 1, lt_hidden_is_grid(l) ? "channel" : "unit");
    }
    return 0;
}

/* From the first `dims` numbers of the code, of which `always` are shown always. */
static void add_decoder(struct lt_net_spec *s, const struct lt_autoencoder *a, int64_t dims,
                        int64_t always, const int *encoder)
{
    const int prefix = a->ordered ? add(s, LT_NODE_PREFIX, "prefix", 0) : 0;
    if (a->ordered) {
        s->node[prefix].input[0] = s->code;
        s->node[prefix].width = dims;
        s->node[prefix].target = always;
    }
    for (int i = a->hidden - (a->dims > 0 ? 1 : 2); i >= 0; i--) {
        const int d = add_mirror(s, a, i, a->act);
        s->node[d].tied = a->tied ? encoder[i + 1] : 0;
        add_dropout(s, a->dropout, "decoder_dropout", a->hidden - i);
    }
    add_shown(s, a, prefix);
    add_outputs(s, a, encoder[0]);
}

/* Its nodes have names of their own: "k8.decoder1". */
static void add_narrow_decoder(struct lt_net_spec *s, const struct lt_autoencoder *a, int64_t dims,
                               int64_t always)
{
    static const int untied[LT_HIDDEN_MAX + 1] = {0};
    char name[LT_NODE_NAME];
    int node = s->count;
    add_decoder(s, a, dims, always, untied);
    for (; node < s->count; node++) {
        memcpy(name, s->node[node].name, sizeof name);
        snprintf(s->node[node].name, LT_NODE_NAME, "k%d.%.22s", (int)dims, name);
    }
}

int lt_autoencoder_build(struct lt_net_spec *out, const struct lt_autoencoder *a,
                         struct lt_error *err)
{
    int encoder[LT_HIDDEN_MAX + 1];
    int rc = check_layers(a, err);
    if (rc)
        return rc;
    memset(out, 0, sizeof *out);
    out->node[add(out, LT_NODE_INPUT, "input", 0)].shape = a->input;
    add_noise(out, a);
    add_observe(out, a);
    for (int i = 0; i < a->hidden; i++) {
        encoder[i] = add_hidden(out, a, i);
        add_dropout(out, a->dropout, "encoder_dropout", i + 1);
    }
    if (a->dims > 0)
        encoder[a->hidden] = add_dense(out, "encoder", a->hidden + 1, a->dims, code_act(a));
    add_sparse(out, a);
    add_sample(out, a);
    out->code = add(out, LT_NODE_CODE, "code", 0);
    const int decoders = decoders_of(a);
    for (int d = decoders - 1; d > 0; d--)
        add_narrow_decoder(out, a, a->dims >> d, d + 1 < decoders ? a->dims >> (d + 1) : 0);
    add_decoder(out, a, a->dims, decoders > 1 ? a->dims >> 1 : 0, encoder);
    return lt_net_spec_infer(out, err);
}

/* Whether a node shows the input, flags behind it perhaps, and nothing else. */
static bool shows_input(const struct lt_net_spec *spec, int node)
{
    while (spec->node[node].kind == LT_NODE_OBSERVE || spec->node[node].kind == LT_NODE_NOISE)
        node = spec->node[node].input[0];
    return node == 0;
}

void lt_start_levels(const struct lt_params *params, const struct lt_net_spec *spec,
                     const struct lt_prep *prep, float *weights)
{
    int64_t first = lt_prep_numbers(prep), end = prep->features;
    for (int p = 0; p < params->count; p++) {
        const struct lt_param *q = &params->param[p];
        if (q->kind != LT_PARAM_WEIGHT || !shows_input(spec, spec->node[q->node].input[0]))
            continue;
        for (int64_t i = 0; i < q->rows && first < end; i++)
            memset(weights + q->offset + i * q->cols + first, 0,
                   (size_t)(end - first) * sizeof *weights);
    }
}

/* Coarse channel q of a convolution (out, kernel, kernel, in) stands for one fine value alone: the
 * pixel (q / in / stride, q / in % stride) of its square, channel q % in.  Other weights of the channels
 * that stand for one become 0. */
static void copy_pixels(const struct lt_node *n, const struct lt_param *q, int64_t in, float *w)
{
    const int64_t copies = n->stride * n->stride * in;
    memset(w, 0, (size_t)(copies * q->cols) * sizeof *w);
    for (int64_t k = 0; k < copies; k++) {
        const int64_t y = n->kernel / 2 + k / in / n->stride,
                      x = n->kernel / 2 + k / in % n->stride;
        w[k * q->cols + (y * n->kernel + x) * in + k % in] = 1;
    }
}

static void zero(const struct lt_param *q, float *weights)
{
    memset(weights + q->offset, 0, (size_t)(q->rows * q->cols) * sizeof *weights);
}

void lt_start_denoiser(const struct lt_params *params, const struct lt_net_spec *spec,
                       float *weights)
{
    const int64_t in = spec->node[0].shape.c;
    const struct lt_param *first = NULL, *last = NULL;
    for (int i = 0; i < spec->count; i++)
        if (spec->node[i].kind == LT_NODE_POOL)
            return;
    for (int p = 0; p < params->count; p++)
        if (params->param[p].conv) {
            first = first ? first : &params->param[p];
            last = &params->param[p];
        }
    if (!first || spec->node[last->node].kind != LT_NODE_DECONV)
        return;
    const struct lt_node *a = &spec->node[first->node], *b = &spec->node[last->node];
    if (a->act != LT_ACT_LINEAR || lt_node_is_normalised(spec, first->node) ||
        a->stride != b->stride || a->width != last->rows || a->stride * a->stride * in > a->width)
        return;
    for (int p = 0; p < params->count; p++) {
        const struct lt_param *q = &params->param[p];
        const bool factor = q->conv || q->kind == LT_PARAM_GAIN;
        if (q->kind == LT_PARAM_BIAS || (factor && lt_node_ends_block(spec, q->node)))
            zero(q, weights);
    }
    zero(last, weights);
    copy_pixels(a, first, in, weights + first->offset);
    copy_pixels(b, last, in, weights + last->offset);
}
