/* Networks that tests are made of. */
#ifndef LT_TESTS_T_NET_H
#define LT_TESTS_T_NET_H

#include "net/net.h"
#include "t.h"

/* Adds a node that reads `input` and returns its index. */
T_UNUSED static int add(struct lt_net_spec *s, enum lt_node_kind kind, const char *name, int input)
{
    struct lt_node *n = &s->node[s->count];
    n->kind = kind;
    snprintf(n->name, sizeof n->name, "%s", name);
    n->inputs = s->count > 0;
    n->input[0] = input;
    n->weight = 1;
    return s->count++;
}

T_UNUSED static int add_input(struct lt_net_spec *s, int64_t width)
{
    memset(s, 0, sizeof *s);
    int i = add(s, LT_NODE_INPUT, "input", 0);
    s->node[i].shape = (struct lt_shape){width, 1, 1};
    return i;
}

T_UNUSED static int add_dense(struct lt_net_spec *s, const char *name, int input, int64_t width,
                              enum lt_act act)
{
    int i = add(s, LT_NODE_DENSE, name, input);
    s->node[i].width = width;
    s->node[i].act = act;
    return i;
}

T_UNUSED static int add_head(struct lt_net_spec *s, const char *name, int input, enum lt_loss loss,
                             enum lt_act unit)
{
    int i = add(s, LT_NODE_HEAD, name, input);
    s->node[i].loss = loss;
    s->node[i].unit = unit;
    return i;
}

T_UNUSED static int add_code(struct lt_net_spec *s, int input)
{
    return s->code = add(s, LT_NODE_CODE, "code", input);
}

/* inputs -> hidden -> dims -> hidden -> inputs, tied when asked. */
T_UNUSED static void plain_net(struct lt_net_spec *s, const int64_t widths[3], enum lt_act act,
                               bool tied, enum lt_loss loss, enum lt_act unit)
{
    int e1 = add_dense(s, "encoder1", add_input(s, widths[0]), widths[1], act);
    int e2 = add_dense(s, "encoder2", e1, widths[2], LT_ACT_LINEAR);
    int d1 = add_dense(s, "decoder1", add_code(s, e2), widths[1], act);
    int d2 = add_dense(s, "decoder2", d1, widths[0], LT_ACT_LINEAR);
    s->node[d1].tied = tied ? e2 : 0;
    s->node[d2].tied = tied ? e1 : 0;
    add_head(s, "output", d2, loss, unit);
}

T_UNUSED static const int64_t SMALL[3] = {11, 7, 3}, ODD[3] = {67, 37, 17};

/* A skip connection in the encoder, the code read twice, a concatenation, a layer read by a head
 * and by another layer, and heads of different losses and weights; column 11 has none. */
T_UNUSED static void graph_net(struct lt_net_spec *s)
{
    int e1 = add_dense(s, "encoder1", add_input(s, 12), 6, LT_ACT_TANH);
    int e2 = add_dense(s, "encoder2", e1, 6, LT_ACT_GELU);
    int skip = add(s, LT_NODE_ADD, "skip", e1);
    s->node[skip].inputs = 2;
    s->node[skip].input[1] = e2;
    int code = add_code(s, add_dense(s, "encoder3", skip, 3, LT_ACT_LINEAR));
    int d1 = add_dense(s, "decoder1", code, 5, LT_ACT_SILU);
    int both = add(s, LT_NODE_CONCAT, "both", d1);
    s->node[both].inputs = 2;
    s->node[both].input[1] = code;
    int first = add_dense(s, "first", both, 4, LT_ACT_LINEAR);
    int h1 = add_head(s, "first_head", first, LT_LOSS_HUBER, LT_ACT_LINEAR);
    int second = add_dense(s, "second", first, 7, LT_ACT_LINEAR);
    int h2 = add_head(s, "second_head", second, LT_LOSS_BCE, LT_ACT_SIGMOID);
    s->node[h1].weight = 0.25f;
    s->node[h2].weight = 1.75f;
    s->node[h2].target = 4;
}

/* Inputs -> 5 tanh -> dims, ordered -> 5 tanh -> inputs. */
T_UNUSED static void ordered_net(struct lt_net_spec *s, int64_t inputs, int64_t dims)
{
    int e1 = add_dense(s, "encoder1", add_input(s, inputs), 5, LT_ACT_TANH);
    int code = add_code(s, add_dense(s, "encoder2", e1, dims, LT_ACT_LINEAR));
    int d1 = add_dense(s, "decoder1", add(s, LT_NODE_PREFIX, "prefix", code), 5, LT_ACT_TANH);
    add_head(s, "output", add_dense(s, "decoder2", d1, inputs, LT_ACT_LINEAR), LT_LOSS_MSE,
             LT_ACT_LINEAR);
}

