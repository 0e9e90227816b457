#include "app/build.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Levels are shown smaller than numbers.  The default optimizer makes the most of what varies
 * little, and would learn a column of many rare levels before the numbers beside it. */
static const float LEVEL_GAIN = 0.25f;

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

static bool is_pool(const struct lt_hidden *l)
{
    return l->pool != LT_POOL_NONE;
}

bool lt_has_pooling(const struct lt_autoencoder *a)
{
    for (int i = 0; i < a->hidden; i++)
        if (is_pool(&a->layer[i]))
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
    while (i >= 0 && i < a->hidden && is_pool(&a->layer[i]))
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
    if (is_pool(l)) {
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
                ? (struct lt_shape){is_pool(&a->layer[k]) ? g.c : a->layer[k].width,
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
    if (mirrored && is_pool(mirrored)) {
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

/* The most nodes that the layers make: a node each, those of a block, and what normalises or drops
 * out, twice; and the input, its noise and what shows it, code, what makes it sparse or draws it, and heads
 * with what they read. */
static int nodes_most(const struct lt_autoencoder *a)
{
    const bool norm = a->norm != LT_NORM_NONE, dropout = a->dropout > 0;
    int nodes = 9 + 2 * a->runs;
    for (int i = 0; i < a->hidden; i++)
        nodes += 2 * ((is_block(a, i) ? 3 + 2 * norm : 1 + norm) + dropout);
    return nodes;
}

static int check_layers(const struct lt_autoencoder *a, struct lt_error *err)
{
    if (nodes_most(a) > LT_NODES_MAX)
        return lt_fail(
            err, LT_EUSAGE,
            "--layers: these make %d nodes with all that goes between, and a network has "
            "%d at most; give fewer layers",
            nodes_most(a), LT_NODES_MAX);
    for (int i = 0; i < a->hidden; i++) {
        const struct lt_shape g = grid_after(a, i - 1);
        const struct lt_hidden *l = &a->layer[i];
        if (is_pool(l) && (l->stride > g.h || l->stride > g.w))
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
    for (int i = a->hidden - (a->dims > 0 ? 1 : 2); i >= 0; i--) {
        int d = add_mirror(out, a, i, a->act);
        out->node[d].tied = a->tied ? encoder[i + 1] : 0;
        add_dropout(out, a->dropout, "decoder_dropout", a->hidden - i);
    }
    add_outputs(out, a, encoder[0]);
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

static bool is_normalised(const struct lt_net_spec *spec, int node)
{
    return node + 1 < spec->count && spec->node[node + 1].kind == LT_NODE_NORM &&
           spec->node[node + 1].input[0] == node;
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
    if (a->act != LT_ACT_LINEAR || is_normalised(spec, first->node) || a->stride != b->stride ||
        a->width != last->rows || a->stride * a->stride * in > a->width)
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

/* The node that puts out what a product does, normalised where it is. */
static int end_of(const struct lt_net_spec *spec, int node)
{
    return is_normalised(spec, node) ? node + 1 : node;
}

/* Whether a node is one of the two convolutions of a block, which follow one another. */
static bool is_half(const struct lt_net_spec *spec, int node)
{
    const int end = end_of(spec, node), next = end + 1;
    return lt_node_ends_block(spec, end) ||
           (next < spec->count && spec->node[next].input[0] == end &&
            lt_node_ends_block(spec, end_of(spec, next)));
}

/* The convolution whose output a node adds to the path past a block. */
static int branch_of(const struct lt_net_spec *spec, int node)
{
    const int end = spec->node[node].input[1];
    return spec->node[end].kind == LT_NODE_NORM ? spec->node[end].input[0] : end;
}

/* "512", "32c3", "32c3/2", "32r3", "m2", "u2"; a transposed convolution by what it mirrors; "" for
 * what is told with another node. */
static void node_text(const struct lt_net_spec *spec, int node, char *text, size_t size)
{
    const struct lt_node *n = &spec->node[node];
    const int product = n->kind == LT_NODE_ADD ? branch_of(spec, node) : node;
    const struct lt_node *conv = &spec->node[product];
    const char *norm = is_normalised(spec, product) ? "n" : "";
    long long width = n->kind == LT_NODE_DECONV ? spec->node[n->input[0]].shape.c : conv->width;
    char stride[24] = "";
    text[0] = '\0';
    if (n->kind == LT_NODE_DENSE && n->grid_h == 0)
        snprintf(text, size, "%lld%s", width, norm);
    if (n->kind == LT_NODE_POOL)
        snprintf(text, size, "%c%lld", n->pool == LT_POOL_MAX ? 'm' : 'a', (long long)n->stride);
    if (n->kind == LT_NODE_UPSAMPLE)
        snprintf(text, size, "%c%lld", n->upsample == LT_UPSAMPLE_NEAREST ? 'u' : 'b',
                 (long long)n->stride);
    if (conv->kernel == 0 || (n->kind == LT_NODE_CONV && is_half(spec, node)))
        return;
    if (conv->stride > 1)
        snprintf(stride, sizeof stride, "/%lld", (long long)conv->stride);
    snprintf(text, size, "%lld%c%lld%s%s", width, n->kind == LT_NODE_ADD ? 'r' : 'c',
             (long long)conv->kernel, stride, norm);
}

void lt_autoencoder_text(const struct lt_net_spec *spec, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%lld", (long long)lt_net_spec_inputs(spec));
    char part[60];
    int outputs = 0;
    for (int i = 0; i < spec->count && used < size; i++) {
        bool output = i + 1 < spec->count && spec->node[i + 1].kind == LT_NODE_HEAD;
        node_text(spec, i, part, sizeof part);
        if (part[0])
            used +=
                (size_t)snprintf(text + used, size - used, "%c%s", outputs > 0 ? '+' : '-', part);
        if (output && spec->node[i].kind == LT_NODE_DECONV && used < size)
            used += (size_t)snprintf(text + used, size - used, "-%lld",
                                     (long long)lt_shape_width(spec->node[i].shape));
        outputs += output;
    }
}

/* ---- words ---- */

/* A number from 1 to `most` at *text, which moves on behind it. */
static bool read_size(const char **text, int64_t most, int64_t *value)
{
    char *end;
    errno = 0;
    long long v = strtoll(*text, &end, 10);
    bool good = isdigit((unsigned char)**text) && errno == 0 && v >= 1 && v <= most;
    *text = end;
    *value = v;
    return good;
}

/* WIDTH, CHANNELS"c"KERNEL["/"STRIDE], CHANNELS"r"KERNEL, "m"SIDE or "a"SIDE. */
static bool read_layer(const char **text, struct lt_hidden *l)
{
    *l = (struct lt_hidden){0};
    if (**text == 'm' || **text == 'a') {
        l->pool = **text == 'm' ? LT_POOL_MAX : LT_POOL_AVERAGE;
        ++*text;
        return read_size(text, 8, &l->stride) && l->stride > 1;
    }
    if (!read_size(text, LT_WIDTH_MAX, &l->width))
        return false;
    const char kind = **text;
    if (kind != 'c' && kind != 'r')
        return true;
    ++*text;
    l->stride = 1;
    l->residual = kind == 'r';
    if (!read_size(text, 31, &l->kernel) || l->kernel % 2 == 0)
        return false;
    if (**text != '/' || l->residual)
        return true;
    ++*text;
    return read_size(text, (l->kernel + 1) / 2, &l->stride);
}

int lt_parse_layers(const char *text, struct lt_autoencoder *a, struct lt_error *err)
{
    a->hidden = 0;
    if (strcmp(text, "none") == 0)
        return 0;
    for (const char *c = text;; c++) {
        struct lt_hidden l;
        if (a->hidden == LT_HIDDEN_MAX)
            return lt_fail(err, LT_EUSAGE, "--layers: at most %d layers", LT_HIDDEN_MAX);
        if (!read_layer(&c, &l) || (*c && *c != ','))
            return lt_fail(
                err, LT_EUSAGE,
                "--layers: \"%.60s\" is not a list of widths such as 512,256 (or none), nor "
                "of convolutions such as 32c3,64c3/2 (channels, an odd kernel up to 31, and "
                "a stride up to half of the kernel + 1), blocks such as 64r3, or poolings m2 ... "
                "m8 "
                "(maximum) and a2 ... a8 (average)",
                text);
        if (is_pool(&l) && (a->hidden == 0 || !lt_hidden_is_grid(&a->layer[a->hidden - 1])))
            return lt_fail(err, LT_EUSAGE,
                           "--layers: \"%.60s\" pools what is no grid of a convolution; put a "
                           "convolution such as 32c3 before it",
                           text);
        if (is_pool(&l))
            l.width = a->layer[a->hidden - 1].width;
        if (l.residual && (a->hidden == 0 || a->layer[a->hidden - 1].width != l.width))
            return lt_fail(
                err, LT_EUSAGE,
                "--layers: \"%.60s\" has a block behind another number of channels; put a "
                "convolution such as %lldc3 before it",
                text, (long long)l.width);
        if (a->hidden > 0 && l.kernel > 0 && !lt_hidden_is_grid(&a->layer[a->hidden - 1]))
            return lt_fail(
                err, LT_EUSAGE,
                "--layers: \"%.60s\" has a convolution behind a dense layer; convolutions "
                "come first",
                text);
        a->layer[a->hidden++] = l;
        if (!*c)
            return 0;
    }
}

/* "0.1" or "25/255" at *text, which moves on behind it. */
static bool read_amount(const char **text, double *out)
{
    char *end;
    *out = strtod(*text, &end);
    if (end == *text)
        return false;
    if (*end == '/') {
        const char *below = end + 1;
        double divisor = strtod(below, &end);
        if (end == below || divisor == 0)
            return false;
        *out /= divisor;
    }
    *text = end;
    return true;
}

/* An amount, or "FROM-TO"; most is 0 without a range. */
static bool read_amounts(const char *text, double *amount, double *most)
{
    *most = 0;
    if (!read_amount(&text, amount))
        return false;
    if (*text != '-')
        return !*text && *amount > 0 && *amount < 1e6;
    text++;
    return read_amount(&text, most) && !*text && *amount >= 0 && *amount < 1e6 && *most > 0 &&
           *most < 1e6;
}

/* "KIND:AMOUNT": copies the kind, as far as it has room, and returns the amount, "" without one. */
enum { WORD = 32 };
static const char *split_kind(const char *text, char kind[WORD])
{
    size_t length = strcspn(text, ":"), room = WORD - 1;
    snprintf(kind, WORD, "%.*s", (int)(length < room ? length : room), text);
    return text + length + (text[length] == ':');
}

/* A positive number that ends at `end`. */
static bool read_positive(const char **text, char end, double *value)
{
    char *stop;
    errno = 0;
    *value = strtod(*text, &stop);
    bool good = stop != *text && errno == 0 && *stop == end && *value > 0 && *value <= 1e6;
    *text = stop + (*stop != '\0');
    return good;
}

int lt_parse_sparse(const char *text, struct lt_autoencoder *a, struct lt_error *err)
{
    char kind[WORD];
    const char *amount = split_kind(text, kind);
    double n = 0;
    int sparsity = lt_sparsity_by_name(kind);
    a->sparsity = (enum lt_sparsity)sparsity;
    switch (sparsity) {
    case LT_SPARSITY_NONE:
        return 0;
    case LT_SPARSITY_TOPK:
    case LT_SPARSITY_BATCHTOPK:
        if (!read_positive(&amount, '\0', &n) || n != floor(n))
            return lt_fail(err, LT_EUSAGE,
                           "--sparse: \"%.60s\" needs a whole number of units, such as %s:16", text,
                           kind);
        a->keep = (int64_t)n;
        return 0;
    case LT_SPARSITY_L1:
        if (read_positive(&amount, '\0', &a->penalty))
            return 0;
        return lt_fail(err, LT_EUSAGE,
                       "--sparse: \"%.60s\" needs a positive weight, such as l1:0.01", text);
    case LT_SPARSITY_KL:
        if (read_positive(&amount, ':', &a->rho) && a->rho < 1 &&
            read_positive(&amount, '\0', &a->penalty))
            return 0;
        return lt_fail(err, LT_EUSAGE,
                       "--sparse: \"%.60s\" needs a mean activity below 1 and a positive weight, "
                       "such as kl:0.05:0.1",
                       text);
    default:
        return lt_fail(err, LT_EUSAGE,
                       "--sparse: \"%s\" is not one of topk:N, batchtopk:N, l1:W, kl:RHO:BETA",
                       kind);
    }
}

static int check_amounts(const struct lt_autoencoder *a, const char *kind, struct lt_error *err)
{
    const double least = (double)lt_noise_least(a->noise), most = (double)lt_noise_most(a->noise);
    const double largest = fmax(a->amount, a->most);
    if (largest > most && most <= 1)
        return lt_fail(err, LT_EUSAGE, "--noise: %s takes a probability, at most 1, not %g", kind,
                       largest);
    if (a->noise == LT_NOISE_JPEG && !(a->amount >= least && largest <= most &&
                                       floor(a->amount) >= a->amount && floor(largest) >= largest))
        return lt_fail(err, LT_EUSAGE,
                       "--noise: jpeg takes whole qualities from 1 to 100, such as jpeg:30 or "
                       "jpeg:10-80");
    if (a->amount < least || largest > most)
        return lt_fail(err, LT_EUSAGE, "--noise: %s takes amounts from %g to %g, not %g", kind,
                       least, most, a->amount < least ? a->amount : largest);
    return 0;
}

int lt_parse_noise(const char *text, struct lt_autoencoder *a, struct lt_error *err)
{
    char kind[WORD];
    const char *amount = split_kind(text, kind);
    int noise = lt_noise_by_name(kind);
    if (noise < 0 || noise == LT_NOISE_PAIRS)
        return lt_fail(
            err, LT_EUSAGE,
            "--noise: \"%s\" is not one of gaussian, mask, saltpepper, uniform, missing, "
            "poisson, jpeg",
            kind);
    a->noise = (enum lt_noise)noise;
    if (noise == LT_NOISE_NONE)
        return 0;
    if (!read_amounts(amount, &a->amount, &a->most))
        return lt_fail(
            err, LT_EUSAGE,
            "--noise: \"%.60s\" needs a positive amount, such as %s:0.2 or %s:25/255, or "
            "a range of them, such as %s:5/255-50/255",
            text, kind, kind, kind);
    if (a->most > 0 && a->most < a->amount)
        return lt_fail(err, LT_EUSAGE,
                       "--noise: the range of \"%.60s\" begins above its end; write the smaller "
                       "amount first",
                       text);
    return check_amounts(a, kind, err);
}

void lt_noise_text(enum lt_noise noise, double amount, double most, char *text, size_t size)
{
    const char *name = lt_noise_name(noise);
    if (noise == LT_NOISE_NONE || noise == LT_NOISE_PAIRS)
        snprintf(text, size, "%s", name);
    else if (most > 0)
        snprintf(text, size, "%s:%.4g-%.4g", name, amount, most);
    else
        snprintf(text, size, "%s:%.4g", name, amount);
}
