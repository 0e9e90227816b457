#include "app/build.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Networks and noise in words, both ways. */

/* The node that puts out what a product does, normalised where it is. */
static int end_of(const struct lt_net_spec *spec, int node)
{
    return lt_node_is_normalised(spec, node) ? node + 1 : node;
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
    const char *norm = lt_node_is_normalised(spec, product) ? "n" : "";
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
        const int prefix = lt_prefix_of(spec, i);
        if (prefix && lt_prefix_last(spec, prefix) < lt_net_spec_dims(spec))
            continue; /* a narrow decoder, of the same layers */
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
        if (lt_hidden_pools(&l) && (a->hidden == 0 || !lt_hidden_is_grid(&a->layer[a->hidden - 1])))
            return lt_fail(err, LT_EUSAGE,
                           "--layers: \"%.60s\" pools what is no grid of a convolution; put a "
                           "convolution such as 32c3 before it",
                           text);
        if (lt_hidden_pools(&l))
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