/* The same with a decoder of its own, from 4 tanh, for the first `narrow` numbers. */
T_UNUSED static void two_decoders_net(struct lt_net_spec *s, int64_t inputs, int64_t dims,
                                      int64_t narrow)
{
    int e1 = add_dense(s, "encoder1", add_input(s, inputs), 5, LT_ACT_TANH);
    int code = add_code(s, add_dense(s, "encoder2", e1, dims, LT_ACT_LINEAR));
    for (int i = 0; i < 2; i++) {
        int prefix = add(s, LT_NODE_PREFIX, i ? "prefix" : "few.prefix", code);
        s->node[prefix].width = i ? dims : narrow;
        s->node[prefix].target = i ? narrow : 0;
        int d1 = add_dense(s, i ? "decoder1" : "few.decoder1", prefix, 4 + i, LT_ACT_TANH);
        int d2 = add_dense(s, i ? "decoder2" : "few.decoder2", d1, inputs, LT_ACT_LINEAR);
        add_head(s, i ? "output" : "few.output", d2, LT_LOSS_MSE, LT_ACT_LINEAR);
    }
}

T_UNUSED static int add_conv(struct lt_net_spec *s, enum lt_node_kind kind, const char *name,
                             int input, int64_t channels, int64_t kernel, int64_t stride)
{
    int i = add(s, kind, name, input);
    s->node[i].width = channels;
    s->node[i].kernel = kernel;
    s->node[i].stride = stride;
    s->node[i].act = LT_ACT_TANH;
    return i;
}

/* Grids: convolutions with a skip connection and a concatenation of channels, a dense code, and back
 * by a dense layer that makes up a grid and two transposed convolutions. */
T_UNUSED static void grid_net(struct lt_net_spec *s, struct lt_shape image, int64_t kernel,
                              int64_t stride)
{
    int64_t h = (image.h + stride - 1) / stride, w = (image.w + stride - 1) / stride;
    int input = add_input(s, 1);
    s->node[input].shape = image;
    int e1 = add_conv(s, LT_NODE_CONV, "encoder1", input, 4, kernel, stride);
    int e2 = add_conv(s, LT_NODE_CONV, "encoder2", e1, 4, 3, 1);
    s->node[e2].act = LT_ACT_SILU;
    int skip = add(s, LT_NODE_ADD, "skip", e1);
    s->node[skip].inputs = 2;
    s->node[skip].input[1] = e2;
    int both = add(s, LT_NODE_CONCAT, "both", skip);
    s->node[both].inputs = 2;
    s->node[both].input[1] = e1;
    int code = add_code(s, add_dense(s, "encoder3", both, 4, LT_ACT_LINEAR));
    int d1 = add_dense(s, "decoder1", code, 3 * h * w, LT_ACT_GELU);
    s->node[d1].grid_h = h;
    s->node[d1].grid_w = w;
    int d2 = add_conv(s, LT_NODE_DECONV, "decoder2", d1, 5, 3, 1);
    s->node[d2].grid_h = h;
    s->node[d2].grid_w = w;
    int d3 = add_conv(s, LT_NODE_DECONV, "decoder3", d2, image.c, kernel, stride);
    s->node[d3].grid_h = image.h;
    s->node[d3].grid_w = image.w;
    s->node[d3].act = LT_ACT_LINEAR;
    add_head(s, "output", d3, LT_LOSS_BCE, LT_ACT_SIGMOID);
}

T_UNUSED static int add_sum(struct lt_net_spec *s, const char *name, int a, int b)
{
    int i = add(s, LT_NODE_ADD, name, a);
    s->node[i].inputs = 2;
    s->node[i].input[1] = b;
    return i;
}

/* Chains of sums that may share the place of their gradients, and some that must not: blocks as
 * denoisers have, x + linear(act(x)); one that ends in an activation, with its inputs in either order;
 * a sum of a sum and of what that sum reads; and one of a value with itself. */
T_UNUSED static void sums_net(struct lt_net_spec *s, enum lt_act end)
{
    int x = add_dense(s, "encoder1", add_input(s, 9), 6, LT_ACT_LINEAR);
    int inner = add_dense(s, "inner1", x, 5, LT_ACT_SILU);
    int one = add_sum(s, "sum1", x, add_dense(s, "outer1", inner, 6, LT_ACT_LINEAR));
    inner = add_dense(s, "inner2", one, 5, LT_ACT_SILU);
    int two = add_sum(s, "sum2", add_dense(s, "outer2", inner, 6, end), one);
    int three = add_sum(s, "sum3", two, one);
    int four = add_sum(s, "sum4", three, three);
    int code = add_code(s, four);
    int d1 = add_dense(s, "decoder1", code, 6, LT_ACT_TANH);
    int five = add_sum(s, "sum5", add_sum(s, "sum6", d1, code), d1);
    int apart = add_dense(s, "apart", five, 6, LT_ACT_GELU);
    int last = add_sum(s, "sum7", add_dense(s, "inner3", five, 6, end), apart);
    add_head(s, "output", add_dense(s, "decoder2", last, 9, LT_ACT_LINEAR), LT_LOSS_MSE,
             LT_ACT_LINEAR);
}

