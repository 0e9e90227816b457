#include "net/layer.h"
#include <math.h>
#include <string.h>

/* Makes a code sparse, in one of four ways:
 *
 *   topk   all but the `width` largest values become 0 (Makhzani and Frey, "k-sparse autoencoders",
 *          ICLR 2014)
 *   l1     weight * sum |x| is added to the objective
 *   kl     weight * sum over units of KL(rho || mean activity over the batch) is added to it, for
 *          units between 0 and 1 (Ng, "Sparse autoencoder", lecture notes, 2011)
 *   batchtopk
 *          all but the `width` x rows largest values of a batch become 0, so that rows that need
 *          more units have more (Bussmann, Leask and Nanda, "BatchTopK sparse autoencoders", 2024).
 *          Outside training a row must not depend on its batch: values from `threshold` on are kept,
 *          which is the mean over training batches of the smallest value kept
 *
 * Penalties count while training only, so that the rows which stop training judge what they do to the
 * reconstruction. */

static bool penalises(const struct lt_node *n)
{
    return n->sparsity != LT_SPARSITY_TOPK && n->sparsity != LT_SPARSITY_BATCHTOPK;
}

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    n->shape = spec->node[n->input[0]].shape;
    if (!penalises(n) && (n->width < 1 || n->width > lt_shape_width(n->shape)))
        return lt_node_fail(spec, node, err, "it keeps more values than there are, or none");
    if (isinf(n->threshold))
        return lt_node_fail(spec, node, err, "its threshold is not finite");
    if (n->sparsity == LT_SPARSITY_KL && !(n->amount > 0 && n->amount < 1))
        return lt_node_fail(spec, node, err, "the activity it aims at lies outside 0 to 1");
    if (!(n->weight >= 0 && n->weight <= 1e6f))
        return lt_node_fail(spec, node, err, "the weight of its penalty is out of range");
    return 0;
}

/* kl: mean activities */
static size_t saves(const struct lt_net_spec *spec, int node, bool training, int64_t rows)
{
    (void)rows;
    bool kl = spec->node[node].sparsity == LT_SPARSITY_KL;
    return training && kl ? (size_t)lt_node_width(spec, node) * sizeof(float) : 0;
}

static struct lt_sparse describe(const struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    return (struct lt_sparse){.kind = n->sparsity,
                              .rows = pass->rows,
                              .width = lt_node_width(&net->spec, node),
                              .keep = n->width,
                              .rho = n->amount,
                              .threshold = pass->training ? NAN : n->threshold};
}

static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_buffer none = {NULL, 0};
    struct lt_value *v = &net->value[node];
    struct lt_sparse s = describe(net, node, pass);
    bool counts = pass->training && penalises(n);
    net->backend->ops->sparse(net->backend, &s, lt_value_of(net, n->input[0], pass), v->y,
                              counts ? v->saved : none, counts ? v->row_loss : none);
    if (!counts && v->row_loss.memory)
        net->backend->ops->zero(net->backend, v->row_loss, (size_t)pass->rows * sizeof(double));
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    struct lt_value *v = &net->value[node];
    struct lt_sparse s = describe(net, node, pass);
    struct lt_buffer dx = lt_gradient_begin(net, node, 0);
    if (!dx.memory)
        return;
    net->backend->ops->sparse_backward(net->backend, &s,
                                       net->spec.node[node].weight / (float)pass->rows, v->y,
                                       v->saved, v->dy, dx);
    lt_gradient_end(net, node, 0, pass);
}

/* How many of the values go before value j. */
static int64_t rank(const double *x, int64_t width, int64_t j)
{
    int64_t before = 0;
    for (int64_t i = 0; i < width; i++)
        before += x[i] > x[j] || (i < j && x[i] == x[j]);
    return before;
}

static double divergence(const struct lt_node *n, const double *x, int64_t rows, int64_t width,
                         int64_t j)
{
    double mean = 0, rho = (double)n->amount;
    for (int64_t r = 0; r < rows; r++)
        mean += x[r * width + j] / (double)rows;
    return rho * log(rho / mean) + (1 - rho) * log((1 - rho) / (1 - mean));
}

/* Whether value j of row r stays. */
static bool keeps(const struct lt_oracle *o, const struct lt_node *n, const double *x,
                  int64_t width, int64_t r, int64_t j)
{
    const int64_t rows = o->pass->rows;
    if (n->sparsity == LT_SPARSITY_TOPK)
        return rank(x + r * width, width, j) < n->width;
    if (n->sparsity != LT_SPARSITY_BATCHTOPK)
        return true;
    if (!o->pass->training && !isnan(n->threshold))
        return x[r * width + j] >= (double)n->threshold;
    return rank(x, rows * width, r * width + j) < n->width * rows;
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    int64_t width = lt_node_width(o->spec, node), rows = o->pass->rows;
    const double *x = o->y[n->input[0]];
    double *y = o->y[node], penalty = 0;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t j = 0; j < width; j++) {
            int64_t at = r * width + j;
            y[at] = keeps(o, n, x, width, r, j) ? x[at] : 0;
            if (n->sparsity == LT_SPARSITY_L1)
                penalty += fabs(x[at]) / (double)rows;
        }
    for (int64_t j = 0; n->sparsity == LT_SPARSITY_KL && j < width; j++)
        penalty += divergence(n, x, rows, width, j);
    if (o->pass->training)
        o->objective += (double)n->weight * penalty;
}

const struct lt_layer_ops lt_layer_sparse = {.name = "sparse",
                                             .inputs_min = 1,
                                             .inputs_max = 1,
                                             .row_losses = true,
                                             .infer = infer,
                                             .saves = saves,
                                             .forward = forward,
                                             .backward = backward,
                                             .oracle = oracle};
