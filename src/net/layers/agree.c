#include "net/layer.h"
#include <math.h>

/* Draws the distribution that its second input tells towards that of its first: both hold logits
 * (rows, classes), and weight * -sum p log q, p = softmax(first), q = softmax(second), is added to the
 * objective while training.  p counts as given: no gradient goes to the first input.
 * lt_net_spec_agree tells what for. */

enum { CLASSES_MOST = 512 };

static int infer(struct lt_net_spec *spec, int node, struct lt_error *err)
{
    struct lt_node *n = &spec->node[node];
    const struct lt_shape a = spec->node[n->input[0]].shape, b = spec->node[n->input[1]].shape;
    if (a.c != b.c || a.h != 1 || a.w != 1 || b.h != 1 || b.w != 1)
        return lt_node_fail(spec, node, err, "its inputs differ in shape, or are images");
    if (a.c < 2 || a.c > CLASSES_MOST)
        return lt_node_fail(spec, node, err, "it needs 2 to 512 classes");
    if (!(n->weight >= 0 && n->weight <= 1e6f))
        return lt_node_fail(spec, node, err, "the weight of its penalty is out of range");
    n->shape = a;
    return 0;
}

static size_t saves(const struct lt_net_spec *spec, int node, bool training, int64_t rows)
{
    return training ? (size_t)rows * (size_t)lt_node_width(spec, node) * sizeof(float) : 0;
}

/* p is left in `saved`, the gradient for the second input in dy. */
static void forward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const struct lt_node *n = &net->spec.node[node];
    const struct lt_buffer none = {NULL, 0}, given = lt_value_of(net, n->input[0], pass);
    const int64_t width = lt_node_width(&net->spec, node);
    struct lt_value *v = &net->value[node];
    struct lt_backend *b = net->backend;
    if (!pass->training) {
        b->ops->zero(b, v->row_loss, (size_t)pass->rows * sizeof(double));
        return;
    }
    b->ops->head(b, LT_LOSS_CE, LT_ACT_LINEAR, 0, pass->rows, width, width, given, given, v->saved,
                 none, none, none);
    b->ops->head(b, LT_LOSS_CE, LT_ACT_LINEAR, n->weight / (float)pass->rows, pass->rows, width,
                 width, lt_value_of(net, n->input[1], pass), v->saved, none, v->dy, v->row_loss,
                 none);
}

static void backward(struct lt_net *net, int node, const struct lt_pass *pass)
{
    const size_t n = (size_t)(pass->rows * lt_node_width(&net->spec, node));
    struct lt_buffer dx = lt_gradient_begin(net, node, 1);
    if (dx.memory)
        net->backend->ops->axpby(net->backend, n, 1, net->value[node].dy, 0, dx);
    lt_gradient_end(net, node, 1, pass);
}

static double log_sum(const double *a, int64_t n, double *most)
{
    *most = a[0];
    for (int64_t j = 1; j < n; j++)
        *most = fmax(*most, a[j]);
    double sum = exp(a[0] - *most);
    for (int64_t j = 1; j < n; j++)
        sum += exp(a[j] - *most);
    return log(sum) + *most;
}

static void oracle(struct lt_oracle *o, int node)
{
    const struct lt_node *n = &o->spec->node[node];
    const int64_t width = lt_node_width(o->spec, node);
    double sum = 0, most;
    for (int64_t r = 0; r < o->pass->rows && o->pass->training; r++) {
        const double *a = o->y[n->input[0]] + r * width, *b = o->y[n->input[1]] + r * width;
        const double log_a = log_sum(a, width, &most), log_b = log_sum(b, width, &most);
        for (int64_t j = 0; j < width; j++)
            sum -= exp(a[j] - log_a) * (b[j] - log_b);
    }
    o->objective += (double)n->weight * sum / (double)o->pass->rows;
}

const struct lt_layer_ops lt_layer_agree = {.name = "agree",
                                            .inputs_min = 2,
                                            .inputs_max = 2,
                                            .row_losses = true,
                                            .penalty = true,
                                            .infer = infer,
                                            .saves = saves,
                                            .forward = forward,
                                            .backward = backward,
                                            .oracle = oracle};