T_UNUSED static int add_norm(struct lt_net_spec *s, const char *name, int input, enum lt_norm norm,
                             enum lt_act act)
{
    int i = add(s, LT_NODE_NORM, name, input);
    s->node[i].norm = norm;
    s->node[i].act = act;
    return i;
}

T_UNUSED static int add_upsample(struct lt_net_spec *s, const char *name, int input,
                                 enum lt_upsample kind, int64_t factor, struct lt_shape to)
{
    int i = add(s, LT_NODE_UPSAMPLE, name, input);
    s->node[i].upsample = kind;
    s->node[i].stride = factor;
    s->node[i].grid_h = to.h;
    s->node[i].grid_w = to.w;
    return i;
}

/* Pooling, up-sampling and normalisation on grids and on dense layers, what is pooled read twice.  There
 * are channels enough for every pixel to vary: where one hardly does, its deviation divides roundings. */
T_UNUSED static void pooled_net(struct lt_net_spec *s, struct lt_shape image, enum lt_pool pool,
                                int64_t factor, enum lt_upsample upsample, enum lt_norm norm,
                                enum lt_act act)
{
    int64_t h = lt_conv_coarse(image.h, factor), w = lt_conv_coarse(image.w, factor);
    int input = add_input(s, 1);
    s->node[input].shape = image;
    int e1 = add_conv(s, LT_NODE_CONV, "encoder1", input, 8, 3, 1);
    s->node[e1].act = LT_ACT_LINEAR;
    int n1 = add_norm(s, "norm1", e1, norm, act);
    int p1 = add(s, LT_NODE_POOL, "pool", n1);
    s->node[p1].pool = pool;
    s->node[p1].stride = factor;
    int u0 = add_upsample(s, "back", p1, upsample, factor, image);
    int skip = add(s, LT_NODE_ADD, "skip", n1);
    s->node[skip].inputs = 2;
    s->node[skip].input[1] = u0;
    int e2 = add_dense(s, "encoder2", skip, 7, LT_ACT_LINEAR);
    int n2 = add_norm(s, "norm2", e2, norm, LT_ACT_TANH);
    int code = add_code(s, add_dense(s, "encoder3", n2, 4, LT_ACT_LINEAR));
    int d1 = add_dense(s, "decoder1", code, 8 * h * w, LT_ACT_TANH);
    s->node[d1].grid_h = h;
    s->node[d1].grid_w = w;
    int u1 = add_upsample(s, "up", add_norm(s, "norm3", d1, norm, act), upsample, factor, image);
    int d2 = add_conv(s, LT_NODE_DECONV, "decoder2", u1, image.c, 3, 1);
    s->node[d2].grid_h = image.h;
    s->node[d2].grid_w = image.w;
    s->node[d2].act = LT_ACT_LINEAR;
    add_head(s, "output", d2, LT_LOSS_BCE, LT_ACT_SIGMOID);
}

T_UNUSED static const struct lt_shape GREY = {1, 5, 7}, COLOUR = {3, 4, 3}, SLIM = {1, 5, 3};

/* Noise on the input and dropout on both hidden layers. */
T_UNUSED static void noisy_net(struct lt_net_spec *s, enum lt_noise kind, float amount)
{
    int noise = add(s, LT_NODE_NOISE, "noise", add_input(s, 11));
    s->node[noise].noise = kind;
    s->node[noise].amount = amount;
    s->node[noise].low = -0.5f;
    s->node[noise].high = 1.5f;
    int e1 = add_dense(s, "encoder1", noise, 9, LT_ACT_ELU);
    int drop1 = add(s, LT_NODE_DROPOUT, "drop1", e1);
    int e2 = add_dense(s, "encoder2", drop1, 4, LT_ACT_LINEAR);
    int d1 = add_dense(s, "decoder1", add_code(s, e2), 9, LT_ACT_TANH);
    int drop2 = add(s, LT_NODE_DROPOUT, "drop2", d1);
    s->node[drop1].amount = 0.3f;
    s->node[drop2].amount = 0.2f;
    add_head(s, "output", add_dense(s, "decoder2", drop2, 11, LT_ACT_LINEAR), LT_LOSS_MSE,
             LT_ACT_LINEAR);
}

#endif
